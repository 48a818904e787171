//! The envelope: `{Data, Metadata}` out, `{Outputs, Logs, ReturnValue}` back; pure (protocol.md#the-request-envelope and
//! #the-invocation-result).
//!
//! On the way out, [`http`] makes the trigger value of an HTTP request and its [`data::BindingData`], and [`request`] writes
//! the envelope, to which [`retry`] adds what a retry policy has to say. On the way back, [`invocation_result`] decides whether the
//! handler's response counts, [`outputs`] gives each output binding its value, that of HTTP as [`http_output`] says, and
//! [`response`], [`queue`] and [`blob`] turn such a value into what a caller or a storage service gets.

pub mod blob;
pub mod data;
pub mod failed;
pub mod http;
pub mod http_output;
pub mod http_request;
pub mod invocation_result;
pub mod negotiate;
pub mod output_value;
pub mod outputs;
pub mod queue;
pub mod request;
pub mod response;
pub mod retry;
mod written;

#[cfg(test)]
mod tests;
