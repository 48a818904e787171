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
    #[error("cannot read `.funcignore`: {0}")]
    Ignored(#[from] ignore::Error),
    #[error("`{}` is a link to nothing\nhint: remove it, or name it in `.funcignore`", .0.display())]
    Dangling(PathBuf),
    #[error("`{}` leads back to a folder that it is in\nhint: remove it, or name it in `.funcignore`", .0.display())]
    Loop(PathBuf),
    #[error("`{}` is not a file, and not a folder\nhint: remove it, or name it in `.funcignore`", .0.display())]
    NoFile(PathBuf),
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
