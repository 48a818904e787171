//! Packages from npm's registry, exactly as a lock file names them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::process::command::{self, Command, Failure};
use crate::project::Project;
use crate::toolchain;

/// The packages come from a registry.
const INSTALL_LIMIT: Duration = Duration::from_secs(300);

/// Installs what the lock file in `source` names with `npm ci`, once for each lock file, and tells the folder that holds
/// `node_modules`. Packages' own scripts are not run.
///
/// # Errors
/// When `npm` is missing or fails; its output is in the error.
pub fn install(project: &Project, source: &Path) -> Result<PathBuf> {
    let name = source.file_name().unwrap_or_default();
    let lock = source.join("package-lock.json");
    let lock = std::fs::read(&lock).with_context(|| format!("cannot read `{}`", lock.display()))?;
    let parent = project.target().join("npm").join(name);
    let folder = parent.join(&blake3::hash(&lock).to_hex()[..16]);
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
    let aside =
        tempfile::tempdir_in(&parent).with_context(|| format!("cannot make a folder in `{}`", parent.display()))?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(source.join(file), aside.path().join(file)).with_context(|| format!("cannot copy `{file}`"))?;
    }
    run(project, aside.path()).with_context(|| format!("cannot install the packages of `{}`", source.display()))?;
    // Built aside and renamed: a folder of that name is whole. Another run of ours may have been first.
    match std::fs::rename(aside.path(), &folder) {
        Err(_) if folder.is_dir() => {}
        renamed => renamed.with_context(|| format!("cannot make `{}`", folder.display()))?,
    }
    Ok(folder)
}

fn run(project: &Project, dir: &Path) -> Result<()> {
    let words = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let path = toolchain::path(project);
    let command = Command { words: &words.map(str::to_owned), dir, path: &path, env: &[], limit: INSTALL_LIMIT };
    match command::run(&command) {
        Ok(_) => Ok(()),
        Err(missing @ Failure::NotFound { .. }) => {
            Err(anyhow!("{missing}\nhint: `cargo xtask setup` installs Node.js with npm"))
        }
        Err(failure) => Err(anyhow!(failure)),
    }
}
