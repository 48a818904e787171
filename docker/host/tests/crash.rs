//! A thousand messages while the handler is killed again and again, and the host once: nothing is lost.
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
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustix::process::{Pid, Signal, kill_process};
use storage::{Queue, Storage};

const MESSAGES: usize = 1000;
/// The handler is killed whenever so many more effects are there.
const EFFECTS_BETWEEN_KILLS: u64 = 80;
/// The host is killed after so many effects.
const EFFECTS_BEFORE_HOST_KILL: u64 = 500;
const HANDLER_MILLISECONDS: u32 = 20;
const TEST_LIMIT_SECONDS: u64 = 300;
/// Without a new effect for so long, all that is left is invisible: taken by a host that is gone.
const STALL_SECONDS: u64 = 5;
const POLL_INTERVAL_MILLISECONDS: u64 = 10;
/// Longer than a host's lease of a message.
const PAST_ANY_LEASE_SECONDS: u64 = 601;

#[derive(Debug, Default)]
struct Counts {
    handler_kills: u32,
    host_kills: u32,
    host_starts: u32,
}

#[tokio::test]
#[ignore = "takes half a minute; run with --ignored"]
async fn no_message_is_lost_when_handler_and_host_are_killed() {
    let Some(mut azurite) = Azurite::start() else { return };
    let storage = Storage::connect(&azurite.connection_string()).unwrap();
    let (input, output) = (storage.queue(INPUT), storage.queue(OUTPUT));
    input.create().await.unwrap();
    output.create().await.unwrap();
    for number in 0..MESSAGES {
        input.put(&BASE64.encode(format!("message {number}"))).await.unwrap();
    }

    let app = App::new(&azurite.connection_string(), Effect::Message, HANDLER_MILLISECONDS);
    let counts = kill_and_restart(&mut azurite, &app, &input, &output).await;

    let effects = drain(&output).await;
    let missing: Vec<usize> =
        (0..MESSAGES).filter(|number| !effects.contains_key(&format!("message {number}"))).collect();
    let total: usize = effects.values().sum();
    println!("{MESSAGES} messages, {total} effects, {} of them duplicates; {counts:?}", total - effects.len());
    assert!(missing.is_empty(), "no effect of messages {missing:?}\n{}", log(&app));
    assert_eq!(effects.len(), MESSAGES, "effects nobody asked for");
    assert_eq!(storage.queue(format!("{INPUT}-poison")).length().await.unwrap(), None, "nothing was beyond handling");
    assert!(counts.handler_kills >= 5 && counts.host_kills == 1, "{counts:?}");
}

/// Serves the app until its queue is empty, killing as it goes. A host that ends by itself, as it does after the third death
/// of its handler, is started again, as a platform would.
async fn kill_and_restart(azurite: &mut Azurite, app: &App, input: &Queue, output: &Queue) -> Counts {
    let mut counts = Counts { host_starts: 1, ..Counts::default() };
    let mut host = app.serve();
    let (mut next_kill, mut last_count, mut last_change) = (EFFECTS_BETWEEN_KILLS, 0, Instant::now());
    let begun = Instant::now();
    while input.length().await.unwrap() != Some(0) {
        assert!(
            begun.elapsed().as_secs() < TEST_LIMIT_SECONDS,
            "waited {TEST_LIMIT_SECONDS} s for {MESSAGES} effects\n{}",
            log(app)
        );
        let effects = output.length().await.unwrap().unwrap_or_default();
        if effects != last_count {
            (last_count, last_change) = (effects, Instant::now());
        }
        if counts.host_kills == 0 && effects >= EFFECTS_BEFORE_HOST_KILL {
            kill(host.0.id());
            counts.host_kills += 1;
        } else if effects >= next_kill
            && let Some(handler) = app.handler_pid()
        {
            kill(handler);
            counts.handler_kills += 1;
            next_kill = effects + EFFECTS_BETWEEN_KILLS;
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
            let text = String::from_utf8(BASE64.decode(&message.text).unwrap()).unwrap();
            *texts.entry(text).or_default() += 1;
            queue.delete_message(&message.id, &message.pop_receipt).await.unwrap();
        }
    }
}

fn log(app: &App) -> String {
    std::fs::read_to_string(app.log()).unwrap_or_default()
}
