//! What is wrong with a text of one of these languages.

/// Why a text is refused, in the words of the real host.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("'%{0}%' does not resolve to a value.")]
    NoSetting(String),
    /// A template with braces; the second text is what is wrong with it.
    #[error("Invalid template '{0}'. {1}")]
    Template(String, String),
    #[error(
        "The queue name '{0}' is not valid. A queue name must be 3 to 63 letters, digits and single hyphens, and begin and end \
         with a letter or digit."
    )]
    QueueName(String),
    #[error("Invalid blob trigger path '{0}'. Container paths must be simple names.")]
    Container(String),
    #[error("Capture expressions can't include dot operators")]
    Capture,
    #[error(transparent)]
    Pattern(#[from] regex::Error),
    #[error("The schedule expression '{0}' was not recognized as a valid cron expression or timespan string.")]
    Schedule(String),
}
