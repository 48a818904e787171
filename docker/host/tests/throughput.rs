//! How much of the storage emulator's own speed queue messages have through the host.
//!
//! `cargo test --release -p mini-host --test throughput -- --ignored --nocapture`; needs Node and Azurite (`npm ci` in
//! `docker/azurite`). It prints figures and judges none of them: a busy machine is no mistake.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/app.rs"]
mod app;
#[path = "../../storage/tests/support/azurite.rs"]
mod azurite;

use std::time::{Duration, Instant};

use app::{App, Effect, INPUT};
use azurite::Azurite;
use futures_util::future::join_all;
use storage::{Queue, Storage};

const MESSAGES: u64 = 1000;
const ROUNDS: usize = 3;
const BATCH: u32 = 16;
const TEST_LIMIT_SECONDS: u64 = 300;
const POLL_INTERVAL_MILLISECONDS: u64 = 20;

#[tokio::test]
#[ignore = "a measurement; run with --ignored"]
async fn queue_throughput_against_get_and_delete() {
    for round in 1..=ROUNDS {
        // A new one for each round: what was deleted makes Azurite slower.
        let Some(azurite) = Azurite::start() else { return };
        let input = Storage::connect(&azurite.connection_string()).unwrap().queue(INPUT);
        fill(&input).await;
        let alone = get_and_delete(&input).await;
        fill(&input).await;
        let through = through_host(&azurite, &input).await;
        let ratio = through / alone;
        println!("round {round}: get-and-delete {alone:.0}/s, through mini-host {through:.0}/s, ratio {ratio:.2}");
    }
}

async fn fill(queue: &Queue) {
    queue.create().await.unwrap();
    for _ in 0..MESSAGES / 20 {
        join_all((0..20).map(|_| queue.put("bWVzc2FnZQ=="))).await;
    }
    assert_eq!(queue.length().await.unwrap(), Some(MESSAGES));
}

/// Messages a second, taken in batches as the host takes them and deleted side by side.
async fn get_and_delete(queue: &Queue) -> f64 {
    let begun = Instant::now();
    loop {
        let messages = queue.receive(BATCH, Duration::from_secs(600)).await.unwrap();
        if messages.is_empty() {
            return per_second(begun);
        }
        join_all(messages.iter().map(|message| queue.delete_message(&message.id, &message.pop_receipt))).await;
    }
}

/// Messages a second from the moment the first is gone, so that no start of a process counts.
async fn through_host(azurite: &Azurite, input: &Queue) -> f64 {
    let app = App::new(&azurite.connection_string(), Effect::None, 0);
    let _host = app.serve();
    let limit = Instant::now();
    let mut begun = None;
    loop {
        let left = input.length().await.unwrap().unwrap_or_default();
        if left < MESSAGES && begun.is_none() {
            begun = Some(Instant::now());
        }
        if let (0, Some(begun)) = (left, begun) {
            return per_second(begun);
        }
        assert!(
            limit.elapsed().as_secs() < TEST_LIMIT_SECONDS,
            "waited {TEST_LIMIT_SECONDS} s for {MESSAGES} messages"
        );
        tokio::time::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS)).await;
    }
}

fn per_second(begun: Instant) -> f64 {
    MESSAGES as f64 / begun.elapsed().as_secs_f64()
}
