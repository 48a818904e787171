//! Why a request was not proxied, in the words of the real host's log, and what its caller gets (protocol.md#proxying-errors).

use std::fmt::Display;

use wire::Response;

use super::upload;
use crate::app::Diagnostic;

/// A request that failed. The caller gets a 500 whatever the reason, if nothing has been written yet.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct ProxyError {
    reason: Diagnostic,
    /// What the caller gets, if anything still can.
    pub response: Box<Response>,
}

impl ProxyError {
    /// The request could not be made the value of the trigger.
    pub fn binding(cause: &str) -> Self {
        Self::new(format!("System.InvalidOperationException: Exception binding parameter 'req'\n ---> {cause}"))
    }

    /// The handler upgrades a connection of which nobody has asked it.
    pub fn upgrade(response: Response) -> Self {
        let cause = "System.InvalidOperationException: Cannot upgrade a non-upgradable request. Check IHttpUpgradeFeature.IsUpgradableRequest \
                     to determine if a request can be upgraded.";
        let error = Self::forwarding("UpgradeResponseClient", cause);
        let error = error.hint("answer with 101 only to a request with `Upgrade: websocket`");
        Self { response: Box::new(response), ..error }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { reason: self.reason.hint(hint), ..self }
    }

    /// The same; the connection to the caller is closed afterwards.
    pub fn closing(self) -> Self {
        Self { response: Box::new(self.response.closing()), ..self }
    }

    /// One of the kinds that YARP has a word for: its `ForwarderError`.
    pub fn forwarding(kind: &str, cause: impl Display) -> Self {
        Self::new(format!(
            "HttpForwardingException: Failed to proxy request with ForwarderError: {kind}\n ---> {cause}"
        ))
    }

    fn new(text: String) -> Self {
        Self { reason: Diagnostic::of_whole(text), response: Box::new(Response::empty(500)) }
    }
}

impl From<upload::Error> for ProxyError {
    fn from(error: upload::Error) -> Self {
        let found = Self::binding(&error.to_string());
        match error {
            upload::Error::Caller(_) => found,
            upload::Error::File(_) => found.hint("TMPDIR names the directory for such files"),
        }
    }
}
