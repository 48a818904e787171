//! `package`: the zip of each staged app, as mini-host makes it for anybody's.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::build::{self, Staged};
use crate::cli;
use crate::place::mini_host;
use crate::process::command::{self, Command};
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Report, Step};
use crate::sample::selection;

/// A hundred megabytes are packed in some seconds.
const PACK_LIMIT: Duration = Duration::from_secs(300);

/// Builds the selected samples and packs them; returns the exit status.
///
/// # Errors
/// When the selection is wrong, or mini-host cannot be built. What goes wrong with one sample is in the report.
pub fn package(project: &Project, args: &cli::Package, report: &Report) -> Result<u8> {
    let cli::Package { selection, plan } = args;
    let samples = selection::loaded(project, &selection.samples, report)?;
    report.keep(&project.report())?;
    let staged = report.phase("build", || build::build_all(project, &samples, selection.bound(), report));
    let mini_host = report.phase("mini-host", || mini_host::build(project))?;
    let folder = project.target().join("package");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    for app in &staged {
        let begun = report.begin(&app.sample().name, Step::Package);
        let packed = pack(app, &mini_host, plan, &folder);
        if let Ok(listing) = &packed {
            anstream::println!("{}", listing.trim_end());
        }
        begun.done(packed.map_or_else(Outcome::from, |listing| Outcome::Passed {
            detail: listing.lines().last().unwrap_or_default().to_owned(),
        }));
    }
    Ok(report.close(selection.strict))
}

fn pack(app: &Staged, mini_host: &Path, plan: &str, folder: &Path) -> Result<String> {
    let mut command = Command::new(mini_host);
    command.arg("package").arg(app.dir()).args(["--plan", plan]);
    command.arg("--output").arg(folder.join(format!("{}.zip", app.sample().name)));
    Ok(command::run(command, PACK_LIMIT)?.output)
}
