//! Where things are in this repository.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::Shell;

/// The checkout that xtask works on.
#[derive(Clone, Debug)]
pub struct Project {
    pub root: PathBuf,
    /// Reads and writes files, and describes the commands that we run for ourselves, in the root.
    pub shell: Shell,
}

impl Project {
    /// Finds the checkout and moves the process to its root, so that every relative path means the same wherever
    /// the command was typed. The root is the nearest folder, upwards of the current one, that holds both
    /// `samples/` and `xtask/`; failing that the folder this program was built in.
    pub fn enter() -> Result<Project> {
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let here = std::env::current_dir().context("the current folder is gone")?;
        let root = here
            .ancestors()
            .chain([built_in])
            .find(|folder| folder.join("samples").is_dir() && folder.join("xtask").is_dir())
            .with_context(|| format!("`{}` is not inside a checkout of this repository", here.display()))?
            .to_path_buf();
        std::env::set_current_dir(&root).with_context(|| format!("cannot enter `{}`", root.display()))?;
        Ok(Project { root, shell: Shell::new()? })
    }

    /// A project at any folder: the tests make small ones.
    #[cfg(test)]
    pub fn at(root: impl Into<PathBuf>) -> Project {
        let (root, shell) = (root.into(), Shell::new().expect("the current folder is there"));
        shell.change_dir(&root);
        Project { root, shell }
    }

    /// What readers copy: one folder a sample.
    pub fn samples(&self) -> PathBuf {
        self.root.join("samples")
    }

    /// What every function must do, in any language.
    pub fn contract(&self) -> PathBuf {
        self.root.join("samples/contract.toml")
    }

    /// Everything we make and may throw away.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// What is kept of the last run.
    pub fn report(&self) -> PathBuf {
        self.target().join("report")
    }

    /// Toolchains that `setup` unpacked itself.
    pub fn toolchains(&self) -> PathBuf {
        self.target().join("toolchains")
    }
}
