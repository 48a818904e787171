//! How fast and how small mini-host is, beside its handler alone and beside nginx, all in the same run: absolute figures move
//! between machines, and from minute to minute on a busy one.

mod ask;
mod events;
mod load;
mod server;
mod spread;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::place::mini_host;
use crate::process::{command, interrupt, run};
use crate::project::Project;
use crate::report::Report;
use crate::{print, status, toolchain};
use load::{
    Body, CONNECTIONS, Load, MINI_HOST, MINI_HOST_DEFAULT_MODE, MINI_HOST_PROXYING, Measured, NGINX,
    NGINX_LIKE_PROXYING, Start, Wrk,
};
use server::Target;

const WARM_UP_CONNECTIONS: usize = 16;
/// How many rounds are not counted.
const WARM_UP_ROUNDS: usize = 3;
/// The body whose way through mini-host is measured.
const BODY_BYTES: usize = 20 * 1024 * 1024;
/// What `hello` is called everywhere.
const HELLO: &str = "/api/hello";
/// A stream of events that ends after the second one.
const EVENTS: &str = "/api/events";

/// The app that is measured, file by file: an app of its own, so that no sample is slow or quick by accident of this.
const APP: [(&str, &str); 6] = [
    ("host.json", include_str!("app/host.json")),
    ("handler.mjs", include_str!("app/handler.mjs")),
    ("events/function.json", include_str!("app/events/function.json")),
    ("hello/function.json", include_str!("app/hello/function.json")),
    ("upload/function.json", include_str!("app/upload/function.json")),
    ("where/function.json", include_str!("app/where/function.json")),
];

/// What the host adds to every request that it proxies. To read it costs the handler time, which is not the host's.
const PROXY_HEADERS: [(&str, &str); 6] = [
    ("X-Azure-Functions-HostVersion", "4.1054.0.0"),
    ("X-Azure-Functions-InvocationId", "$request_id"),
    ("x-ms-invocation-id", "$request_id"),
    ("X-Forwarded-For", "$remote_addr"),
    ("X-Forwarded-Host", "$http_host"),
    ("X-Forwarded-Proto", "$scheme"),
];

/// Settings of mini-host, as names and values.
type Settings = &'static [(&'static str, &'static str)];

const FORWARDING: Settings = &[("AzureFunctionsJobHost__Logging__LogLevel__Default", "Warning")];
const PROXYING: Settings = &[
    ("AzureFunctionsJobHost__Logging__LogLevel__Default", "Warning"),
    ("AzureFunctionsJobHost__CustomHandler__EnableProxyingHttpRequest", "true"),
];
const DEFAULT_MODE: Settings = &[
    ("AzureFunctionsJobHost__Logging__LogLevel__Default", "Warning"),
    ("AzureFunctionsJobHost__CustomHandler__EnableForwardingHttpRequest", "false"),
];

/// Measures mini-host and prints the tables.
pub fn host(project: &Project, program: Option<&Path>, rounds: usize, report: &Report) -> Result<u8> {
    report.keep(&project.report())?;
    let program = match program {
        Some(program) => program.canonicalize().with_context(|| format!("there is no `{}`", program.display()))?,
        None => mini_host::build(project, report)?,
    };
    let folder = run::folder(&project.target())?;
    let app = folder.path().join("app");
    for (name, text) in APP {
        project.shell.write_file(app.join(name), text)?;
    }
    let bench = Bench { program, app, folder: folder.path(), path: search_path(project), rounds, report };
    let starts = bench.starts()?;
    print::out(table::starts(&starts))?;
    let bodies = bench.bodies()?;
    print::out(table::bodies(&bodies))?;
    match Wrk::find(&bench.path, folder.path())? {
        Some(wrk) => {
            let (loads, streams) = bench.loads(&wrk)?;
            print::out(table::loads(&loads, "requests", "p50"))?;
            print::out(table::loads(&streams, "streams", "event"))?;
            print::out(table::goals(&loads, &streams, &starts, &bodies))?;
        }
        None => report.warn(
            "speed was not measured: `wrk` is not on the PATH\nhint: `apt-get install wrk`, or https://github.com/wg/wrk",
        ),
    }
    Ok(status::PASSED)
}

struct Bench<'a> {
    program: PathBuf,
    app: PathBuf,
    folder: &'a Path,
    path: OsString,
    rounds: usize,
    report: &'a Report,
}

impl Bench<'_> {
    fn mini_host(&self, settings: Settings) -> Result<Target> {
        Target::mini_host(&self.program, &self.app, &self.path, settings)
    }

    fn starts(&self) -> Result<Vec<Start>> {
        self.rounds(|| {
            let (_handler, handler_ms) = to_first_answer(|| Target::handler(&self.app, &self.path))?;
            let (host, mini_host_ms) = to_first_answer(|| self.mini_host(FORWARDING))?;
            Ok(Start { handler_ms, mini_host_ms, idle_bytes: host.memory("VmRSS")? })
        })
    }

    /// Each body goes to a new mini-host, because the peak of a process never falls.
    fn bodies(&self) -> Result<Vec<Body>> {
        let body = vec![b'x'; BODY_BYTES];
        let modes = [("forwarding", FORWARDING), ("default mode", DEFAULT_MODE)];
        let measure = |settings| {
            let (host, _) = to_first_answer(|| self.mini_host(settings))?;
            let before = host.memory("VmRSS")?;
            ask::ask(&format!("{}/api/upload", host.url), &body)?;
            Ok((host.memory("VmHWM")? - before) / BODY_BYTES as f64)
        };
        let of_mode = |(name, settings)| Ok(Body { name, copies: self.rounds(|| measure(settings))? });
        modes.into_iter().map(of_mode).collect()
    }

    /// What wrk found, and what streams of events did. nginx has the same handler behind it as the mini-host that it is compared
    /// with: of two Node processes that do the same, one is often quicker by a tenth.
    fn loads(&self, wrk: &Wrk) -> Result<(Vec<Load>, Vec<Load>)> {
        let forwarding = self.mini_host(FORWARDING)?;
        let handler = handler_of(&forwarding)?;
        let mut servers = self.nginx(NGINX, &handler, &[])?;
        servers.push((MINI_HOST, forwarding));
        let proxying = self.mini_host(PROXYING)?;
        let mut streaming = self.nginx(NGINX_LIKE_PROXYING, &handler_of(&proxying)?, &PROXY_HEADERS)?;
        streaming.push((MINI_HOST_PROXYING, proxying));
        let default_mode = (MINI_HOST_DEFAULT_MODE, self.mini_host(DEFAULT_MODE)?);

        let mut asked = vec![Measurement { name: "handler alone", url: format!("{handler}{HELLO}"), server: None }];
        let servers = servers.iter().chain(&streaming).chain([&default_mode]);
        asked.extend(servers.map(|server| Measurement::of(server, HELLO)));
        let streams: Vec<Measurement> = streaming.iter().map(|server| Measurement::of(server, EVENTS)).collect();
        let loads = self.measured(&asked, |url, connections| wrk.measure(url, connections))?;
        Ok((loads, self.measured(&streams, events::measure)?))
    }

    /// Every server is measured in every round, nginx right before mini-host, so that what disturbs one disturbs the other.
    fn measured(
        &self,
        measurements: &[Measurement<'_>],
        measure: impl Fn(&str, usize) -> Result<Measured>,
    ) -> Result<Vec<Load>> {
        for measurement in measurements.iter().cycle().take(WARM_UP_ROUNDS * measurements.len()) {
            // Node compiles what is used often; that is not to be measured.
            measure(&measurement.url, WARM_UP_CONNECTIONS)?;
        }
        let unmeasured = |measurement: &Measurement<'_>| Load { name: measurement.name, measured: Default::default() };
        let mut loads: Vec<Load> = measurements.iter().map(unmeasured).collect();
        self.rounds(|| {
            for (at, connections) in CONNECTIONS.into_iter().enumerate() {
                for (measurement, load) in measurements.iter().zip(&mut loads) {
                    load.measured[at].push(measurement.take(|url| measure(url, connections))?);
                }
            }
            Ok(())
        })?;
        Ok(loads)
    }

    /// nginx before this handler, which adds these headers. None if there is no nginx.
    fn nginx(&self, name: &'static str, upstream: &str, headers: &[(&str, &str)]) -> Result<Vec<Named>> {
        let Some(program) = command::find("nginx", self.folder, &self.path) else {
            let text = "there is no nginx to compare with: it is not on the PATH\nhint: `apt-get install nginx-light`";
            self.report.warn(text);
            return Ok(Vec::new());
        };
        let dir = self.folder.join(name);
        Ok(vec![(name, Target::nginx(&program, &dir, upstream, headers)?)])
    }

    fn rounds<T>(&self, mut measure: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
        let rounds = (0..self.rounds).map(|_| {
            anyhow::ensure!(!interrupt::happened(), "stopped by Ctrl-C");
            measure()
        });
        rounds.collect()
    }
}

/// A server and what the tables call it.
type Named = (&'static str, Target);

/// What is asked in every round.
struct Measurement<'a> {
    name: &'static str,
    url: String,
    /// Whose processor time is counted; the handler alone is not a process of ours.
    server: Option<&'a Target>,
}

impl<'a> Measurement<'a> {
    fn of((name, server): &'a Named, path: &str) -> Self {
        Self { name, url: format!("{}{path}", server.url), server: Some(server) }
    }

    fn take(&self, measure: impl FnOnce(&str) -> Result<Measured>) -> Result<Measured> {
        let cpu_us = || self.server.map(Target::cpu_us).transpose();
        let before = cpu_us()?;
        let measured = measure(&self.url)?;
        let cpu_us = before.zip(cpu_us()?).map(|(before, after)| (after - before) / measured.requests as f64);
        Ok(Measured { cpu_us, ..measured })
    }
}

/// Where the handler behind a mini-host listens.
fn handler_of(host: &Target) -> Result<String> {
    ask::ask(&format!("{}/api/where", host.url), &[])
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
