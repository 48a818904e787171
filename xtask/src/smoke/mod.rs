//! Every case of the contract against a running app: stimulus, moment of judgement, observation, verdict.

mod ask;
pub mod docker;
mod judge;
pub mod native;
mod observe;
mod shown;
mod store;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use futures_util::future::{join, join_all};

use crate::place::app::App;
use crate::report::outcome::{Counts, Outcome, Verdict};
use crate::report::{Event, Report};
use crate::sample::Sample;
use crate::sample::case::{BlobPath, Case, Stimulus};
use crate::sample::chosen::Chosen;
use crate::sample::contract::{Contract, Function};
use crate::sample::function_json::FunctionJson;
use ask::Client;
use observe::{Asker, observe};
use store::Store;

/// Runs every case of the functions that `sample` has; each verdict goes to the report when it is known. Cases with storage run
/// one after the other, and beside them, one after the other too, those without. Beside all of them run those that upload a blob:
/// a host looks for new blobs every few seconds only, and each case looks at blobs of its own names. What goes wrong in a case is
/// that case's verdict; an error is storage out of reach.
pub async fn run(app: &App, chosen: &Chosen, sample: &Sample, report: &Report) -> Result<Counts> {
    let (client, store) = (Client::new()?, Store::connect(&app.storage)?);
    let (queues, containers_of_triggers) = triggers(sample)?;
    store.prepare(&queues, &containers_of_triggers).await.context("cannot prepare the storage account")?;
    for (function, reason) in &sample.manifest.lacks {
        let (sample, function, reason) = (sample.name.clone(), function.clone(), reason.clone());
        report.emit(Event::FunctionLacking { sample, place: app.place, function, reason });
    }
    let functions = chosen.contract.function.iter().filter(|function| sample.functions.contains(&function.name));
    let of_function = |function| chosen.cases(&sample.name, function).into_iter().map(move |case| (function, case));
    let (beside, others): (Vec<_>, Vec<_>) = functions.flat_map(of_function).partition(|(_, case)| runs_beside(case));
    let (stored, asked): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, case)| case.needs_storage());
    let smoke = Smoke {
        asker: Asker { app, client, store, sample: &sample.name, report },
        contract: &chosen.contract,
        in_use: beside.iter().flat_map(|(_, case)| case.containers()).collect(),
        begun: Cell::new(0),
        all: chosen.count(sample),
    };
    let cleared = if beside.is_empty() { Ok(()) } else { smoke.clear(&BTreeSet::new()).await };
    let waiting = Cell::new(beside.len());
    let beside = join_all(beside.into_iter().map(async |(function, case)| {
        let counts = smoke.run_case(function, case, &cleared).await;
        waiting.set(waiting.get() - 1);
        counts
    }));
    let one_by_one = async |cases: Vec<(&Function, &Case)>| {
        let mut counts = Counts::default();
        for (function, case) in cases {
            let cleared = if case.needs_storage() { smoke.clear(&smoke.in_use).await } else { Ok(()) };
            counts += smoke.run_case(function, case, &cleared).await;
        }
        counts
    };
    let others = async {
        let (stored, asked) = join(one_by_one(stored), one_by_one(asked)).await;
        if waiting.get() > 0 {
            smoke.asker.waits(format!("for the blob scan, up to {} s", observe::BLOB_LIMIT_SECONDS));
        }
        [stored, asked]
    };
    let (beside, others) = join(beside, others).await;
    let counts = beside.into_iter().chain(others).sum();
    check_for_keys(&app.log.since(0), &[&app.keys.master, &app.keys.function])?;
    Ok(counts)
}

/// Neither the host nor a handler prints what opens a function.
fn check_for_keys(log: &[String], keys: &[&str]) -> Result<()> {
    let Some(line) = log.iter().find(|line| keys.iter().any(|key| line.contains(key))) else { return Ok(()) };
    bail!("a key stands in the log: {}", keys.iter().fold(line.clone(), |line, key| line.replace(key, "***")))
}

/// What a sample's cases in one place amount to.
pub fn outcome(ran: Result<Counts>) -> Outcome {
    match ran {
        Ok(Counts { passed: 0, failed: 0, skipped: 0 }) => Outcome::Failed {
            message: "no case could be run\nhint: is any function of the sample in the contract?".into(),
        },
        Ok(Counts { passed, failed: 0, skipped: 0 }) => Outcome::Passed { detail: format!("{passed} cases") },
        Ok(Counts { passed, failed: 0, skipped }) => {
            Outcome::Passed { detail: format!("{passed} cases, {skipped} not observable here") }
        }
        Ok(Counts { passed, failed, .. }) => {
            Outcome::Failed { message: format!("{failed} of {} cases", passed + failed) }
        }
        Err(error) => Outcome::from(error),
    }
}

/// What the cases of one app have in common.
struct Smoke<'a> {
    asker: Asker<'a>,
    contract: &'a Contract,
    /// Containers of the cases that run beside the others: they are emptied once, before the first.
    in_use: BTreeSet<&'a str>,
    begun: Cell<usize>,
    /// How many cases the sample is asked.
    all: usize,
}

impl Smoke<'_> {
    /// Empties what the contract names, but for containers that are in use.
    async fn clear(&self, in_use: &BTreeSet<&str>) -> Result<()> {
        self.asker.store.clear(self.contract, in_use).await
    }

    async fn run_case(&self, function: &Function, case: &Case, cleared: &Result<()>) -> Counts {
        self.begun.set(self.begun.get() + 1);
        self.asker.report.emit(Event::CaseStarted {
            sample: self.asker.sample.to_owned(),
            place: self.asker.app.place,
            function: function.name.clone(),
            case: case.name.clone(),
            number: self.begun.get(),
            all: self.all,
        });
        let begun = Instant::now();
        let only_stand_in = function.only_stand_in.as_ref().filter(|_| !self.asker.app.stand_in);
        let verdict = match (only_stand_in, cleared) {
            (Some(reason), _) => Verdict::NotObservable { reason: reason.clone() },
            (None, Err(error)) => Verdict::Fatal { message: format!("cannot clear the storage account: {error:#}") },
            (None, Ok(())) => self.verdict(function, case).await,
        };
        let counts = Counts::of(&verdict);
        self.asker.report.emit(Event::CaseJudged {
            sample: self.asker.sample.to_owned(),
            place: self.asker.app.place,
            function: function.name.clone(),
            case: case.name.clone(),
            verdict,
            seconds: begun.elapsed().as_secs_f64(),
        });
        counts
    }

    async fn verdict(&self, function: &Function, case: &Case) -> Verdict {
        match observe(&self.asker, function, case).await {
            Ok((sent, observed)) => match judge::judge(&case.expect, &sent, &observed) {
                differences if differences.is_empty() => Verdict::Passed,
                differences => Verdict::Failed { differences },
            },
            Err(error) => Verdict::Fatal { message: format!("{error:#}") },
        }
    }
}

/// Whether a case may run beside others: it uploads a blob, and looks at no queue.
fn runs_beside(case: &Case) -> bool {
    matches!(case.stimulus, Stimulus::Blob(_)) && case.expect.queue.is_empty()
}

/// Queues and containers that a sample's triggers watch: the host does not make them (protocol.md#created-on-demand).
fn triggers(sample: &Sample) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let (mut queues, mut containers) = (BTreeSet::new(), BTreeSet::new());
    for function in &sample.functions {
        for binding in FunctionJson::read(&sample.dir, function)?.bindings {
            match binding.kind.as_str() {
                "queueTrigger" => queues.extend(binding.queue_name),
                "blobTrigger" => {
                    let path = binding.path.unwrap_or_default();
                    containers.insert(BlobPath::try_from(path).map_err(anyhow::Error::msg)?.container);
                }
                _ => {}
            }
        }
    }
    Ok((queues, containers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_fails_that_is_asked_nothing_and_not_one_of_which_this_place_can_show_nothing() {
        let outcome = |skipped| outcome(Ok(Counts { skipped, ..Counts::default() }));
        assert!(outcome(0).is_failed());
        assert_eq!(outcome(2), Outcome::Passed { detail: "0 cases, 2 not observable here".into() });
    }

    #[test]
    fn a_key_in_the_log_is_found_and_not_repeated() {
        let log = ["GET /api/hello".to_owned(), "GET /api/hello?code=abc".to_owned()];
        assert!(check_for_keys(&log, &["abcd", "xyz"]).is_ok());
        let error = check_for_keys(&log, &["abc", "xyz"]).unwrap_err().to_string();
        assert_eq!(error, "a key stands in the log: GET /api/hello?code=***");
    }
}
