//! mini-host: the part of the Azure Functions host that a custom handler, its callers and its storage can see.
//!
//! Read it along one request: `front` takes it, `host::routes` finds its function, `host::keys` lets it in, `proxy` (or the older
//! `forward`) passes it on, or `invoke` wraps it in an `envelope` for the process that `handler` looks after. `triggers` start
//! invocations from storage and clocks, `bindings` read and write what a function names beside its trigger, `admin` is the
//! operator's side, `app` is the only reader of the function app's files, `local` does what Core Tools does around a host,
//! `doctor` says what the real host passes over in silence, `package` makes the zip that Azure takes, `send` invokes one function,
//! `exchange` notes what passes between host and handler, `inspect` shows it, and `grammar` has the small languages in those files.
//! Each knows only what is below it: `tests/floors.rs` has the order.

mod admin;
mod app;
mod bindings;
mod cli;
mod completion;
mod doctor;
mod envelope;
mod exchange;
mod files;
mod forward;
mod front;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod grammar;
mod handler;
mod host;
mod inspect;
mod invoke;
mod local;
mod log;
mod package;
mod proxy;
mod run;
mod send;
mod triggers;

pub use cli::Cli;
pub use completion::complete;
pub use handler::watchdog::watch_over_host;
pub use run::run;
