//! What can go wrong in a call to storage.

use crate::account::AccountError;

/// Why a call to storage failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection string is unusable.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// No answer came: storage is out of reach, or took longer than the limit of a call.
    #[error("{call}: no answer from storage: {reason}")]
    Unreachable {
        /// Method and address of the call, without credentials.
        call: String,
        /// What the HTTP client said, with its causes.
        reason: String,
    },
    /// Storage answered with a status that is not a success.
    #[error("{call}: storage answered {status} {code}")]
    Refused {
        /// Method and address of the call, without credentials.
        call: String,
        /// The HTTP status.
        status: u16,
        /// Azure's error code, such as `QueueNotFound`; empty when the answer had none.
        code: String,
    },
    /// The request could not be made, for instance because of a header value that HTTP does not allow.
    #[error("{call}: the request cannot be made: {reason}")]
    Request {
        /// Method and address of the call, without credentials.
        call: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Storage answered with success, but not with what the call is documented to give.
    #[error("{call}: unexpected answer from storage: {reason}")]
    Answer {
        /// Method and address of the call, without credentials.
        call: String,
        /// What was missing or malformed.
        reason: String,
    },
}

impl Error {
    /// The status that storage answered, if it answered one that is not a success.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Azure's error code, such as `QueueNotFound`; empty if there is none.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused { code, .. } => code,
            _ => "",
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self, Self::Account(AccountError::Missing(_))).then_some(
            "it looks like `AccountName=…;AccountKey=…;BlobEndpoint=http://…;QueueEndpoint=http://…`, or `UseDevelopmentStorage=true`",
        )
    }

    /// Whether the queue, container, blob or message is not there.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether somebody else was first: it exists already, is leased, or has changed since.
    pub fn is_conflict(&self) -> bool {
        matches!(self.status(), Some(409 | 412))
    }
}

/// The answer to a call, or `None` if what it was about is not there.
pub(crate) fn present<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
