//! How an invocation fails.

use uuid::Uuid;

use crate::app::Diagnostic;

/// An invocation that did not succeed. The log has the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub invocation: Uuid,
    pub failure: Diagnostic,
    /// The handler's status, where that is the reason.
    pub status: Option<u16>,
    /// Whether the host is about to end because the handler was never ready.
    pub is_stopping: bool,
}
