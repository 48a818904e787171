//! What is measured, and load by wrk: the one file that names it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use crate::process::command;

/// How long one measurement lasts.
const DURATION: &str = "1s";
/// wrk ends by itself; this is for one that does not.
const LIMIT: Duration = Duration::from_secs(30);
/// Has wrk print its numbers in one line.
const DONE_SCRIPT: &str = include_str!("done.lua");

/// How many connections are kept busy in the measurements of a round.
pub const CONNECTIONS: [usize; 3] = [1, 16, 64];
pub const NGINX: &str = "nginx, 1 worker";
pub const NGINX_LIKE_PROXYING: &str = "nginx, adding the proxy's headers";
pub const MINI_HOST: &str = "mini-host, forwarding";
pub const MINI_HOST_PROXYING: &str = "mini-host, proxying";
pub const MINI_HOST_DEFAULT_MODE: &str = "mini-host, default mode";

#[derive(Debug)]
pub struct Wrk {
    program: PathBuf,
    script: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub requests: u64,
    /// How many failed, or were answered with another status than 2xx or 3xx.
    pub failures: u64,
    /// Answers in a second.
    pub rate: f64,
    /// The time that half of the answers took at most, in milliseconds.
    pub p50_ms: f64,
    /// What an answer cost the server that was asked in processor time, in microseconds; `None` if it is no process of ours.
    pub cpu_us: Option<f64>,
}

/// A figure of what was measured; `None` if it is not known.
pub type Figure = fn(&Measured) -> Option<f64>;

pub const P50_MS: Figure = |measured| Some(measured.p50_ms);
pub const RATE: Figure = |measured| Some(measured.rate);
pub const CPU_US: Figure = |measured| measured.cpu_us;

/// What the rounds of one server found.
#[derive(Debug)]
pub struct Load {
    /// What was between the load and the handler.
    pub name: &'static str,
    /// By number of connections as in [`CONNECTIONS`], then by round.
    pub measured: [Vec<Measured>; CONNECTIONS.len()],
}

/// One start of the handler alone and one of mini-host with it, to the first 200, and what mini-host weighed then.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub handler_ms: f64,
    pub mini_host_ms: f64,
    /// What mini-host weighs when it has nothing to do.
    pub idle_bytes: f64,
}

#[derive(Debug)]
pub struct Body {
    pub name: &'static str,
    /// By round, by how many times the body's size mini-host grew.
    pub copies: Vec<f64>,
}

impl Load {
    /// A figure of each round with so many connections; none where it is not known.
    pub fn figures(&self, at: usize, figure: Figure) -> Vec<f64> {
        self.measured[at].iter().filter_map(figure).collect()
    }
}

impl Wrk {
    /// The wrk on `path`, with its script in `dir`; `None` if there is none.
    pub fn find(path: &OsStr, dir: &Path) -> Result<Option<Wrk>> {
        let Some(program) = command::find("wrk", dir, path) else { return Ok(None) };
        let script = dir.join("done.lua");
        std::fs::write(&script, DONE_SCRIPT).with_context(|| format!("cannot write `{}`", script.display()))?;
        Ok(Some(Wrk { program, script }))
    }

    /// Asks for a URL over and over, on so many connections that are kept open.
    pub fn measure(&self, url: &str, connections: usize) -> Result<Measured> {
        let connections = connections.to_string();
        let (program, script) = (&self.program, &self.script);
        let shell = Shell::new()?;
        let load = cmd!(
            shell,
            "{program} --threads=1 --connections={connections} --duration={DURATION} --script {script} {url}"
        );
        let ended = command::run(load, LIMIT)?;
        parse(&ended.output).with_context(|| format!("cannot understand what wrk printed:\n{}", ended.output))
    }
}

fn parse(output: &str) -> Option<Measured> {
    let numbers = output.lines().find_map(|line| line.strip_prefix("measured "))?;
    let numbers: Vec<u32> = numbers.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let &[requests, microseconds, p50, failures] = numbers.as_slice() else { return None };
    let seconds = f64::from(microseconds) / 1e6;
    let (requests, failures) = (u64::from(requests), u64::from(failures));
    let rate = f64::from(numbers[0]) / seconds;
    Some(Measured { requests, failures, rate, p50_ms: f64::from(p50) / 1e3, cpu_us: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_script_is_read() {
        let output = "Running 1s test\n  1 threads and 1 connections\nmeasured 20000 2000000 95 3\n";
        let expected = Measured { requests: 20_000, failures: 3, rate: 10_000.0, p50_ms: 0.095, cpu_us: None };
        assert_eq!(parse(output), Some(expected));
        assert_eq!(parse("Running 1s test"), None);
        assert_eq!(parse("measured 1 2"), None);
    }
}
