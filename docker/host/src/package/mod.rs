//! The zip that Azure takes: the files of an app with the modes that its programs need, or why it would not run there.

mod archive;
mod error;
mod files;
mod plan;
mod verdict;

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::app::{self, Diagnostic, Settings};

use files::File;
pub use plan::Plan;

/// What is to be packed.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The folder with host.json.
    pub root: &'a Path,
    pub plan: Plan,
    pub output: &'a Path,
    /// The list of what is left out, if it is not the app's own.
    pub left_out: Option<&'a Path>,
}

#[derive(Debug)]
pub struct Package {
    path: PathBuf,
    files: Vec<File>,
    bytes: u64,
    /// What a person should know about it, and nobody can judge from here.
    pub notes: Vec<Diagnostic>,
}

/// Packs the app in a folder for a plan, without what `.funcignore` names. If it cannot run there, or changes meanwhile, nothing is
/// written.
pub fn package(wanted: &Wanted<'_>, settings: &Settings) -> Result<Package, Diagnostic> {
    let Wanted { root, plan, output, left_out } = *wanted;
    let root = root.canonicalize().map_err(|_| error::no_app(root))?;
    if !root.join("host.json").is_file() {
        return Err(error::no_app(&root));
    }
    let output = std::path::absolute(output).map_err(|error| error::unwritable(output, &error))?;
    // What is no file is not replaced by one: `/dev/null` of a machine, say.
    if output.metadata().is_ok_and(|metadata| !metadata.is_file()) || output.ends_with("-") {
        return Err(error::no_file(&output));
    }
    let files = files::list(&root, left_out, &output)?;
    if !files.iter().any(|file| file.name == "host.json") {
        return Err(error::without_host_file());
    }
    let app = app::load(&root, settings);
    let verdict = verdict::verdict(&app, &files, plan);
    if !verdict.refusals.is_empty() {
        return Err(error::refused(plan, &verdict.refusals));
    }
    let zip = archive::write(&files, &output)?;
    files::compare(&files, &files::list(&root, left_out, &output)?)?;
    let bytes = archive::put_in_place(zip, &output)?;
    Ok(Package { path: output, files, bytes, notes: verdict.notes })
}

impl Display for Package {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            let mode = if file.is_executed { "-rwxr-xr-x" } else { "-rw-r--r--" };
            writeln!(f, "{mode} {:>11} {}", file.size, file.name)?;
        }
        let (count, all) = (self.files.len(), self.files.iter().map(|file| file.size).sum::<u64>());
        writeln!(f, "{}: {count} files, {all} bytes, packed into {}", self.path.display(), self.bytes)
    }
}
