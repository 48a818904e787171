//! What stays of a run, in `target/report`: every event as it comes, and at the end what people and build servers read.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::outcome::Verdict;
use super::summary::Summary;
use super::{Event, Step, junit, table};
use crate::process::lock::{self, Hold};

const VERSION: u32 = 1;
/// What each line of `events.ndjson` is: made from [`Event`] by `cargo xtask test --bless`.
const SCHEMA: &str = include_str!("../../events.schema.json");
const SLOWEST: usize = 10;

/// A case that failed, or a whole sample where the case is empty.
pub type Failed = BTreeSet<(String, String, String)>;

/// The folder of a run.
pub struct Kept {
    pub folder: PathBuf,
    events: File,
    _lock: File,
}

impl Kept {
    /// Begins: nothing of an earlier run is left. Where another run is using the folder, this one takes the next, `report-2`.
    pub fn begin(folder: &Path) -> io::Result<Kept> {
        let mut number = 1;
        let (folder, lock) = loop {
            let candidate =
                if number == 1 { folder.to_path_buf() } else { folder.with_file_name(format!("report-{number}")) };
            fs::create_dir_all(&candidate)?;
            let lock = File::open(&candidate)?;
            if lock::try_lock(&lock, Hold::Exclusive)? {
                break (candidate, lock);
            }
            number += 1;
        };
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
        }
        fs::write(folder.join("events.schema.json"), SCHEMA)?;
        let events = File::create(folder.join("events.ndjson"))?;
        let mut kept = Kept { folder, events, _lock: lock };
        kept.write(&Event::RunBegun { version: VERSION })?;
        Ok(kept)
    }

    /// Writes one event down: a run that is killed leaves what it had come to.
    pub fn write(&mut self, event: &Event) -> io::Result<()> {
        writeln!(self.events, "{}", serde_json::to_string(event)?)
    }

    /// Writes down what the host of a sample printed.
    pub fn write_log(&self, name: &str, lines: &[String]) -> io::Result<()> {
        let folder = self.folder.join("logs");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{name}.log")), lines.join("\n") + "\n")
    }

    /// Ends: what is made from all events together.
    pub fn end(&self, events: &[Event]) -> io::Result<()> {
        let summary = Summary::of(events);
        fs::write(self.folder.join("summary.md"), markdown(events, &summary))?;
        fs::write(self.folder.join("junit.xml"), junit::xml(events, &summary).map_err(io::Error::other)?)?;
        if events.iter().any(asks_cases) {
            fs::write(failed_file(&self.folder), serde_json::to_string_pretty(&failed(events, &summary))?)?;
        }
        let counts = summary.counts;
        fs::write(self.folder.join("counts"), format!("{} {} {}\n", counts.passed, counts.failed, counts.skipped))
    }
}

/// What failed in the last run that asked cases; `None` if there was none. `folder` is where runs keep their reports.
pub fn failed_last_time(folder: &Path) -> Option<Failed> {
    serde_json::from_slice(&fs::read(failed_file(folder)).ok()?).ok()
}

/// Beside the folder of any run: one that only builds or tests leaves it as it is.
fn failed_file(folder: &Path) -> PathBuf {
    folder.with_file_name("report-failed.json")
}

fn asks_cases(event: &Event) -> bool {
    matches!(event, Event::Planned { steps, .. } if steps.iter().any(|step| matches!(step, Step::Native | Step::Docker)))
}

fn failed(events: &[Event], summary: &Summary) -> Failed {
    let cases = events.iter().filter_map(|event| match event {
        Event::CaseJudged {
            sample, function, case, verdict: Verdict::Failed { .. } | Verdict::Fatal { .. }, ..
        } => Some((sample.clone(), function.clone(), case.clone())),
        _ => None,
    });
    let steps = summary.steps_to_count().into_iter().filter(|(_, _, outcome)| outcome.is_failed());
    cases.chain(steps.map(|(sample, _, _)| (sample, String::new(), String::new()))).collect()
}

/// The run for a page of a build server: the table, what should not be missed, the slowest cases, sizes, what was used.
fn markdown(events: &[Event], summary: &Summary) -> String {
    let mut text = format!("**{}**\n\n```text\n{}\n", summary.last_line(), summary.table());
    for remark in summary.remarks(false) {
        let _ = writeln!(text, "{remark}");
    }
    text.push_str("```\n");
    let sizes = distinct(events, |event| match event {
        Event::Sized { what, bytes } => Some(vec![what.clone(), format!("{:.1}", *bytes as f64 / 1e6)]),
        _ => None,
    });
    let used = distinct(events, |event| match event {
        Event::Used { what, version } => Some(vec![what.clone(), version.clone()]),
        _ => None,
    });
    let mut add = |heading: &[&str], rule: &str, rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            let heading = heading.iter().map(ToString::to_string).collect();
            let _ = write!(text, "\n{}\n", table::markdown(rule, &[vec![heading], rows].concat()));
        }
    };
    add(&["slowest cases, s", "sample", "place", "case"], "|--:|---|---|---|", slowest(events));
    add(&["made", "size, MB"], "|---|--:|", sizes);
    add(&["used", "version"], "|---|---|", used);
    text
}

fn slowest(events: &[Event]) -> Vec<Vec<String>> {
    let of_case = |event: &Event| match event {
        Event::CaseJudged { sample, place, function, case, seconds, .. } => {
            let row = vec![format!("{seconds:.1}"), sample.clone(), place.to_string(), format!("{function}: {case}")];
            Some((*seconds, row))
        }
        _ => None,
    };
    let mut cases: Vec<(f64, Vec<String>)> = events.iter().filter_map(of_case).collect();
    cases.sort_by(|a, b| b.0.total_cmp(&a.0));
    cases.into_iter().take(SLOWEST).map(|(_, row)| row).collect()
}

/// The rows that some events make, in order; what was said twice is one row.
fn distinct(events: &[Event], row: impl Fn(&Event) -> Option<Vec<String>>) -> Vec<Vec<String>> {
    events.iter().filter_map(row).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Place;
    use crate::report::outcome::Difference;

    fn events() -> Vec<Event> {
        let case = |case: &str, verdict| Event::CaseJudged {
            sample: "go".into(),
            place: Place::Native,
            function: "hello".into(),
            case: case.into(),
            verdict,
            seconds: 0.5,
        };
        let difference = Difference { what: "status".into(), expected: "200".into(), received: "<500>\u{1}".into() };
        vec![
            case("greets", Verdict::Passed),
            case("refuses", Verdict::Failed { differences: vec![difference] }),
            case("sleeps", Verdict::NotObservable { reason: "no".into() }),
        ]
    }

    #[test]
    fn two_runs_keep_a_report_each() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("report");
        let first = Kept::begin(&folder).unwrap();
        assert!(Kept::begin(&folder).unwrap().folder.ends_with("report-2"));
        drop(first);
        assert_eq!(Kept::begin(&folder).unwrap().folder, folder);
    }

    #[test]
    fn what_failed_is_known_the_next_time() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("report");
        assert_eq!(failed_last_time(&folder), None);
        let planned = |step| Event::Planned { samples: vec!["go".into()], steps: vec![step] };
        let (asks, tests) = ([vec![planned(Step::Native)], events()].concat(), [planned(Step::Test)]);
        let first = Kept::begin(&folder).unwrap();
        // Where the folder is taken, the next one is as good.
        Kept::begin(&folder).unwrap().end(&asks).unwrap();
        drop(first);
        Kept::begin(&folder).unwrap().end(&tests).unwrap();
        let failed = failed_last_time(&folder).unwrap();
        assert_eq!(failed.into_iter().collect::<Vec<_>>(), [("go".into(), "hello".into(), "refuses".into())]);
    }
}
