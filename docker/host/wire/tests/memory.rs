//! How much memory streams take. Alone in its process, so that what the process takes is theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::proxy;
use tokio::io::AsyncReadExt;

const LONG: Duration = Duration::from_secs(240);
const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const STREAMS: u64 = 400;
/// What an open stream on which nothing comes may take, with the test's own two sockets.
const MAX_STREAM_BYTES: u64 = 16 * 1024;
const LARGE_BYTES: u64 = 256 << 20;
/// How often to look meanwhile.
const SAMPLE_BYTES: u64 = 8 << 20;
/// What passing that on may take.
const MAX_PASSING_BYTES: u64 = 4 << 20;

#[tokio::test]
async fn silent_streams_are_small_and_large_bodies_pass_in_little_room() {
    let handler = proxy(LONG).await;
    let mut open = Vec::new();
    // What is needed once is there after some.
    let mut before = 0;
    for count in 0..STREAMS + STREAMS / 10 {
        if count == STREAMS / 10 {
            before = resident_bytes();
        }
        let mut caller = handler.caller(GET).await;
        let (mut peer, _) = handler.accept().await;
        peer.send("HTTP/1.1 200 OK\r\n\r\nab").await;
        caller.read_until("ab\r\n").await;
        open.push((caller, peer));
    }
    let each = (resident_bytes() - before) / STREAMS;
    assert!(each <= MAX_STREAM_BYTES, "{each} bytes a stream");
    drop(open);

    let mut caller = handler.caller(GET).await;
    let (mut peer, _) = handler.accept().await;
    let before = resident_bytes();
    let sending = tokio::spawn(async move {
        peer.send("HTTP/1.1 200 OK\r\n\r\n").await;
        let piece = "x".repeat(64 * 1024);
        for _ in 0..LARGE_BYTES / piece.len() as u64 {
            peer.send(&piece).await;
        }
    });
    let mut room = vec![0; 64 * 1024];
    let (mut received, mut most, mut next) = (0, 0, 0);
    while received < LARGE_BYTES {
        received += caller.stream.read(&mut room).await.unwrap() as u64;
        if received > next {
            most = most.max(resident_bytes());
            next += SAMPLE_BYTES;
        }
    }
    sending.await.unwrap();
    let taken = most.saturating_sub(before);
    println!("{each} bytes a stream, {taken} for a large body");
    assert!(taken <= MAX_PASSING_BYTES, "{taken} bytes");
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
