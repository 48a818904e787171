//! Where programs are looked for.

use std::ffi::OsString;
use std::path::PathBuf;

use xshell::Shell;

use crate::project::Project;

/// The `PATH` of what samples and hosts are built, tested and run with: the toolchains that `setup` unpacked come first.
pub fn path(project: &Project) -> OsString {
    let unpacked = std::fs::read_dir(project.toolchains()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> =
        unpacked.flat_map(|dir| [dir.join("bin"), dir]).filter(|dir| dir.is_dir()).collect();
    folders.sort();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&inherited));
    // Only a folder with a colon in its name cannot be joined, and `split_paths` has just taken those apart.
    std::env::join_paths(&folders).unwrap_or(inherited)
}

/// A shell in the root of the checkout whose commands are looked for on [`path`].
pub fn shell(project: &Project) -> Shell {
    let shell = project.shell.clone();
    shell.set_var("PATH", path(project));
    shell
}
