//! What is measured: the handler by itself, nginx before it, mini-host before it.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::io::FdFlags;

use super::load::CONNECTIONS;
use crate::place::environment;
use crate::place::native::ANNOUNCEMENT;
use crate::process;
use crate::process::command::{self, Command};
use crate::process::server::Server;

/// All of them announce themselves, or listen, well within a second.
const ANNOUNCE_LIMIT: Duration = Duration::from_secs(20);
/// Long enough for requests in flight to end, and for mini-host to end its handler; what is left then is killed.
const STOP_LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Target {
    server: Server,
    /// Whether requests are answered by processes that it starts, as nginx does, and not by itself.
    has_workers: bool,
    /// `http://127.0.0.1:41235`, without a slash at the end.
    pub url: String,
}

impl Target {
    /// The handler without anything before it.
    pub fn handler(app: &Path, path: &OsStr) -> Result<Target> {
        let program = command::find("node", app, path).context(
            "`node` is not on the PATH, and the handler that is measured needs it\nhint: `cargo xtask setup` installs it",
        )?;
        let mut command = Command::new(program);
        command.arg("handler.mjs").current_dir(app).env_remove("FUNCTIONS_CUSTOMHANDLER_PORT");
        announced(command).context("cannot start the handler")
    }

    /// mini-host before the handler, with these settings.
    pub fn mini_host(program: &Path, app: &Path, path: &OsStr, settings: &[(&str, &str)]) -> Result<Target> {
        let mut command = Command::new(program);
        command.arg(app).args(["--port", "0"]);
        environment::scrub(&mut command);
        command
            .env("PATH", path)
            .env("AzureWebJobsScriptRoot", app)
            .env("FUNCTIONS_WORKER_RUNTIME", "custom")
            .envs(settings.iter().copied());
        announced(command).context("cannot start mini-host")
    }

    /// nginx with one worker before `upstream`, adding these headers to what it passes on, its files in `dir`. It is handed a
    /// socket that listens already, in the way in which one nginx hands its sockets to the next, so that no port has to be found
    /// and released.
    pub fn nginx(program: &Path, dir: &Path, upstream: &str, headers: &[(&str, &str)]) -> Result<Target> {
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make `{}`", dir.display()))?;
        let socket = TcpListener::bind("127.0.0.1:0").context("no port for nginx")?;
        let address = socket.local_addr().context("no address of the socket for nginx")?;
        let configuration = dir.join("nginx.conf");
        std::fs::write(&configuration, nginx_configuration(&address.to_string(), upstream, headers))
            .with_context(|| format!("cannot write `{}`", configuration.display()))?;
        rustix::io::fcntl_setfd(&socket, FdFlags::empty()).context("cannot hand a socket over")?;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&socket);
        let mut command = Command::new(program);
        command.arg("-p").arg(dir).arg("-c").arg(&configuration).args(["-e", "stderr"]);
        command.env("NGINX", format!("{descriptor};"));
        let server = Server::start(command, STOP_LIMIT).context("cannot start nginx")?;
        // The socket listens already: a request waits until nginx takes it.
        Ok(Target { server, has_workers: true, url: format!("http://{address}") })
    }

    /// A figure of the process in bytes, such as `VmRSS`, as Linux reports it.
    pub fn memory(&self, figure: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.group.pid.as_raw_nonzero()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')?.trim().strip_suffix(" kB"));
        Ok(line.with_context(|| format!("no `{figure}` of a process"))?.parse::<f64>()? * 1024.0)
    }

    /// The processor time that the server has used so far, in microseconds: its own and that of its workers. The handler
    /// that mini-host started is not a worker.
    pub fn cpu_us(&self) -> Result<f64> {
        let own = self.server.group.pid.as_raw_nonzero().get();
        let workers = if self.has_workers { children(own)? } else { Vec::new() };
        workers.into_iter().chain([own]).map(cpu_us).sum()
    }
}

/// The processor time of a process with all its threads, in microseconds: Linux counts it in nanoseconds for each thread.
fn cpu_us(pid: i32) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let times = std::fs::read_to_string(thread.path().join("schedstat"))?;
        nanoseconds += times.split(' ').next().unwrap_or_default().parse::<f64>()?;
    }
    Ok(nanoseconds / 1e3)
}

/// The processes that a process of one thread has started and that still run (proc(5)).
fn children(pid: i32) -> Result<Vec<i32>> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    children.split_whitespace().map(|child| Ok(child.parse()?)).collect()
}

fn nginx_configuration(address: &str, upstream: &str, headers: &[(&str, &str)]) -> String {
    // With fewer it would open connections to the handler anew, which mini-host need not.
    let [.., most] = CONNECTIONS;
    let added: String =
        headers.iter().map(|(name, value)| format!("        proxy_set_header {name} \"{value}\";\n")).collect();
    include_str!("nginx.conf")
        .replace("@UPSTREAM@", upstream.trim_start_matches("http://"))
        .replace("@CONNECTIONS@", &most.to_string())
        .replace("@ADDRESS@", address)
        .replace("@HEADERS@", &added)
}

/// Starts a server and waits for the line in which it says where it listens.
fn announced(command: Command) -> Result<Target> {
    let mut server = Server::start(command, STOP_LIMIT)?;
    let url = process::runtime()?.block_on(server.announced(ANNOUNCEMENT, ANNOUNCE_LIMIT))?;
    server.log.close();
    Ok(Target { server, has_workers: false, url })
}
