//! Invoking a function by its own trigger, and waiting for what becomes of it.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{Asked, Ended, Report, Sent, http, payload};
use crate::app::{BindingKind, Diagnostic, Function, LoadedFunction};
use crate::bindings::output;
use crate::cli::MOST_SECONDS;
use crate::grammar::spelling;
use crate::handler::Readiness;
use crate::host::running::Running;
use crate::host::{Host, State};
use crate::invoke;
use crate::log::{self, Record};
use crate::triggers::manual;

/// As many of the last lines are kept until it is known which are of the invocation.
const MOST_LINES: usize = 10_000;
/// After a response the invocation is over, and its record is on the way.
const RECORD_LIMIT_SECONDS: u64 = 2;

/// Invokes a function of the app that the host serves, and waits for the end; not if the handler cannot be started, as nobody would
/// respond.
pub async fn invoke(host: &Arc<Host>, asked: &Asked) -> Report {
    tokio::select! {
        biased;
        report = invoked(host, asked) => report,
        () = unstartable(host) => refused(
            Diagnostic::of_whole("the handler cannot be started").hint("`mini-host` in its folder says why"),
        ),
    }
}

async fn unstartable(host: &Host) {
    if let State::Running(running) = host.state()
        && let Some(handler) = &running.handler
        && handler.readiness().wait_for(|readiness| *readiness == Readiness::Unstartable).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

async fn invoked(host: &Arc<Host>, asked: &Asked) -> Report {
    let deadline = Instant::now() + Duration::from_secs(asked.seconds.min(MOST_SECONDS));
    let silent = |what: &dyn Display| {
        let text = format!("{what} within {} s", asked.seconds);
        Report::Silent(Diagnostic::of_whole(text).hint("--timeout SECONDS waits longer").to_string())
    };
    let (running, function) = match found(host, asked) {
        Ok(found) => found,
        Err(refusal) => return refused(refusal),
    };
    let mut records = host.log.records();
    let mut sent = match timeout_at(deadline, send(host, &running, &function, asked)).await {
        Ok(Ok(sent)) => sent,
        Ok(Err(refusal)) => return refused(refusal),
        Err(_) => return silent(&format!("the invocation of `{}` has not ended", function.name)),
    };
    let otherwise = sent.otherwise.take();
    let limit = Instant::now() + Duration::from_secs(RECORD_LIMIT_SECONDS);
    let deadline = if otherwise.is_some() { limit } else { deadline };
    match (timeout_at(deadline, end(&mut records, &function.name, sent)).await, otherwise) {
        (Ok(Some(ended)), _) => Report::Ended(Box::new(ended)),
        (Ok(None), _) => refused("the host has ended meanwhile"),
        (Err(_), Some(refusal)) => refused(refusal),
        (Err(_), None) => silent(&format!("no invocation of `{}` has ended", function.name)),
    }
}

fn refused(why: impl Display) -> Report {
    Report::Refused(why.to_string())
}

fn found(host: &Host, asked: &Asked) -> Result<(Arc<Running>, Arc<LoadedFunction>), Diagnostic> {
    let state = host.state();
    let State::Running(running) = &state else {
        let error = state.app().errors.first().cloned();
        let text = format!("the app cannot be served: {}", error.as_deref().unwrap_or("it is offline"));
        return Err(Diagnostic::of_whole(text).hint("`mini-host` in its folder says more"));
    };
    let app = &running.app;
    let Some(function) = app.function(&asked.function) else {
        let known: Vec<&str> = app.functions.iter().map(|function| function.name.as_str()).collect();
        let hint = spelling::hint(&asked.function, &known, format!("the app has `{}`", known.join("`, `")));
        return Err(Diagnostic::of_whole(format!("there is no function `{}`", asked.function)).hint(hint));
    };
    let name = function.name.clone();
    let Some(loaded) = Function::loaded(function) else {
        let error = function.errors.first().cloned().unwrap_or_else(|| "the list `functions` leaves it out".to_owned());
        return Err(Diagnostic::of_whole(format!("the function `{name}` is in error: {error}")));
    };
    let listens = matches!(loaded.trigger.kind, BindingKind::QueueTrigger | BindingKind::BlobTrigger);
    if loaded.disabled && listens {
        let text = format!("the function `{name}` is disabled, so nothing listens for its trigger");
        return Err(Diagnostic::of_whole(text).hint(format!("unset AzureWebJobs.{name}.Disabled")));
    }
    Ok((Arc::clone(running), Arc::new(loaded)))
}

/// Sends what the trigger of the function waits for.
async fn send(
    host: &Arc<Host>,
    running: &Arc<Running>,
    function: &Arc<LoadedFunction>,
    asked: &Asked,
) -> Result<Sent, Diagnostic> {
    let body = asked.body();
    let bindings = &running.bindings;
    let trigger = &function.trigger;
    let storage = || bindings.connections.storage(trigger.connection.as_deref());
    match (&function.http, trigger.kind) {
        (Some(trigger), _) => http::call(host, running, trigger, asked).await,
        (None, BindingKind::QueueTrigger) => {
            let queue = storage()?.queue(trigger.queue(&bindings.settings)?);
            let id = queue.put(&output::encode(&body.unwrap_or_default(), bindings.encoding)).await?;
            bindings.changes.announce_message(&queue);
            Ok(Sent { source: id, ..Sent::default() })
        }
        (None, BindingKind::BlobTrigger) => {
            let path = bindings.settings.expand(&trigger.text("path").unwrap_or_default())?;
            let (container, pattern) = path.split_once('/').unwrap_or((&path, "{name}"));
            let name = asked.path.clone().unwrap_or_else(|| blob_name(pattern));
            let blob = storage()?.container(container).blob(&name);
            blob.put(body.unwrap_or_default(), &storage::PutBlob::default()).await?;
            bindings.changes.announce_blob(&blob);
            Ok(Sent { source: format!("{container}/{name}"), ..Sent::default() })
        }
        (None, _) => {
            let text = body.map(|body| String::from_utf8_lossy(&body).into_owned());
            let mut trigger = match payload::of(trigger) {
                Some(payload) => {
                    let text = text.unwrap_or_else(|| payload.text());
                    manual::canned(&function.trigger, &text, &payload.batch, &payload.metadata)?
                }
                None => manual::trigger(bindings, function, text).await?,
            };
            let id = Uuid::new_v4().to_string();
            trigger.source = Some(id.clone());
            // The record of the invocation has the outcome.
            _ = invoke::invoke(host, running, function, trigger).await;
            Ok(Sent { source: id, ..Sent::default() })
        }
    }
}

/// A name that fits a pattern such as `{name}.txt`, and is new.
fn blob_name(pattern: &str) -> String {
    let id = Uuid::new_v4().simple().to_string();
    let new = format!("sent-{}", &id[..8]);
    Regex::new(r"\{[^}]*\}").map_or(pattern.into(), |names| names.replace_all(pattern, new)).into_owned()
}

/// Waits for the record of the invocation, and keeps what is logged of it meanwhile.
async fn end(records: &mut Receiver<Record>, function: &str, sent: Sent) -> Option<Ended> {
    let mut lines: VecDeque<(Option<Uuid>, String)> = VecDeque::new();
    loop {
        match records.recv().await {
            Ok(Record::Log { invocation, message, category, .. })
                if invocation.is_some() || category == log::CONSOLE =>
            {
                if lines.len() == MOST_LINES {
                    lines.pop_front();
                }
                lines.push_back((invocation, message));
            }
            Ok(Record::Invocation(invocation)) => {
                if invocation.function == function && invocation.source.as_ref() == Some(&sent.source) {
                    // What the handler prints belongs to nobody, and probably to this.
                    lines.retain(|(of, _)| of.is_none_or(|of| of == invocation.id));
                    let log = lines.into_iter().map(|(_, line)| line).collect();
                    return Some(Ended { invocation, response: sent.response, log });
                }
                lines.retain(|(of, _)| *of != Some(invocation.id));
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::*;
    use crate::log::{Invocation, Outcome};

    #[tokio::test]
    async fn of_what_is_logged_until_the_end_the_last_lines_of_the_invocation_are_kept() {
        let (id, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let line = |invocation: Option<Uuid>, message: &str| Record::Log {
            level: String::new(),
            category: log::CONSOLE.to_owned(),
            event: 0,
            invocation,
            message: message.to_owned(),
        };
        let ended = |id: Uuid| {
            Record::Invocation(Invocation {
                id,
                function: "F".to_owned(),
                reason: String::new(),
                source: Some(id.to_string()),
                outcome: Outcome::Succeeded,
                error: None,
                milliseconds: 0,
                outputs: Vec::new(),
            })
        };
        let (sender, mut records) = broadcast::channel(3 * MOST_LINES);
        let console = || (0..MOST_LINES).map(|_| line(None, "printed"));
        let of_others = [line(Some(other), "of another"), ended(other), line(Some(Uuid::from_u128(3)), "of a third")];
        for record in console().chain(console()).chain(of_others).chain([line(Some(id), "of this"), ended(id)]) {
            sender.send(record).unwrap();
        }
        let sent = Sent { source: id.to_string(), ..Sent::default() };
        let log = end(&mut records, "F", sent).await.unwrap().log;
        assert_eq!((log.len(), log.last().map(String::as_str)), (MOST_LINES - 1, Some("of this")));
    }

    #[test]
    fn a_blob_gets_a_name_that_fits() {
        assert!(blob_name("{name}.txt").ends_with(".txt") && blob_name("in/{a}/{b}").starts_with("in/sent-"));
        assert_eq!(blob_name("fixed.json"), "fixed.json");
    }
}
