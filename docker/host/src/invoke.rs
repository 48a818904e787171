//! One invocation in default mode, from its trigger to its outcome (protocol.md#the-request-envelope and #the-invocation-result).

mod attempt;
mod attempts;
mod call;
mod http;
mod limits;
mod respond;
mod retry;
mod round_trip;
mod trigger;
pub mod trigger_host;

pub use attempts::invoke;
pub use call::Call;
pub use http::http;
pub use limits::{Outcome, noticed, wait_ready, within_timeout};
pub use trigger::Trigger;
