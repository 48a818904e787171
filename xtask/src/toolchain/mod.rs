//! A toolchain: what must be on this machine to build and test a sample, how to find it, and how to get it.

mod apt;
mod archive;
mod install;
mod probe;

use std::ffi::OsStr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use apt::Apt;
pub use install::{Tools, examine, install_all, needs, table};
pub use probe::{Found, need, probe, shortage};

use crate::project::Project;
use crate::sample::manifest::CommandLine;
use crate::sample::{Sample, Version};

/// What a manifest asks of the machine.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// What a site may provide an installer for.
    pub name: String,
    /// Must exit 0; the first dotted number in its output is the version.
    pub probe: CommandLine,
    /// The oldest version that will do.
    pub at_least: Option<Version>,
    /// Debian packages that bring it, the one that has its version first.
    #[serde(default)]
    pub apt: Vec<String>,
    /// Where apt has none, or one too old.
    pub archive: Option<Archive>,
    /// What a person does where nothing else leads there: a command, or a page to read.
    pub page: Option<String>,
}

/// A `.tar.gz` of the toolchain's makers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Where it is.
    pub url: String,
    /// What it must hash to.
    pub sha256: Option<Hash<64>>,
    /// The same, where the makers publish this one.
    pub sha512: Option<Hash<128>>,
}

/// A hash in hexadecimal digits, in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash<const DIGITS: usize>(String);

impl<const DIGITS: usize> TryFrom<String> for Hash<DIGITS> {
    type Error = String;

    fn try_from(text: String) -> Result<Hash<DIGITS>, String> {
        let right = text.len() == DIGITS && text.chars().all(|c| c.is_ascii_hexdigit());
        if right { Ok(Hash(text.to_lowercase())) } else { Err(format!("a hash here has {DIGITS} hexadecimal digits")) }
    }
}

impl<const DIGITS: usize> From<Hash<DIGITS>> for String {
    fn from(hash: Hash<DIGITS>) -> String {
        hash.0
    }
}

/// What a sample lacks on this machine, if it lacks anything: the reason, and the next step.
pub fn lack(sample: &Sample, path: &OsStr) -> Option<(String, String)> {
    sample.manifest.toolchain.iter().find_map(|toolchain| {
        let found = probe(toolchain, &sample.dir, path);
        (!found.is_good()).then(|| (shortage(toolchain, &found), hint(toolchain, &sample.name)))
    })
}

/// The next step for a person who lacks a toolchain: `setup`, where that knows a way, else what the manifest says.
pub fn hint(toolchain: &Toolchain, sample: &str) -> String {
    let ways = !toolchain.apt.is_empty() || toolchain.archive.is_some() || site_installer(toolchain).is_some();
    match &toolchain.page {
        Some(page) if !ways => page.clone(),
        _ => format!("`cargo xtask setup {sample}` installs it, or says what to do"),
    }
}

/// The site's own installer, where `XTASK_TOOLCHAINS` names a folder that has one.
pub fn site_installer(toolchain: &Toolchain) -> Option<PathBuf> {
    let folder = std::env::var_os("XTASK_TOOLCHAINS")?;
    let installer = PathBuf::from(folder).join(&toolchain.name).join("install");
    // What runs it may stand in another folder.
    std::path::absolute(installer).ok().filter(|file| file.is_file())
}

/// The `PATH` of every child: the toolchains that `setup` unpacked come first.
pub fn path(project: &Project) -> std::ffi::OsString {
    let unpacked = std::fs::read_dir(project.toolchains()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> =
        unpacked.flat_map(|dir| [dir.join("bin"), dir]).filter(|dir| dir.is_dir()).collect();
    folders.sort();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&inherited));
    // Only a folder with a colon in its name cannot be joined, and `split_paths` has just taken those apart.
    std::env::join_paths(&folders).unwrap_or(inherited)
}
