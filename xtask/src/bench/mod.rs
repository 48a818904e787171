//! How fast and how small mini-host is, beside its handler alone and beside nginx, all in the same run: absolute figures move
//! between machines, and from minute to minute on a busy one.

mod ask;
mod load;
mod results;
mod server;
mod spread;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::place::mini_host;
use crate::process::command;
use crate::process::interrupt;
use crate::project::Project;
use crate::report::Report;
use crate::toolchain;
use load::{Measured, Wrk};
use results::{Body, CONNECTIONS, Load, MINI_HOST, MINI_HOST_DEFAULT_MODE, NGINX, NGINX_WITH_HEADERS, Start};
use server::Target;

/// How many connections warm a server up.
const WARM_UP_CONNECTIONS: usize = 16;
/// How many rounds are not counted.
const WARM_UP_ROUNDS: usize = 3;
/// The body whose way through mini-host is measured.
const BODY_BYTES: usize = 20 * 1024 * 1024;
/// What `hello` is called everywhere.
const HELLO: &str = "/api/hello";

/// The app that is measured, file by file: an app of its own, so that no sample is slow or quick by accident of this.
const APP: [(&str, &str); 5] = [
    ("host.json", include_str!("app/host.json")),
    ("handler.mjs", include_str!("app/handler.mjs")),
    ("hello/function.json", include_str!("app/hello/function.json")),
    ("upload/function.json", include_str!("app/upload/function.json")),
    ("where/function.json", include_str!("app/where/function.json")),
];

/// What the host adds to every request that it forwards. To read it costs the handler time, which is not the host's.
const HOST_HEADERS: [(&str, &str); 3] = [
    ("X-Azure-Functions-HostVersion", "4.1054.0.0"),
    ("X-Azure-Functions-InvocationId", "$request_id"),
    ("User-Agent", "Azure-Functions-Host/4.1054.0.0"),
];

/// Settings of mini-host, as names and values.
type Settings = &'static [(&'static str, &'static str)];

const FORWARDING: Settings = &[("AzureFunctionsJobHost__Logging__LogLevel__Default", "Warning")];
const FORWARDING_AND_LOGGING: Settings = &[];
const DEFAULT_MODE: Settings = &[
    ("AzureFunctionsJobHost__Logging__LogLevel__Default", "Warning"),
    ("AzureFunctionsJobHost__CustomHandler__EnableForwardingHttpRequest", "false"),
];

/// The mini-hosts that answer in every round beside the one that is compared with nginx: name and settings. Another mode of
/// the host gets a line here.
const OTHER_MODES: [(&str, Settings); 2] =
    [("mini-host, log level Information", FORWARDING_AND_LOGGING), (MINI_HOST_DEFAULT_MODE, DEFAULT_MODE)];

/// Measures mini-host and prints the tables.
///
/// # Errors
/// When something that is measured does not start or does not answer.
pub fn host(project: &Project, program: Option<&Path>, rounds: usize, report: &Report) -> Result<u8> {
    let program = match program {
        Some(program) => program.canonicalize().with_context(|| format!("there is no `{}`", program.display()))?,
        None => mini_host::build(project)?,
    };
    let folder = tempfile::tempdir().context("cannot make a folder for the app")?;
    let app = folder.path().join("app");
    for (name, text) in APP {
        project.shell().write_file(app.join(name), text)?;
    }
    let bench = Run { program, app, folder: folder.path(), path: search_path(project), rounds, report };
    let starts = bench.starts()?;
    anstream::println!("{}", table::starts(&starts));
    let bodies = bench.bodies()?;
    anstream::println!("{}", table::bodies(&bodies));
    match Wrk::find(&bench.path, folder.path())? {
        Some(wrk) => {
            let loads = bench.loads(&wrk)?;
            anstream::println!("{}", table::loads(&loads));
            anstream::println!("{}", table::goals(&loads, &starts, &bodies));
        }
        None => report.warn(
            "speed was not measured: `wrk` is not on the PATH\nhint: `apt-get install wrk`, or https://github.com/wg/wrk",
        ),
    }
    Ok(0)
}

struct Run<'a> {
    program: PathBuf,
    app: PathBuf,
    folder: &'a Path,
    path: OsString,
    rounds: usize,
    report: &'a Report,
}

impl Run<'_> {
    fn mini_host(&self, settings: Settings) -> Result<Target> {
        Target::mini_host(&self.program, &self.app, &self.path, settings)
    }

    fn starts(&self) -> Result<Vec<Start>> {
        self.rounds(|| {
            let (_handler, handler_ms) = to_first_answer(|| Target::handler(&self.app, &self.path))?;
            let (host, mini_host_ms) = to_first_answer(|| self.mini_host(FORWARDING))?;
            Ok(Start { handler_ms, mini_host_ms, idle_bytes: host.memory("VmRSS") })
        })
    }

    /// Each body goes to a new mini-host, because the peak of a process never falls.
    fn bodies(&self) -> Result<Vec<Body>> {
        let body = vec![b'x'; BODY_BYTES];
        let modes = [("forwarding", FORWARDING), ("default mode", DEFAULT_MODE)];
        let measure = |settings| {
            let (host, _) = to_first_answer(|| self.mini_host(settings))?;
            let before = host.memory("VmRSS");
            ask::ask(&format!("{}/api/upload", host.url), &body)?;
            let growth = before.zip(host.memory("VmHWM")).map(|(before, peak)| peak - before);
            Ok(growth.map(|growth| growth / BODY_BYTES as f64))
        };
        let of_mode = |(name, settings)| {
            Ok(Body { name, copies: self.rounds(|| measure(settings))?.into_iter().flatten().collect() })
        };
        modes.into_iter().map(of_mode).collect()
    }

    /// Every server is measured in every round, nginx right before mini-host, so that what disturbs one disturbs the other. Both
    /// have the same handler behind them: of two Node processes that do the same, one is often quicker by a tenth.
    fn loads(&self, wrk: &Wrk) -> Result<Vec<Load>> {
        let host = self.mini_host(FORWARDING)?;
        let handler = ask::ask(&format!("{}/api/where", host.url), &[])?;
        let mut servers = self.nginx(&handler)?;
        servers.push((MINI_HOST, host));
        for (name, settings) in OTHER_MODES {
            servers.push((name, self.mini_host(settings)?));
        }
        let alone = Measurement { name: "handler alone", url: format!("{handler}{HELLO}"), server: None };
        let of_servers = servers.iter().map(|(name, server)| Measurement {
            name,
            url: format!("{}{HELLO}", server.url),
            server: Some(server),
        });
        let measurements: Vec<Measurement> = std::iter::once(alone).chain(of_servers).collect();
        for measurement in measurements.iter().cycle().take(WARM_UP_ROUNDS * measurements.len()) {
            // Node compiles what is used often; that is not to be measured.
            wrk.measure(&measurement.url, WARM_UP_CONNECTIONS)?;
        }
        let mut loads: Vec<Load> = measurements
            .iter()
            .map(|measurement| Load { name: measurement.name, measured: Default::default() })
            .collect();
        self.rounds(|| {
            for (at, connections) in CONNECTIONS.into_iter().enumerate() {
                for (measurement, load) in measurements.iter().zip(&mut loads) {
                    load.measured[at].push(measurement.take(wrk, connections)?);
                }
            }
            Ok(())
        })?;
        Ok(loads)
    }

    /// nginx as it comes, and nginx that gives the handler as much to read as mini-host does. None if there is no nginx.
    fn nginx(&self, upstream: &str) -> Result<Vec<(&'static str, Target)>> {
        let Some(program) = command::find("nginx", self.folder, &self.path) else {
            let text = "there is no nginx to compare with: it is not on the PATH\nhint: `apt-get install nginx-light`";
            self.report.warn(text);
            return Ok(Vec::new());
        };
        let kinds: [(_, _, &[_]); 2] = [(NGINX_WITH_HEADERS, "headers", &HOST_HEADERS), (NGINX, "plain", &[])];
        let start =
            |(name, dir, headers)| Ok((name, Target::nginx(&program, &self.folder.join(dir), upstream, headers)?));
        kinds.into_iter().map(start).collect()
    }

    fn rounds<T>(&self, mut measure: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
        let rounds = (0..self.rounds).map(|_| {
            anyhow::ensure!(!interrupt::happened(), "stopped by Ctrl-C");
            measure()
        });
        rounds.collect()
    }
}

/// What is asked in every round.
struct Measurement<'a> {
    name: &'static str,
    url: String,
    /// Whose processor time is counted; the handler alone is not a process of ours.
    server: Option<&'a Target>,
}

impl Measurement<'_> {
    fn take(&self, wrk: &Wrk, connections: usize) -> Result<Measured> {
        let cpu_us = || self.server.and_then(Target::cpu_us);
        let before = cpu_us();
        let measured = wrk.measure(&self.url, connections)?;
        let used = before.zip(cpu_us()).map(|(before, after)| after - before);
        // More requests than an `f64` counts exactly take centuries.
        #[expect(clippy::cast_precision_loss, reason = "a count of some seconds")]
        let requests = measured.requests as f64;
        Ok(Measured { cpu_us: used.map(|used| used / requests), ..measured })
    }
}

/// Starts a server, and how many milliseconds passed until it had answered for the first time.
fn to_first_answer(start: impl FnOnce() -> Result<Target>) -> Result<(Target, f64)> {
    let started = Instant::now();
    let server = start()?;
    ask::ask(&format!("{}{HELLO}", server.url), &[])?;
    Ok((server, started.elapsed().as_secs_f64() * 1e3))
}

/// Where programs are: as everywhere, and where Debian keeps nginx, which is not on everybody's `PATH`.
fn search_path(project: &Project) -> OsString {
    let mut path = toolchain::path(project);
    path.push(":/usr/sbin");
    path
}
