//! The envelope: `{Data, Metadata}` out, `{Outputs, Logs, ReturnValue}` back; pure (protocol.md#the-request-envelope and #the-invocation-result).
//!
//! On the way out, [`http`] makes the trigger value of an HTTP request and its [`data::BindingData`], and [`request`] writes
//! the envelope, to which [`retry`] adds what a retry policy has to say. On the way back, [`answer`] decides whether the handler's reply
//! counts, [`oversights`] tells what its author may not know, [`outputs`] gives each output binding its value, and [`reply`],
//! [`queue`] and [`blob`] turn such a value into what a caller or a storage service gets. Underneath lie JSON as Newtonsoft.Json
//! reads and writes it ([`json`]), and dates, numbers and texts as .NET has them ([`date`], [`dotnet`], [`query`]).

pub mod answer;
pub mod blob;
pub mod data;
pub mod date;
pub mod dotnet;
pub mod http;
pub mod json;
mod media_type;
pub mod negotiate;
pub mod outputs;
pub mod oversights;
pub mod query;
pub mod queue;
pub mod reason;
pub mod reply;
pub mod request;
pub mod retry;
mod xml;
