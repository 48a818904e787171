//! What is missing on this machine, and what to do about it.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::probe::{Found, probe};
use crate::report::Report;
use crate::sample::Sample;
use crate::sample::toolchain::Toolchain;

/// Why a sample cannot be built or tested here, and the next step.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Such as `needs go 1.22 or newer; found 1.19`.
    pub reason: String,
    pub hint: String,
}

impl Missing {
    pub fn of(toolchain: &Toolchain, found: &Found, sample: &str) -> Missing {
        Missing { reason: format!("needs {}; found {found}", toolchain.need()), hint: hint(toolchain, sample) }
    }

    /// The first that a sample lacks, after it is said which it has; `None` if it lacks nothing.
    pub fn in_sample(sample: &Sample, path: &OsStr, report: &Report) -> Option<Missing> {
        sample.manifest.toolchain.iter().find_map(|toolchain| {
            let found = probe(toolchain, &sample.dir, path);
            if found.is_good() {
                report.used(&toolchain.name, found.to_string());
                return None;
            }
            Some(Missing::of(toolchain, &found, &sample.name))
        })
    }
}

/// `setup`, if that knows a way, else what the manifest says.
fn hint(toolchain: &Toolchain, sample: &str) -> String {
    let ways = !toolchain.apt.is_empty()
        || toolchain.npm.is_some()
        || toolchain.archive.is_some()
        || site_installer(toolchain).is_some();
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
