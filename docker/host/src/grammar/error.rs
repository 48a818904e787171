//! What is wrong with a text of one of these languages.

/// Why a text is refused, in the words of the real host, faulty as they are.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("'%{0}%' does not resolve to a value.")]
    NoSetting(String),
    #[error("The '%' at position {0} does not have a closing '%'.")]
    Unclosed(usize),
    /// A template with braces; the second text is what is wrong with it.
    #[error("Invalid template '{0}'. {1}")]
    Template(String, String),
    /// .NET's name of the parts' type stands where they should.
    #[error("Illegal expression: System.String[]")]
    Illegal,
    #[error("{0} (Parameter 'name')")]
    QueueName(String),
    #[error("Invalid blob trigger path '{0}'. Paths must be in the format 'container/blob'.")]
    BlobPath(String),
    #[error("Invalid blob trigger path '{0}'. Container paths cannot contain {{resolve}} tokens.")]
    Container(String),
    #[error("Invalid container name: {0}")]
    ContainerName(String),
    #[error(
        "The given blob name '{0}' contain illegal characters. A blob name cannot the following character(s): '\\'."
    )]
    BlobName(String),
    #[error("Capture expressions can't include dot operators")]
    Capture,
    #[error(transparent)]
    Pattern(#[from] regex::Error),
    #[error("The schedule expression '{0}' was not recognized as a valid cron expression or timespan string.")]
    Schedule(String),
    /// A timer without an expression should have a class of .NET's.
    #[error("Value cannot be null. (Parameter 'type')")]
    NoSchedule,
}

impl Error {
    /// The library of the real host that refuses it, which its messages name.
    pub const fn library(&self) -> &'static str {
        match self {
            Self::QueueName(_) => "Microsoft.Azure.WebJobs.Extensions.Storage.Queues",
            Self::BlobPath(_) | Self::Container(_) | Self::ContainerName(_) | Self::BlobName(_) => {
                "Microsoft.Azure.WebJobs.Extensions.Storage.Blobs"
            }
            Self::Schedule(_) => "Microsoft.Azure.WebJobs.Extensions",
            Self::NoSchedule => "System.Private.CoreLib",
            _ => "Microsoft.Azure.WebJobs.Host",
        }
    }
}
