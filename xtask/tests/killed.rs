//! Killed at random moments, and the next run leaves nothing: `cargo test -p xtask --test killed -- --ignored`.
//! `XTASK_KILLS` says how often, `XTASK_KILLED_SAMPLE` which sample, `XTASK_KILLS_SEED` which moments.

#![expect(clippy::unwrap_used, reason = "clippy takes only the tests themselves for tests, not what they share")]

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder};
use rand::{RngExt, SeedableRng};

/// What the next run has killed may take a moment to end.
const STRAGGLER_LIMIT: Duration = Duration::from_secs(30);
/// What every container and network of a run has; it names the process.
const RUN_LABEL: &str = "functions-custom-handlers.run";
/// Everything that a run starts inherits this variable.
const MARK: &str = "XTASK_KILLED_TEST";

#[test]
#[ignore = "takes minutes"]
fn a_smoke_that_was_killed_leaves_nothing_after_the_next_run() {
    Trial::new("smoke", &[]).kill_over_and_over();
}

#[test]
#[ignore = "needs a container engine and takes minutes"]
fn a_run_in_containers_that_was_killed_leaves_nothing_after_the_next_run() {
    Trial::new("docker", &["--base", "local"]).kill_over_and_over();
}

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

/// One verb, killed and run again.
struct Trial {
    arguments: Vec<String>,
    sample: String,
    mark: String,
    engine: Option<Engine>,
    /// What was left aside before the first run, perhaps by a driver that named it otherwise.
    aside: HashSet<PathBuf>,
    /// The process numbers of its runs.
    runs: HashSet<u32>,
    /// The sockets that its runs listened on, by inode: a number that is used again is another socket.
    sockets: HashSet<u64>,
}

impl Trial {
    fn new(verb: &str, options: &[&str]) -> Trial {
        let sample = setting("XTASK_KILLED_SAMPLE", "node");
        let arguments = [verb, &sample].iter().chain(options).map(ToString::to_string).collect();
        let mark = format!("{verb}-{}", std::process::id());
        let engine = (verb == "docker").then(Engine::connect);
        Trial {
            arguments,
            sample,
            mark,
            engine,
            aside: aside().collect(),
            runs: HashSet::new(),
            sockets: HashSet::new(),
        }
    }

    fn kill_over_and_over(&mut self) {
        let kills: u32 = setting("XTASK_KILLS", "10").parse().unwrap();
        let seed: u64 = setting("XTASK_KILLS_SEED", "1").parse().unwrap();
        let mut random = rand::rngs::StdRng::seed_from_u64(seed);
        // The first run may have images to make.
        self.run_to_the_end(&[]);
        let begun = Instant::now();
        self.run_to_the_end(&[]);
        let length = begun.elapsed();
        println!("{kills} times within {length:?}, seed {seed}");
        for kill in 1..=kills {
            let moment = length.mul_f64(random.random_range(0.0..1.0));
            let mut child = self.start(&[]);
            std::thread::sleep(moment);
            self.remember_sockets();
            child.kill().unwrap();
            child.wait().unwrap();
            let left = self.processes().len();
            self.run_to_the_end(&["--only", "hello"]);
            self.assert_nothing_is_left();
            println!("{kill}: killed after {moment:?} with {left} processes alive; nothing is left after the next run");
        }
        println!("{} sockets were seen", self.sockets.len());
    }

    fn run_to_the_end(&mut self, more: &[&str]) {
        let status = self.start(more).wait().unwrap();
        assert!(status.success(), "`{}`: {status}", self.arguments.join(" "));
    }

    /// Starts a run that has something to build: its sample's record is gone.
    fn start(&mut self, more: &[&str]) -> Child {
        let _ = fs::remove_file(target().join("stage").join(format!("{}.json", self.sample)));
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(&self.arguments).args(more).env(MARK, &self.mark).process_group(0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.runs.insert(child.id());
        child
    }

    fn assert_nothing_is_left(&self) {
        let begun = Instant::now();
        let is_over = |left: &[String]| left.is_empty() || begun.elapsed() > STRAGGLER_LIMIT;
        let left = loop {
            let left = self.left();
            if is_over(&left) {
                break left;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(left.is_empty(), "left after the next run: {left:#?}");
    }

    fn left(&self) -> Vec<String> {
        let processes = self.processes().into_iter().map(|process| format!("process {}", command_line(&process)));
        let listening = listening();
        let sockets = self.sockets.iter().filter(|socket| listening.contains_key(socket));
        let sockets = sockets.map(|socket| format!("port {}", listening[socket]));
        let engine = self.engine.iter().flat_map(|engine| engine.left(&self.runs));
        processes.chain(sockets).chain(engine).chain(self.scratch()).collect()
    }

    /// The folders of these runs, and what was made aside and not put in its place.
    fn scratch(&self) -> impl Iterator<Item = String> {
        let of_run = |name: &str| process_of_run(name).is_some_and(|process| self.runs.contains(&process));
        let runs = names(&target().join("run")).into_iter().filter(move |name| of_run(name));
        let aside = aside().filter(|path| !self.aside.contains(path)).map(|path| path.display().to_string());
        runs.chain(aside).map(|name| format!("folder {name}"))
    }

    fn processes(&self) -> Vec<PathBuf> {
        let wanted = format!("{MARK}={}", self.mark);
        let marked =
            |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.filter(|process| fs::read(process.join("environ")).is_ok_and(marked)).collect()
    }

    fn remember_sockets(&mut self) {
        let listening = listening();
        let files =
            self.processes().into_iter().flat_map(|process| fs::read_dir(process.join("fd")).into_iter().flatten());
        let links = files.flatten().filter_map(|file| Some(fs::read_link(file.path()).ok()?.display().to_string()));
        let held = links.filter_map(|link| link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
        self.sockets.extend(held.filter(|inode: &u64| listening.contains_key(inode)));
        let published: HashSet<u16> = self.engine.iter().flat_map(|engine| engine.published(&self.runs)).collect();
        self.sockets.extend(listening.iter().filter(|(_, port)| published.contains(port)).map(|(inode, _)| *inode));
    }
}

/// What was made aside, and not put in its place.
fn aside() -> impl Iterator<Item = PathBuf> {
    let folders = ["stage", "npm", "toolchains"].map(|folder| target().join(folder));
    folders.into_iter().flat_map(|folder| {
        let hidden = names(&folder).into_iter().filter(|name| name.starts_with('.'));
        hidden.map(|name| folder.join(name)).collect::<Vec<_>>()
    })
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A run is written as `machine.boot.process.start`.
fn process_of_run(run: &str) -> Option<u32> {
    run.split('.').nth(2)?.parse().ok()
}

fn command_line(process: &Path) -> String {
    fs::read_to_string(process.join("cmdline")).unwrap_or_default().replace('\0', " ")
}

/// The sockets of this machine that listen: inode and port. See proc_net_tcp(5).
fn listening() -> HashMap<u64, u16> {
    const LISTENS: &str = "0A";
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = u16::from_str_radix(fields.get(1)?.rsplit_once(':')?.1, 16).ok()?;
        (*fields.get(3)? == LISTENS).then_some((fields.get(9)?.parse().ok()?, port))
    };
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|file| fs::read_to_string(file).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().filter_map(socket)).collect()
}

/// The container engine, asked without the driver.
struct Engine {
    docker: Docker,
    runtime: tokio::runtime::Runtime,
}

impl Engine {
    fn connect() -> Engine {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connected = async { Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap() };
        Engine { docker: runtime.block_on(connected), runtime }
    }

    fn containers(&self, runs: &HashSet<u32>) -> Vec<bollard::models::ContainerSummary> {
        let options = ListContainersOptionsBuilder::default().all(true).filters(&labelled()).build();
        let containers = self.runtime.block_on(self.docker.list_containers(Some(options))).unwrap();
        containers.into_iter().filter(|container| is_of(container.labels.as_ref(), runs)).collect()
    }

    /// The ports of this machine that lead to containers of some runs.
    fn published(&self, runs: &HashSet<u32>) -> Vec<u16> {
        let ports = self.containers(runs).into_iter().flat_map(|container| container.ports.unwrap_or_default());
        ports.filter_map(|port| port.public_port).collect()
    }

    fn left(&self, runs: &HashSet<u32>) -> Vec<String> {
        let names = self.containers(runs).into_iter().flat_map(|container| container.names.unwrap_or_default());
        let options = ListNetworksOptionsBuilder::default().filters(&labelled()).build();
        let networks = self.runtime.block_on(self.docker.list_networks(Some(options))).unwrap();
        let networks = networks.into_iter().filter(|network| is_of(network.labels.as_ref(), runs));
        let networks = networks.map(|network| format!("network {}", network.name.unwrap_or_default()));
        names.map(|name| format!("container {name}")).chain(networks).collect()
    }
}

fn labelled() -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![RUN_LABEL.to_owned()])])
}

/// Whether a thing of the engine was made by one of these runs: others may be at work beside this test.
fn is_of(labels: Option<&HashMap<String, String>>, runs: &HashSet<u32>) -> bool {
    let run = labels.and_then(|labels| process_of_run(labels.get(RUN_LABEL)?));
    run.is_some_and(|process| runs.contains(&process))
}
