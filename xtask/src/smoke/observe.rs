//! One case: the stimulus is given, its end awaited, and what came of it looked at.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::ask::Client;
use super::judge::{Observed, Sent};
use super::store::Store;
use crate::place::app::App;
use crate::report::Report;
use crate::sample::case::{BlobPath, Case, Stimulus};
use crate::sample::contract::Function;
use crate::text;

/// Five attempts at a message follow each other at once; a hundred messages take a slow handler a few seconds.
const MESSAGES_LIMIT_SECONDS: u64 = 30;
/// A host looks for new blobs every 2 to 10 seconds, and reads eight mebibytes of base64 afterwards.
pub const BLOB_LIMIT_SECONDS: u64 = 60;
/// An invocation through the admin route is answered at once and runs in the background.
const BACKGROUND_LIMIT_SECONDS: u64 = 30;
/// A line the host has printed takes a moment through pipes and the engine.
const LOG_LIMIT_SECONDS: u64 = 10;
/// How many of the host's lines are shown when messages are left.
const LINES_SHOWN: usize = 15;
/// How often storage is asked whether a thing has happened.
const STORAGE_ASKED_EVERY: Duration = Duration::from_millis(40);

/// The same for a blob, where the host's words do not say before that something has happened.
const BLOB_ASKED_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// A running app with what asks it and what looks at its storage.
pub struct Asker<'a> {
    pub app: &'a App,
    pub client: Client,
    pub store: Store,
    pub sample: &'a str,
    pub report: &'a Report,
}

impl Asker<'_> {
    /// Says what the time passes with.
    pub fn waits(&self, what: String) {
        self.report.waits(self.sample, self.app.place, what);
    }
}

/// Gives the stimulus of a case and returns what was sent and what was observed.
pub async fn observe(asker: &Asker<'_>, function: &Function, case: &Case) -> Result<(Sent, Observed)> {
    let Asker { app, store, .. } = asker;
    for blob in &case.given {
        store.put_blob(&blob.path, blob.content()).await?;
    }
    let mark = app.log.mark();
    let mut sent = Sent::default();
    let mut observed = Observed::default();
    match &case.stimulus {
        Stimulus::Request(request) => {
            for _ in 0..request.times.get() {
                observed.responses.push(asker.client.request(app, request).await?);
            }
        }
        Stimulus::Invoke(invoke) => {
            observed.responses.push(asker.client.invoke(app, &function.name, &invoke.input).await?);
            executed(asker, mark, function).await?;
        }
        Stimulus::Message(message) => {
            sent.messages = message.texts();
            store.put_messages(&message.queue, &sent.messages).await?;
            handled(store, &message.queue, mark, asker).await?;
        }
        Stimulus::Blob(blob) => {
            sent.blob = blob.content();
            store.put_blob(&blob.path, sent.blob.clone()).await?;
            appeared(store, case.expect.blob.keys(), app, function).await?;
        }
    }
    for queue in case.expect.queue.keys() {
        observed.queues.insert(queue.clone(), store.take_messages(queue).await?);
    }
    for path in case.expect.blob.keys() {
        observed.blobs.insert(path.clone(), store.get_blob(path).await?);
    }
    for text in &case.expect.log {
        asker.waits(format!("for `{text}` in the log, up to {LOG_LIMIT_SECONDS} s"));
        // Whether it came is the judge's to say.
        app.log.wait_for(mark, text, Duration::from_secs(LOG_LIMIT_SECONDS)).await;
    }
    observed.log = app.log.since(mark);
    Ok((sent, observed))
}

/// How the line begins in which a host says that an invocation has ended, well or not.
fn end_of_invocation(function: &Function) -> String {
    format!("Executed 'Functions.{}'", function.name)
}

/// Waits for the end of an invocation in the background.
async fn executed(asker: &Asker<'_>, mark: usize, function: &Function) -> Result<()> {
    asker.waits(format!("for the end of the invocation, up to {BACKGROUND_LIMIT_SECONDS} s"));
    let text = end_of_invocation(function);
    let limit = Duration::from_secs(BACKGROUND_LIMIT_SECONDS);
    let line = asker.app.log.wait_for(mark, &text, limit).await;
    ensure!(line.is_some(), "the host did not print `{text}` within {BACKGROUND_LIMIT_SECONDS} s");
    Ok(())
}

/// Waits until a trigger queue is empty: a message is deleted after its outputs are written, or its poison copy is.
async fn handled(store: &Store, queue: &str, mark: usize, asker: &Asker<'_>) -> Result<()> {
    asker.waits(format!("for the queue `{queue}` to be empty, up to {MESSAGES_LIMIT_SECONDS} s"));
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
            text::last(&asker.app.log.since(mark), LINES_SHOWN).join("\n  ")
        );
    }
}

/// Waits until the blobs are there; a blob appears whole. One that does not come is the judge's to report. Storage is asked
/// whenever an invocation of the function has ended.
async fn appeared(store: &Store, paths: impl Iterator<Item = &BlobPath>, app: &App, function: &Function) -> Result<()> {
    let (begun, end) = (Instant::now(), end_of_invocation(function));
    for path in paths {
        let mut mark = app.log.mark();
        while !store.has_blob(path).await? && begun.elapsed().as_secs() < BLOB_LIMIT_SECONDS {
            let before = std::mem::replace(&mut mark, app.log.mark());
            app.log.wait_for(before, &end, BLOB_ASKED_AT_LEAST_EVERY).await;
        }
    }
    Ok(())
}
