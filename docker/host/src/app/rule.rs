//! The rules of docker/protocol.md by which an invocation has failed.

use super::HttpMode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    FunctionTimeout,
    ProxyingErrors,
    ForwardingResponse,
    Gatekeeping,
    ResultObject,
    OutputValues,
}

impl Rule {
    #[cfg(test)]
    pub const ALL: [Self; 6] = [
        Self::FunctionTimeout,
        Self::ProxyingErrors,
        Self::ForwardingResponse,
        Self::Gatekeeping,
        Self::ResultObject,
        Self::OutputValues,
    ];

    /// The one that is broken where nothing closer is known: no response came, or not one that counts.
    pub const fn of(mode: HttpMode) -> Self {
        match mode {
            HttpMode::Proxying => Self::ProxyingErrors,
            HttpMode::Forwarding => Self::ForwardingResponse,
            HttpMode::Default => Self::Gatekeeping,
        }
    }

    /// Where it is written.
    pub const fn anchor(self) -> &'static str {
        match self {
            Self::FunctionTimeout => "function-timeout",
            Self::ProxyingErrors => "proxying-errors",
            Self::ForwardingResponse => "forwarding-response",
            Self::Gatekeeping => "gatekeeping",
            Self::ResultObject => "the-result-object",
            Self::OutputValues => "output-values",
        }
    }
}
