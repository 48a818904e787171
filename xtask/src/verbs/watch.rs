//! `watch`: rebuilds and asks what changed, as often as something changes.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::verify::{Plan, verify};
use crate::build::Watched;
use crate::cli::{self, Asked, Selection};
use crate::process::{self, interrupt};
use crate::project::Project;
use crate::report::Report;
use crate::sample::{Sample, selection};
use crate::status;

/// How often the samples are looked at: soon enough for a person who has just saved a file.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Builds and asks the selected samples, then each again whose files change, until Ctrl-C.
pub fn watch(project: &Project, args: &cli::Watch, report: &Report) -> Result<u8> {
    let runtime = process::runtime()?;
    // A name that no sample has is wrong usage. Later on somebody is moving a folder.
    selection::listed(project, &args.samples)?;
    let (mut known, mut said, mut is_first) = (Known::new(), Vec::new(), true);
    report.note("watching; Ctrl-C ends it");
    while !interrupt::happened() {
        // A report of its own for each round: the counts are those of what was asked now.
        let report = Report::new(report.detail);
        let (changed, wrong) = look(project, args, &mut known, &report);
        // Said once, not at each look.
        if said != wrong {
            wrong.iter().for_each(|wrong| report.warn(wrong));
            said = wrong;
        }
        if changed.is_empty() {
            let _ = runtime.block_on(async { tokio::time::timeout(LOOK_EVERY, interrupt::wait()).await });
            continue;
        }
        let samples = changed.iter().map(|sample| sample.name.clone()).collect();
        let selection = Selection { samples, ..Selection::default() };
        let asked = Asked { selection, cases: args.cases.clone(), storage: None };
        let ended = match verify(project, &Plan { asked, native: true, ..Plan::default() }, &report) {
            Err(error) if is_first => return Err(error),
            // The contract is being edited, say: another round when that goes on.
            Err(error) => {
                report.warn(format!("{error:#}"));
                status::FAILED
            }
            Ok(ended) => ended,
        };
        is_first = false;
        for sample in changed {
            if let Some(seen) = known.get_mut(&sample.name) {
                seen.leave_out_what_rounds_make(&sample, &report);
            }
        }
        if interrupt::happened() {
            report.cut_off();
        }
        report.end(ended)?;
    }
    Ok(status::STOPPED)
}

/// The samples that have changed since they were looked at, which is said of each; and what is wrong with others.
fn look(project: &Project, args: &cli::Watch, known: &mut Known, report: &Report) -> (Vec<Sample>, Vec<String>) {
    let (mut changed, mut wrong) = (Vec::new(), Vec::new());
    let listed = selection::listed(project, &args.samples).unwrap_or_else(|unknown| {
        wrong.push(unknown.to_string());
        Vec::new()
    });
    for loaded in listed {
        let looked = loaded.map_err(|broken| broken.message).and_then(|sample| {
            let before = known.get(&sample.name).map(|seen| &seen.files);
            let looked = Watched::look(&sample, before).map_err(|error| format!("{error:#}"));
            looked.map(|files| (sample, files))
        });
        match looked {
            Err(message) => wrong.push(message),
            Ok((sample, files)) => {
                let before = known.get(&sample.name);
                let why = before.map(|before| before.files.changes(&files)).unwrap_or_default();
                // A manifest that was broken since it was read is for the next look to say.
                let is_broken_by_now = || {
                    let again = selection::listed(project, std::slice::from_ref(&sample.name));
                    again.is_ok_and(|again| again.iter().any(Result::is_err))
                };
                match before {
                    Some(_) if why.is_empty() || is_broken_by_now() => continue,
                    Some(_) => report.note(format!("{}: {why}", sample.name)),
                    None => {}
                }
                known.insert(sample.name.clone(), Seen { files, why });
                changed.push(sample);
            }
        }
    }
    (changed, wrong)
}

type Known = BTreeMap<String, Seen>;

/// A sample as it was before its last round, and why there was that round; empty for the first.
struct Seen {
    files: Watched,
    why: String,
}

impl Seen {
    /// What changed during a round may be a person's edit, and calls for another one. What changes during that again is made by it.
    fn leave_out_what_rounds_make(&mut self, sample: &Sample, report: &Report) {
        // What cannot be looked at, the next look says.
        let Ok(now) = Watched::look(sample, Some(&self.files)) else { return };
        let now = now.with_contract_of(&self.files);
        let changes = self.files.changes(&now);
        if !changes.is_empty() && changes == self.why {
            report.warn(format!(
                "{}: {changes} with every build, which is no reason for another\nhint: a `.gitignore` names what a build makes",
                sample.name
            ));
            self.files = now;
        }
    }
}
