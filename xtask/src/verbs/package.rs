//! `package`: the zip of each staged app, as mini-host makes it for anybody's.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use zip::ZipArchive;

use crate::build::Staged;
use crate::place::mini_host;
use crate::process::command::{self, Command};
use crate::process::run;
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Report, Step};

/// A hundred megabytes are packed in some seconds.
const PACK_LIMIT: Duration = Duration::from_secs(300);

/// Packs staged apps for a plan, and unpacks each zip again, as whoever deploys it: what comes out is there as long as the folder is. What
/// goes wrong with one sample is in the report.
pub fn package(project: &Project, staged: &[Staged], plan: &str, report: &Report) -> Result<(Vec<Staged>, TempDir)> {
    let mini_host = mini_host::build(project, report)?;
    let folder = project.shell.create_dir(project.target().join("package"))?;
    let unpacked = run::folder(&project.target())?;
    let mut apps = Vec::new();
    for app in staged {
        let name = &app.sample.name;
        let begun = report.begin(name, Step::Package);
        let zip = folder.join(format!("{name}.zip"));
        let packed = pack(app, &mini_host, plan, &zip).and_then(|listing| {
            let into = unpacked.path().join(name);
            unpack(&zip, &into)?;
            report.sized(format!("zip `{name}`"), zip.metadata()?.len());
            apps.push(app.copied_to(into));
            Ok(listing)
        });
        if let Ok(listing) = &packed {
            report.print(listing.trim_end())?;
        }
        begun.done(packed.map_or_else(Outcome::from, |listing| Outcome::Passed {
            detail: listing.lines().last().unwrap_or_default().to_owned(),
        }));
    }
    Ok((apps, unpacked))
}

fn pack(app: &Staged, mini_host: &Path, plan: &str, zip: &Path) -> Result<String> {
    let mut command = Command::new(mini_host);
    command.arg("package").arg(&app.dir).args(["--plan", plan]).arg("--output").arg(zip);
    // It is the sample's, and no part of what is staged.
    command.arg("--funcignore").arg(app.sample.dir.join(".funcignore"));
    Ok(command::run(command, PACK_LIMIT)?.output)
}

fn unpack(zip: &Path, into: &Path) -> Result<()> {
    let unpack = || anyhow::Ok(ZipArchive::new(File::open(zip)?)?.extract(into)?);
    unpack().with_context(|| format!("cannot unpack `{}`", zip.display()))
}
