//! What is missing on this machine, and what to do about it.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::probe::{Found, probe};
use crate::report::Report;
use crate::report::outcome::Outcome;
use crate::sample::Sample;
use crate::sample::toolchain::Toolchain;

/// A sample is skipped: why it cannot be built or tested here (`needs go 1.22 or newer; found 1.19`), and the next step.
pub fn missing(toolchain: &Toolchain, found: &Found, sample: &str) -> Outcome {
    Outcome::Skipped { reason: format!("needs {}; found {found}", toolchain.need()), hint: hint(toolchain, sample) }
}

/// The same for the first that a sample lacks, after it is said which it has; `None` if it lacks nothing.
pub fn missing_in(sample: &Sample, path: &OsStr, report: &Report) -> Option<Outcome> {
    sample.manifest.toolchain.iter().find_map(|toolchain| {
        let found = probe(toolchain, &sample.dir, path);
        if found.is_good() {
            report.used(&toolchain.name, found.to_string());
            return None;
        }
        Some(missing(toolchain, &found, &sample.name))
    })
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
