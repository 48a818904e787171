//! What can keep a function from being invoked.

use std::io;

use crate::app::Diagnostic;
use crate::envelope::failure::Failure;

/// Why nothing was invoked.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Mistake(#[from] Diagnostic),
    #[error("no HTTP request can be sent to it: {0}")]
    Http(#[from] wire::client::Error),
    #[error("no HTTP request can be sent to it: {0}")]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}
