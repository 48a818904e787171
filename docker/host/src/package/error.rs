//! What can keep a zip from being made.

use std::io;
use std::path::Path;

use super::plan::Plan;
use crate::app::Diagnostic;

pub fn refused(plan: Plan, found: &[Diagnostic]) -> Diagnostic {
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    Diagnostic::of_whole(format!("the app would not run on {}:\n{}", plan.title(), lines.join("\n")))
}

pub fn no_app(root: &Path) -> Diagnostic {
    Diagnostic::of_whole(format!("there is no `host.json` in `{}`", root.display()))
        .hint("name the folder of the function app")
}

/// A zip has no place for what stands there.
pub fn unfit(path: &Path, what: &str) -> Diagnostic {
    Diagnostic::of_whole(format!("`{}` {what}", path.display())).hint("remove it, or name it in `.funcignore`")
}

pub fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::of_whole(format!("cannot read `{}`: {error}", path.display()))
}

pub fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::of_whole(format!("cannot write `{}`: {error}", path.display()))
        .hint("name a file of a folder that is there and can be written: --output FILE")
}

pub fn no_file(output: &Path) -> Diagnostic {
    Diagnostic::of_whole(format!("`{}` is not a file that a zip can take the place of", output.display()))
        .hint("name a new file, or a zip that is to be replaced: --output FILE")
}

pub fn without_host_file() -> Diagnostic {
    Diagnostic::of_whole("`.funcignore` leaves out `host.json`, and without it there is no app")
        .hint("take it out of `.funcignore`, or write `!host.json` at its end")
}

pub fn changed(name: &str) -> Diagnostic {
    Diagnostic::of_whole(format!("`{name}` changed meanwhile, and there is no zip"))
        .hint("let what writes there end, then do it again")
}
