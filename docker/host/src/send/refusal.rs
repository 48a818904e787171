//! What can keep a function from being invoked.

use std::io;

use crate::envelope::failure::Failure;
use crate::host::keys::KeyError;

/// Why nothing was invoked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("the app cannot be served: {0}\nhint: `mini-host` in its folder says more")]
    NotServed(String),
    #[error("there is no function `{name}`\nhint: {hint}")]
    NoFunction { name: String, hint: String },
    #[error("the function `{name}` is in error: {error}")]
    InError { name: String, error: String },
    #[error(
        "the function `{0}` is disabled, so nothing listens for its trigger\nhint: unset AzureWebJobs.{0}.Disabled"
    )]
    Disabled(String),
    #[error("the route of the function is `{0}`, and what stands in braces is yours to say\nhint: --path /{1}")]
    NeedsPath(String, String),
    #[error(
        "the host answered `{request}` itself, with {status}, and invoked nothing\nhint: the route of the function is `{route}`"
    )]
    NotInvoked { request: String, status: i32, route: String },
    #[error("no HTTP request can be sent to it: {0}")]
    Http(#[from] wire::client::Error),
    #[error("no HTTP request can be sent to it: {0}")]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("{0}")]
    Failure(#[from] Failure),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}
