//! Every case of the contract against a running app: stimulus, moment of judgement, observation, verdict.

mod ask;
mod judge;
mod store;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::place::{App, AppFailure};
use crate::report::outcome::{Outcome, Verdict};
use crate::report::{Event, Report};
use crate::sample::Sample;
use crate::sample::contract::{self, Case, Contract, Function, Stimulus};
use crate::text;
use ask::Client;
use judge::{Reply, Sent};
use store::Store;

/// Five attempts at a message follow each other at once; a hundred messages take a slow handler a few seconds.
const MESSAGES_LIMIT_SECONDS: u64 = 30;
/// A host looks for new blobs every 2 to 10 seconds, and reads eight mebibytes of base64 afterwards.
const BLOB_LIMIT_SECONDS: u64 = 60;
/// An invocation through the admin route is answered at once and runs in the background.
const BACKGROUND_LIMIT_SECONDS: u64 = 30;
/// A line the host has printed takes a moment through pipes and the engine.
const LOG_LIMIT_SECONDS: u64 = 10;
/// How many of the host's lines are shown when messages are left.
const LINES_SHOWN: usize = 15;
/// How often storage is asked whether a thing has happened.
const STORAGE_ASKED_EVERY: Duration = Duration::from_millis(40);

/// How many cases ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Everything expected was received.
    pub passed: usize,
    /// A difference, or no end.
    pub failed: usize,
    /// This place cannot show it.
    pub not_observable: usize,
}

impl Tally {
    /// What a sample's cases in one place amount to.
    pub fn outcome(ran: std::result::Result<Tally, AppFailure>) -> Outcome {
        match ran {
            Ok(Tally { passed: 0, failed: 0, .. }) => Outcome::Failed {
                message: "no case could be run\nhint: is any function of the sample in the contract?".into(),
            },
            Ok(Tally { passed, failed: 0, not_observable: 0 }) => Outcome::Passed { detail: format!("{passed} cases") },
            Ok(Tally { passed, failed: 0, not_observable }) => {
                Outcome::Passed { detail: format!("{passed} cases, {not_observable} not observable here") }
            }
            Ok(Tally { passed, failed, .. }) => {
                Outcome::Failed { message: format!("{failed} of {} cases", passed + failed) }
            }
            Err(failure) => Outcome::Failed { message: failure.message },
        }
    }
}

/// Runs every case of the functions that `sample` has, one after the other; each verdict goes to the report when it is known.
///
/// # Errors
/// When the storage of the app is out of reach before the first case. What goes wrong in a case is that case's verdict.
pub async fn run(app: &App, contract: &Contract, sample: &Sample, report: &Report) -> Result<Tally> {
    let client = Client::new()?;
    let store = app.storage.as_deref().map(Store::connect).transpose()?;
    if let Some(store) = &store {
        let (queues, containers) = triggers(sample)?;
        store.prepare(&queues, &containers).await.context("cannot prepare the storage account")?;
    }
    let mut tally = Tally::default();
    for function in contract.function.iter().filter(|function| sample.functions.contains(&function.name)) {
        for case in &function.case {
            let begun = Instant::now();
            let verdict = match not_observable(app, function, case) {
                Some(reason) => Verdict::NotObservable { reason },
                None => {
                    verdict(&Asking { app, client: &client, store: store.as_ref(), contract }, function, case).await
                }
            };
            match verdict {
                Verdict::Passed => tally.passed += 1,
                Verdict::NotObservable { .. } => tally.not_observable += 1,
                Verdict::Failed { .. } | Verdict::Fatal { .. } => tally.failed += 1,
            }
            report.emit(Event::CaseJudged {
                sample: sample.name.clone(),
                place: app.place,
                function: function.name.clone(),
                case: case.name.clone(),
                verdict,
                seconds: begun.elapsed().as_secs_f64(),
            });
        }
    }
    Ok(tally)
}

/// What a case needs to be asked.
struct Asking<'a> {
    app: &'a App,
    client: &'a Client,
    store: Option<&'a Store>,
    contract: &'a Contract,
}

fn not_observable(app: &App, function: &Function, case: &Case) -> Option<String> {
    if let Some(reason) = function.only_stand_in.as_ref().filter(|_| !app.stand_in) {
        return Some(reason.clone());
    }
    (case.needs_storage() && app.storage.is_none()).then(|| "there is no storage account".to_owned())
}

async fn verdict(asking: &Asking<'_>, function: &Function, case: &Case) -> Verdict {
    match observe(asking, function, case).await {
        Ok((sent, reply)) => match judge::judge(&case.expect, &sent, &reply) {
            differences if differences.is_empty() => Verdict::Passed,
            differences => Verdict::Failed { differences },
        },
        Err(error) => Verdict::Fatal { message: format!("{error:#}") },
    }
}

async fn observe(asking: &Asking<'_>, function: &Function, case: &Case) -> Result<(Sent, Reply)> {
    let app = asking.app;
    let store = || asking.store.context("there is no storage account");
    if case.needs_storage() {
        store()?.clear(asking.contract).await.context("cannot clear the storage account")?;
        for blob in &case.given {
            store()?.put_blob(&blob.path, blob.content()?).await?;
        }
    }
    let mark = app.log.mark();
    let mut sent = Sent::default();
    let mut reply = Reply::default();
    match case.stimulus()? {
        Stimulus::Request(request) => reply.http = Some(asking.client.request(app, request).await?),
        Stimulus::Invoke(invoke) => {
            reply.http = Some(asking.client.invoke(app, &function.name, &invoke.input).await?);
            executed(app, mark, function).await?;
        }
        Stimulus::Message(message) => {
            sent.messages = message.texts();
            store()?.put_messages(&message.queue, &sent.messages).await?;
            handled(store()?, &message.queue, mark, app).await?;
        }
        Stimulus::Blob(blob) => {
            sent.blob = blob.content()?;
            store()?.put_blob(&blob.path, sent.blob.clone()).await?;
            let wanted = case.expect.blob.iter().filter(|(_, expect)| !expect.absent).map(|(path, _)| path.as_str());
            appeared(store()?, &wanted.collect::<Vec<_>>()).await?;
        }
    }
    for queue in case.expect.queue.keys() {
        reply.queues.insert(queue.clone(), store()?.take_messages(queue).await?);
    }
    for path in case.expect.blob.keys() {
        reply.blobs.insert(path.clone(), store()?.get_blob(path).await?);
    }
    for text in &case.expect.log {
        // Whether it came is the judge's to say.
        app.log.wait_for(mark, text, Duration::from_secs(LOG_LIMIT_SECONDS)).await;
    }
    reply.log = app.log.since(mark);
    Ok((sent, reply))
}

/// Waits for the end of an invocation in the background, which the host's log tells.
async fn executed(app: &App, mark: usize, function: &Function) -> Result<()> {
    let text = format!("Executed 'Functions.{}'", function.name);
    let limit = Duration::from_secs(BACKGROUND_LIMIT_SECONDS);
    ensure!(
        app.log.wait_for(mark, &text, limit).await,
        "the host did not print `{text}` within {BACKGROUND_LIMIT_SECONDS} s"
    );
    Ok(())
}

/// Waits until a trigger queue is empty: a message is deleted after its outputs are written, or its poison copy is.
async fn handled(store: &Store, queue: &str, mark: usize, app: &App) -> Result<()> {
    let begun = Instant::now();
    let mut every = tokio::time::interval(STORAGE_ASKED_EVERY);
    loop {
        every.tick().await;
        let left = store.count_messages(queue).await?;
        if left == 0 {
            return Ok(());
        }
        ensure!(
            begun.elapsed().as_secs() < MESSAGES_LIMIT_SECONDS,
            "{left} messages are still in `{queue}` after {MESSAGES_LIMIT_SECONDS} s\nthe host printed:\n  {}",
            text::last(&app.log.since(mark), LINES_SHOWN).join("\n  ")
        );
    }
}

/// Waits until the blobs are there; a blob appears whole. One that does not come is the judge's to tell.
async fn appeared(store: &Store, paths: &[&str]) -> Result<()> {
    let begun = Instant::now();
    let mut every = tokio::time::interval(STORAGE_ASKED_EVERY);
    for path in paths {
        while !store.has_blob(path).await? && begun.elapsed().as_secs() < BLOB_LIMIT_SECONDS {
            every.tick().await;
        }
    }
    Ok(())
}

/// Queues and containers that a sample's triggers watch: the host does not make them (protocol.md#created-on-demand).
fn triggers(sample: &Sample) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let (mut queues, mut containers) = (BTreeSet::new(), BTreeSet::new());
    for function in &sample.functions {
        let path = sample.dir.join(function).join("function.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let config: serde_json::Value =
            serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))?;
        for binding in config["bindings"].as_array().into_iter().flatten() {
            let text = |key: &str| binding[key].as_str().unwrap_or_default();
            match text("type") {
                "queueTrigger" => drop(queues.insert(text("queueName").to_owned())),
                "blobTrigger" => drop(containers.insert(contract::split(text("path"))?.0.to_owned())),
                _ => {}
            }
        }
    }
    Ok((queues, containers))
}
