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
use crate::sample::selection;

/// How often the samples are looked at: soon enough for a person who has just saved a file.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Builds and asks the selected samples, then each again whose files change, until Ctrl-C.
pub fn watch(project: &Project, args: &cli::Watch, report: &Report) -> Result<u8> {
    let runtime = process::runtime()?;
    let mut known: BTreeMap<String, Watched> = BTreeMap::new();
    report.note("watching; Ctrl-C ends it");
    while !interrupt::happened() {
        // A report of its own for each round: the counts are those of what was asked now.
        let report = Report::new(report.detail);
        let mut changed = Vec::new();
        for sample in selection::loaded(project, &args.samples, &report)? {
            let now = Watched::look(project, &sample, known.get(&sample.name))?;
            match known.get(&sample.name).map(|before| before.changes(&now)) {
                Some(changes) if changes.is_empty() => continue,
                Some(changes) => report.note(format!("{}: {changes}", sample.name)),
                None => {}
            }
            changed.push(sample.name.clone());
            known.insert(sample.name, now);
        }
        if changed.is_empty() {
            let _ = runtime.block_on(async { tokio::time::timeout(LOOK_EVERY, interrupt::wait()).await });
            continue;
        }
        let status = verify(project, &Plan::of_watch(args, changed), &report)?;
        report.end(status)?;
    }
    Ok(interrupt::STATUS)
}
