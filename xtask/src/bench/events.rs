//! Load by event streams: how long the first byte of an event takes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::ask::connect;
use super::load::Measured;
use super::spread::Spread;

/// How long one measurement lasts.
const DURATION: Duration = Duration::from_secs(1);
const EVENT: &[u8] = b"data:";
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Asks for a stream of events over and over, on so many connections that are kept open.
pub fn measure(url: &str, connections: usize) -> Result<Measured> {
    let started = Instant::now();
    let waits: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(|| ask(url))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect::<Result<_>>()
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let waits = waits.concat();
    let requests = waits.len() as u64;
    let rate = waits.len() as f64 / seconds;
    let p50_ms = Spread::of(waits).context("no event came")?.median;
    Ok(Measured { requests, failures: 0, rate, p50_ms, cpu_us: None })
}

/// How many milliseconds the first byte of an event took in each of the streams of one connection.
fn ask(url: &str) -> Result<Vec<f64>> {
    let (mut stream, authority, path) = connect(url)?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/event-stream\r\n\r\n");
    let started = Instant::now();
    let mut waits = Vec::new();
    while started.elapsed() < DURATION {
        let asked = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        read_until(&mut stream, &mut answer, |answer| answer.windows(EVENT.len()).any(|part| part == EVENT))?;
        waits.push(asked.elapsed().as_secs_f64() * 1e3);
        ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{url} answered `{}`", String::from_utf8_lossy(&answer));
        read_until(&mut stream, &mut answer, |answer| answer.ends_with(LAST_CHUNK))?;
    }
    Ok(waits)
}

fn read_until(stream: &mut TcpStream, answer: &mut Vec<u8>, is_there: impl Fn(&[u8]) -> bool) -> Result<()> {
    let mut piece = [0; 4096];
    while !is_there(answer) {
        match stream.read(&mut piece).context("waiting for an event")? {
            0 => bail!("a stream ended too early: `{}`", String::from_utf8_lossy(answer)),
            count => answer.extend_from_slice(&piece[..count]),
        }
    }
    Ok(())
}
