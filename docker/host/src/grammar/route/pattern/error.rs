//! Why an expression has no answer.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not a regular expression of .NET: {0}")]
    Broken(&'static str),
    #[error("mini-host cannot read it, though the real host may: {0}")]
    Unsupported(String),
    #[error("it takes too long over `{0}`")]
    Endless(String),
}
