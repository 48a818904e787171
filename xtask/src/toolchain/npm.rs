//! Packages from npm's registry, exactly as a lock file names them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use xshell::cmd;

use crate::process::command::{self, Failure};
use crate::process::run;
use crate::project::Project;
use crate::report::Report;

/// The packages come from a registry.
const INSTALL_LIMIT: Duration = Duration::from_secs(300);

/// Installs what the lock file in `source`, a folder from the root, names with `npm ci`, once for each lock file, which is said, and
/// returns the folder that holds `node_modules`. Packages' own scripts are not run.
pub fn install(project: &Project, source: &Path, report: &Report) -> Result<PathBuf> {
    let shell = super::path::shell(project);
    let lock = shell.read_binary_file(source.join("package-lock.json"))?;
    let parent = shell.create_dir(project.target().join("npm").join(source.file_name().unwrap_or_default()))?;
    let folder = parent.join(&blake3::hash(&lock).to_hex()[..16]);
    if folder.is_dir() {
        return Ok(folder);
    }
    let aside = run::folder(&project.target())?;
    for file in ["package.json", "package-lock.json"] {
        shell.copy_file(source.join(file), aside.path())?;
    }
    report.note(format!("npm installs the packages of `{}`", source.display()));
    shell.change_dir(aside.path());
    let install = cmd!(shell, "npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error");
    command::run(install, INSTALL_LIMIT)
        .map_err(|failure| match failure {
            missing @ Failure::NotFound { .. } => {
                anyhow!("{missing}\nhint: `cargo xtask setup` installs Node.js with npm")
            }
            failure => anyhow!(failure),
        })
        .with_context(|| format!("cannot install the packages of `{}`", source.display()))?;
    // Built aside and renamed: a folder of that name is whole. Another run of ours may have been first.
    match std::fs::rename(aside.path(), &folder) {
        Err(_) if folder.is_dir() => {}
        renamed => renamed.with_context(|| format!("cannot make `{}`", folder.display()))?,
    }
    Ok(folder)
}

/// The version of the package `name` that an installed folder has; `None` if it has none.
pub fn version(installed: &Path, name: &str) -> Option<String> {
    let file = std::fs::read(installed.join("node_modules").join(name).join("package.json")).ok()?;
    let package: serde_json::Value = serde_json::from_slice(&file).ok()?;
    Some(package.get("version")?.as_str()?.to_owned())
}

/// The folder of the one package below `node_modules` of an installed folder.
pub fn package(installed: &Path) -> Result<PathBuf> {
    let modules = installed.join("node_modules");
    let packages = std::fs::read_dir(&modules).with_context(|| format!("cannot list `{}`", modules.display()))?;
    let mut packages = packages.flatten().map(|entry| entry.path()).filter(|path| path.join("package.json").is_file());
    packages.next().with_context(|| format!("there is no package in `{}`", modules.display()))
}
