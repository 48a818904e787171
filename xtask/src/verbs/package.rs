//! `package`: the zip of each staged app, as mini-host makes it for anybody's.

use std::fs::{self, File};
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

/// The packed apps as whoever unpacks them finds them. They are there as long as their folder is.
pub struct Unpacked {
    pub apps: Vec<Staged>,
    _folder: TempDir,
}

/// Packs staged apps for a plan, and unpacks each zip again. What goes wrong with one sample is in the report.
pub fn package(project: &Project, staged: &[Staged], plan: &str, report: &Report) -> Result<Unpacked> {
    let mini_host = mini_host::build(project, report)?;
    let folder = project.target().join("package");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let unpacked = run::scratch(&project.target()).and_then(tempfile::tempdir_in);
    let unpacked = unpacked.context("cannot make a folder to unpack into")?;
    let mut apps = Vec::new();
    for app in staged {
        let name = &app.sample().name;
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
    Ok(Unpacked { apps, _folder: unpacked })
}

fn pack(app: &Staged, mini_host: &Path, plan: &str, zip: &Path) -> Result<String> {
    let mut command = Command::new(mini_host);
    command.arg("package").arg(app.dir()).args(["--plan", plan]).arg("--output").arg(zip);
    // It is the sample's, and no part of what is staged.
    command.arg("--funcignore").arg(app.sample().dir.join(".funcignore"));
    Ok(command::run(command, PACK_LIMIT)?.output)
}

fn unpack(zip: &Path, into: &Path) -> Result<()> {
    let unpack = || anyhow::Ok(ZipArchive::new(File::open(zip)?)?.extract(into)?);
    unpack().with_context(|| format!("cannot unpack `{}`", zip.display()))
}
