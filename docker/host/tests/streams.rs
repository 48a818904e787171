//! What streams cost: long bodies pass in little memory, and open streams take little each (protocol.md#proxying). Memory is what
//! the kernel says of the host's process; nothing here depends on how long something takes.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/host.rs"]
mod host;
#[path = "support/streaming.rs"]
mod streaming;

use std::io::Write;

use streaming::{LONG_BODY_BYTES, PIECE_BYTES, Proxy, read_chunks, read_head};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// How much more than in idle state the host may take for a long body.
const LONG_BODY_LIMIT_KIB: u64 = 4 * 1024;
/// How much an open event stream may take.
const STREAM_LIMIT_KIB: u64 = 16;
/// How many are tried, where the limit on descriptors allows so many.
const STREAMS: u64 = 10_000;
/// Descriptors that a stream takes in one process: towards the caller and towards the handler.
const DESCRIPTORS_A_STREAM: u64 = 2;
/// Descriptors for all else: the host keeps 256 free.
const OTHER_DESCRIPTORS: u64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_response_passes_in_little_memory() {
    let proxy = Proxy::start().await;
    let idle = proxy.memory_kib();
    proxy.forget_peak();
    let mut caller = proxy.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_head(&mut caller).await.expect("a head");
    assert_eq!(read_chunks(&mut caller).await, LONG_BODY_BYTES);
    assert_little(&proxy, idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_upload_in_chunks_passes_in_little_memory() {
    let proxy = Proxy::start().await;
    let idle = proxy.memory_kib();
    proxy.forget_peak();
    let mut caller = proxy.send("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let chunk = [format!("{PIECE_BYTES:x}\r\n").as_bytes(), &[b'x'; PIECE_BYTES], b"\r\n"].concat();
    for _ in 0..LONG_BODY_BYTES / PIECE_BYTES as u64 {
        caller.get_mut().write_all(&chunk).await.expect("the body is read");
    }
    caller.get_mut().write_all(b"0\r\n\r\n").await.expect("the body is read");
    assert_counted(&mut caller).await;
    assert_little(&proxy, idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_upload_with_a_length_passes_in_little_memory() {
    let proxy = Proxy::start().await;
    let idle = proxy.memory_kib();
    proxy.forget_peak();
    let head = format!("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {LONG_BODY_BYTES}\r\n\r\n");
    let mut caller = proxy.send(&head).await;
    for _ in 0..LONG_BODY_BYTES / PIECE_BYTES as u64 {
        caller.get_mut().write_all(&[b'x'; PIECE_BYTES]).await.expect("the body is read");
    }
    assert_counted(&mut caller).await;
    assert_little(&proxy, idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_open_event_streams_take_little_each() {
    let count = (raise_descriptors(STREAMS * DESCRIPTORS_A_STREAM + OTHER_DESCRIPTORS) - OTHER_DESCRIPTORS)
        / DESCRIPTORS_A_STREAM;
    if count < STREAMS {
        // Past the test harness, which keeps what a test prints to itself.
        let text = format!(
            "{count} instead of {STREAMS} streams are tried: the limit on descriptors allows no more\nhint: ulimit -Hn\n"
        );
        _ = std::io::stderr().write_all(text.as_bytes());
    }
    let proxy = Proxy::start().await;
    let idle = proxy.memory_kib();
    let mut callers = Vec::new();
    for _ in 0..count {
        let mut caller = proxy.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await;
        read_head(&mut caller).await.expect("a head");
        let mut event = [0; b"9\r\ndata: 1\n\n\r\n".len()];
        caller.read_exact(&mut event).await.expect("an event");
        callers.push(caller.into_inner());
    }
    let taken = proxy.memory_kib().saturating_sub(idle);
    println!("{count} streams: {taken} KiB, {:.1} KiB each", taken as f64 / count as f64);
    assert!(taken <= count * STREAM_LIMIT_KIB, "{count} streams take {taken} KiB");
    drop(callers);
}

/// Raises the limit on descriptors, which the host inherits, to what is wanted or as far as it may be raised, and says how many there are.
fn raise_descriptors(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let maximum = getrlimit(Resource::Nofile).maximum;
    let count = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum })
        .expect("a process may use what it is allowed");
    count
}

async fn assert_counted(caller: &mut BufReader<TcpStream>) {
    read_head(caller).await.expect("a head");
    let text = LONG_BODY_BYTES.to_string();
    let mut body = vec![0; text.len()];
    caller.read_exact(&mut body).await.expect("a body");
    assert_eq!(String::from_utf8_lossy(&body), text);
}

fn assert_little(proxy: &Proxy, idle_kib: u64) {
    let taken = proxy.peak_kib().saturating_sub(idle_kib);
    println!("{taken} KiB above idle");
    assert!(taken <= LONG_BODY_LIMIT_KIB, "the host takes {taken} KiB more than in idle state");
}
