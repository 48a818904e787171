//! Every case of the contract against a running app: stimulus, moment of judgement, observation, verdict.

mod ask;
pub mod docker;
mod judge;
pub mod native;
mod observe;
mod store;

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::future::join_all;

use crate::place::app::{App, AppFailure};
use crate::report::counts::Counts;
use crate::report::outcome::{Outcome, Verdict};
use crate::report::{Event, Report};
use crate::sample::Sample;
use crate::sample::case::{BlobPath, Case, Stimulus};
use crate::sample::chosen::Chosen;
use crate::sample::contract::{Contract, Function};
use crate::sample::function_json::FunctionJson;
use ask::Client;
use observe::{Side, observe};
use store::Store;

/// Runs every case of the functions that `sample` has; each verdict goes to the report when it is known. Cases run one
/// after the other, but those that upload a blob run together: a host looks for new blobs every few seconds only, and each
/// case looks at blobs of its own names. What goes wrong in a case is that case's verdict; an error is storage out of reach.
pub async fn run(app: &App, chosen: &Chosen, sample: &Sample, report: &Report) -> Result<Counts> {
    let client = Client::new()?;
    let store = app.storage.as_deref().map(Store::connect).transpose()?;
    if let Some(store) = &store {
        let (queues, containers) = triggers(sample)?;
        store.prepare(&queues, &containers).await.context("cannot prepare the storage account")?;
    }
    for (function, reason) in &sample.manifest.lacks {
        let (sample, function, reason) = (sample.name.clone(), function.clone(), reason.clone());
        report.emit(Event::FunctionLacking { sample, place: app.place, function, reason });
    }
    let smoke = Smoke {
        side: Side { app, client, store },
        contract: &chosen.contract,
        all: chosen.count(sample),
        sample,
        report,
    };
    let mut counts = Counts::default();
    let mut begun = 0;
    for function in chosen.contract.function.iter().filter(|function| sample.functions.contains(&function.name)) {
        let uploads = |case: &&Case| matches!(case.stimulus, Stimulus::Blob(_));
        let (together, alone): (Vec<&Case>, Vec<&Case>) =
            chosen.cases(&sample.name, function).into_iter().partition(uploads);
        for case in alone {
            counts += smoke.run_together(function, &[case], &mut begun).await;
        }
        counts += smoke.run_together(function, &together, &mut begun).await;
    }
    report.keep_log(&sample.name, app.place, &app.log.since(0));
    Ok(counts)
}

/// What a sample's cases in one place amount to.
pub fn outcome(ran: Result<Counts, AppFailure>) -> Outcome {
    match ran {
        Ok(Counts { passed: 0, failed: 0, .. }) => Outcome::Failed {
            message: "no case could be run\nhint: is any function of the sample in the contract?".into(),
        },
        Ok(Counts { passed, failed: 0, skipped: 0 }) => Outcome::Passed { detail: format!("{passed} cases") },
        Ok(Counts { passed, failed: 0, skipped }) => {
            Outcome::Passed { detail: format!("{passed} cases, {skipped} not observable here") }
        }
        Ok(Counts { passed, failed, .. }) => {
            Outcome::Failed { message: format!("{failed} of {} cases", passed + failed) }
        }
        Err(failure) => Outcome::Failed { message: failure.message },
    }
}

/// What the cases of one app have in common.
struct Smoke<'a> {
    side: Side<'a>,
    contract: &'a Contract,
    /// How many cases the sample is asked.
    all: usize,
    sample: &'a Sample,
    report: &'a Report,
}

impl Smoke<'_> {
    /// Runs cases of a function side by side, from empty queues and containers.
    async fn run_together(&self, function: &Function, cases: &[&Case], begun: &mut usize) -> Counts {
        let cleared = match &self.side.store {
            Some(store) if cases.iter().any(|case| case.needs_storage()) => store.clear(self.contract).await,
            _ => Ok(()),
        };
        for case in cases {
            *begun += 1;
            self.report.emit(Event::CaseStarted {
                sample: self.sample.name.clone(),
                place: self.side.app.place,
                function: function.name.clone(),
                case: case.name.clone(),
                number: *begun,
                all: self.all,
            });
        }
        let mut counts = Counts::default();
        for case in join_all(cases.iter().map(|case| self.run_case(function, case, &cleared))).await {
            counts += case;
        }
        counts
    }

    async fn run_case(&self, function: &Function, case: &Case, cleared: &Result<()>) -> Counts {
        let begun = Instant::now();
        let verdict = match (self.not_observable(function, case), cleared) {
            (Some(reason), _) => Verdict::NotObservable { reason },
            (None, Err(error)) => Verdict::Fatal { message: format!("cannot clear the storage account: {error:#}") },
            (None, Ok(())) => self.verdict(function, case).await,
        };
        let counts = Counts::of(&verdict);
        self.report.emit(Event::CaseJudged {
            sample: self.sample.name.clone(),
            place: self.side.app.place,
            function: function.name.clone(),
            case: case.name.clone(),
            verdict,
            seconds: begun.elapsed().as_secs_f64(),
        });
        counts
    }

    fn not_observable(&self, function: &Function, case: &Case) -> Option<String> {
        if let Some(reason) = function.only_stand_in.as_ref().filter(|_| !self.side.app.stand_in) {
            return Some(reason.clone());
        }
        (case.needs_storage() && self.side.app.storage.is_none()).then(|| "there is no storage account".to_owned())
    }

    async fn verdict(&self, function: &Function, case: &Case) -> Verdict {
        match observe(&self.side, function, case).await {
            Ok((sent, observed)) => match judge::judge(&case.expect, &sent, &observed) {
                differences if differences.is_empty() => Verdict::Passed,
                differences => Verdict::Failed { differences },
            },
            Err(error) => Verdict::Fatal { message: format!("{error:#}") },
        }
    }
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
