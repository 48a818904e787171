//! What can keep a zip from being made.

use std::path::PathBuf;

use crate::app::Diagnostic;

/// Why there is no zip.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no `host.json` in `{}`\nhint: name the folder of the function app", .0.display())]
    NoApp(PathBuf),
    #[error("it would not run there:\n{}", lines(.0))]
    Refused(Vec<Diagnostic>),
    #[error("cannot list the app: {0}")]
    List(#[from] ignore::Error),
    #[error("cannot read `{}`: {error}", path.display())]
    Read { path: PathBuf, error: std::io::Error },
    #[error("cannot write `{}`: {error}", path.display())]
    Write { path: PathBuf, error: std::io::Error },
    #[error("`{}` has a name that is not UTF-8, and a zip holds no other", .0.display())]
    Name(PathBuf),
    #[error("`{0}` changed meanwhile, and there is no zip\nhint: let what writes there end, then do it again")]
    Changed(String),
}

fn lines(found: &[Diagnostic]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
