//! Hundreds of messages while the handler and the host are killed again and again: nothing is lost.
//!
//! `cargo test -p mini-host --test crash -- --ignored --nocapture`; needs Node and Azurite (`npm ci` in `docker/azurite`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/app.rs"]
mod app;
#[path = "../../storage/tests/support/azurite.rs"]
mod azurite;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use app::{App, Effect, Host, INPUT, OUTPUT};
use azurite::Azurite;
use dotnet_text::base64;
use rustix::process::{Pid, Signal, kill_process};
use storage::{Queue, Storage};

const MESSAGES_FOR_NOBODY: u64 = 40;
const HANDLER_MILLISECONDS: u32 = 20;
const TEST_LIMIT_SECONDS: u64 = 300;
/// Without a new effect for so long, all that is left is invisible: taken by a host that is gone.
const STALL_SECONDS: u64 = 5;
const POLL_INTERVAL_MILLISECONDS: u64 = 10;
/// Longer than a host's lease of a message.
const PAST_ANY_LEASE_SECONDS: u64 = 601;

/// How often is killed while messages are handled: the handler, and the host, evenly spread.
#[derive(Clone, Copy, Debug)]
struct Plan {
    messages: usize,
    handler_kills: usize,
    host_kills: usize,
}

#[derive(Debug, Default)]
struct Counts {
    handler_kills: usize,
    host_kills: usize,
    host_starts: usize,
}

#[tokio::test]
#[ignore = "slow: half a minute"]
async fn no_message_is_lost_when_handler_and_host_are_killed() {
    nothing_is_lost(Plan { messages: 1000, handler_kills: 10, host_kills: 1 }).await;
}

#[tokio::test]
#[ignore = "slow: two minutes"]
async fn no_message_is_lost_when_the_host_is_killed_again_and_again() {
    nothing_is_lost(Plan { messages: 500, handler_kills: 20, host_kills: 10 }).await;
}

#[tokio::test]
#[ignore = "slow: ten seconds"]
async fn a_host_whose_handler_always_dies_leaves_messages_alone() {
    let Some(azurite) = Azurite::start() else { return };
    let storage = Storage::connect(&azurite.connection_string()).unwrap();
    let input = storage.queue(INPUT);
    input.create().await.unwrap();
    for number in 0..MESSAGES_FOR_NOBODY {
        input.put(&base64::encode(format!("message {number}").as_bytes())).await.unwrap();
    }
    let app = App::with_handler(&azurite.connection_string(), Effect::None, "process.exit(1)");
    let mut host = app.serve();
    let begun = Instant::now();
    while !has_ended(&mut host) {
        assert!(begun.elapsed().as_secs() < TEST_LIMIT_SECONDS, "the host goes on\n{}", log(&app));
        tokio::time::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS)).await;
    }
    assert_eq!(input.length().await.unwrap(), Some(MESSAGES_FOR_NOBODY));
    assert_eq!(storage.queue(format!("{INPUT}-poison")).length().await.unwrap(), None, "{}", log(&app));
}

async fn nothing_is_lost(plan: Plan) {
    let Some(mut azurite) = Azurite::start() else { return };
    let storage = Storage::connect(&azurite.connection_string()).unwrap();
    let (input, output) = (storage.queue(INPUT), storage.queue(OUTPUT));
    input.create().await.unwrap();
    output.create().await.unwrap();
    for number in 0..plan.messages {
        input.put(&base64::encode(format!("message {number}").as_bytes())).await.unwrap();
    }

    let app = App::new(&azurite.connection_string(), Effect::Message, HANDLER_MILLISECONDS);
    let counts = kill_and_restart(&mut azurite, &app, (&input, &output), plan).await;

    let effects = drain(&output).await;
    let is_missing = |number: &usize| !effects.contains_key(&format!("message {number}"));
    let missing: Vec<usize> = (0..plan.messages).filter(is_missing).collect();
    let total: usize = effects.values().sum();
    println!(
        "{plan:?}: {total} effects, {} of them doubles, {} lost; {counts:?}",
        total - effects.len(),
        missing.len()
    );
    assert!(missing.is_empty(), "no effect of messages {missing:?}\n{}", log(&app));
    assert_eq!(effects.len(), plan.messages, "effects nobody asked for");
    let poison = storage.queue(format!("{INPUT}-poison")).length().await.unwrap();
    assert_eq!(poison, None, "nothing was beyond handling\n{}", log(&app));
    assert_eq!((counts.handler_kills, counts.host_kills), (plan.handler_kills, plan.host_kills));
}

/// Serves the app until its queue is empty, killing as it goes. A host that ends by itself, as it does after the third death
/// of its handler, is started again, as a platform would.
async fn kill_and_restart(azurite: &mut Azurite, app: &App, (input, output): (&Queue, &Queue), plan: Plan) -> Counts {
    let mut counts = Counts { host_starts: 1, ..Counts::default() };
    let mut host = app.serve();
    let kills = plan.handler_kills + plan.host_kills;
    let (mut last_count, mut last_change, begun) = (0, Instant::now(), Instant::now());
    while input.length().await.unwrap() != Some(0) {
        let effects = usize::try_from(output.length().await.unwrap().unwrap_or_default()).unwrap();
        let seconds = begun.elapsed().as_secs();
        assert!(seconds < TEST_LIMIT_SECONDS, "waited {seconds} s, {effects} effects of {plan:?}\n{}", log(app));
        if effects != last_count {
            (last_count, last_change) = (effects, Instant::now());
        }
        let done = counts.handler_kills + counts.host_kills;
        if effects * (kills + 1) > plan.messages * (done + 1) {
            // The host's lie in the middle between the handler's.
            let is_due = 2 * counts.handler_kills * plan.host_kills >= (2 * counts.host_kills + 1) * plan.handler_kills;
            if is_due && counts.host_kills < plan.host_kills {
                kill(host.0.id());
                counts.host_kills += 1;
            } else if counts.handler_kills < plan.handler_kills
                && let Some(handler) = app.handler_pid()
            {
                kill(handler);
                counts.handler_kills += 1;
            }
        }
        if has_ended(&mut host) || last_change.elapsed().as_secs() >= STALL_SECONDS {
            drop(host);
            // What the host had taken is invisible for ten minutes; nobody holds it any more.
            azurite.advance(Duration::from_secs(PAST_ANY_LEASE_SECONDS));
            host = app.serve();
            counts.host_starts += 1;
            last_change = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS)).await;
    }
    counts
}

fn has_ended(host: &mut Host) -> bool {
    host.0.try_wait().unwrap().is_some()
}

/// The process may be gone already.
fn kill(process: u32) {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw).unwrap();
    _ = kill_process(pid, Signal::KILL);
}

/// How often each text is in the queue.
async fn drain(queue: &Queue) -> HashMap<String, usize> {
    let mut texts = HashMap::new();
    loop {
        let messages = queue.receive(32, Duration::from_secs(600)).await.unwrap();
        if messages.is_empty() {
            return texts;
        }
        for message in messages {
            let text = String::from_utf8(base64::decode(&message.text).unwrap()).unwrap();
            *texts.entry(text).or_default() += 1;
            queue.delete_message(&message.id, &message.pop_receipt).await.unwrap();
        }
    }
}

fn log(app: &App) -> String {
    std::fs::read_to_string(app.log()).unwrap_or_default()
}
