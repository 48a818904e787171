//! `watch`: rebuilds and asks what changed, as often as something changes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::verify::{Plan, verify};
use crate::build::Watched;
use crate::cli;
use crate::process::{self, interrupt};
use crate::project::Project;
use crate::report::Report;
use crate::sample::{Sample, selection};

/// How often the samples are looked at: soon enough for a person who has just saved a file.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Builds and asks the selected samples, then each again whose files change, until Ctrl-C.
pub fn watch(project: &Project, args: &cli::Watch, report: &Report) -> Result<u8> {
    let runtime = process::runtime()?;
    let mut known: BTreeMap<String, Seen> = BTreeMap::new();
    report.note("watching; Ctrl-C ends it");
    while !interrupt::happened() {
        // A report of its own for each round: the counts are those of what was asked now.
        let report = Report::new(report.detail);
        let mut changed = Vec::new();
        for sample in selection::loaded(project, &args.samples, &report)? {
            let before = known.get(&sample.name);
            let files = Watched::look(project, &sample, before.map(|before| &before.files))?;
            let why = before.map(|before| before.files.changes(&files)).unwrap_or_default();
            match before {
                Some(_) if why.is_empty() => continue,
                Some(_) => report.note(format!("{}: {why}", sample.name)),
                None => {}
            }
            known.insert(sample.name.clone(), Seen { files, why });
            changed.push(sample);
        }
        if changed.is_empty() {
            let _ = runtime.block_on(async { tokio::time::timeout(LOOK_EVERY, interrupt::wait()).await });
            continue;
        }
        let names = changed.iter().map(|sample| sample.name.clone()).collect();
        let status = verify(project, &Plan::of_watch(args, names), &report)?;
        for sample in changed {
            if let Some(seen) = known.get_mut(&sample.name) {
                seen.leave_out_what_rounds_make(project, &sample, &report)?;
            }
        }
        if interrupt::happened() {
            report.cut_off();
        }
        report.end(status)?;
    }
    Ok(interrupt::STATUS)
}

/// A sample as it was before its last round, and why there was that round; empty for the first.
struct Seen {
    files: Watched,
    why: String,
}

impl Seen {
    /// What changed during a round may be a person's edit, and calls for another one. What changes during that again is made by it.
    fn leave_out_what_rounds_make(&mut self, project: &Project, sample: &Sample, report: &Report) -> Result<()> {
        let now = Watched::look(project, sample, Some(&self.files))?;
        let changes = self.files.changes(&now);
        if !changes.is_empty() && changes == self.why {
            report.warn(format!(
                "{}: {changes} with every build, which is no reason for another\nhint: a `.gitignore` names what a build makes",
                sample.name
            ));
            self.files = now;
        }
        Ok(())
    }
}
