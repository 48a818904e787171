//! Killed at random moments, and nothing is left: `cargo test -p xtask --test killed -- --ignored`.

#![expect(clippy::unwrap_used, reason = "clippy takes only the tests themselves for tests, not what they share")]

use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder};
use rand::{RngExt, SeedableRng};

/// Runs are killed before this has passed: long enough to be in the middle of cases.
const LATEST_KILL_MILLISECONDS: u64 = 9_000;
/// Children of a killed run end by themselves, at the latest after so long.
const STRAGGLER_LIMIT: Duration = Duration::from_secs(60);
/// What every container and network of a run has.
const RUN_LABEL: &str = "functions-custom-handlers.run";
/// Every process a run starts inherits this variable.
const MARK: &str = "XTASK_SELFTEST_MARK";

#[test]
#[ignore = "needs a container engine and takes minutes"]
fn killed_at_random_moments_the_next_run_leaves_nothing_behind() {
    let setting = |name: &str, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.to_owned());
    let runs: u32 = setting("XTASK_SELFTEST_RUNS", "30").parse().unwrap();
    let seed: u64 = setting("XTASK_SELFTEST_SEED", "1").parse().unwrap();
    let (sample, base) = (setting("XTASK_SELFTEST_SAMPLE", "node"), setting("XTASK_SELFTEST_BASE", "local"));
    let mark = format!("{}-{seed}", std::process::id());
    let start = || start(&sample, &base, &mark);
    println!("seed {seed}, {runs} runs");
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    for run in 1..=runs {
        let moment = Duration::from_millis(random.random_range(0..LATEST_KILL_MILLISECONDS));
        let mut child = start();
        std::thread::sleep(moment);
        child.kill().unwrap();
        child.wait().unwrap();
        println!("run {run} killed after {moment:?}");
    }
    let status = start().wait().unwrap();
    assert!(status.success(), "the run after them failed: {status}");
    assert_eq!(left_in_engine(), Vec::<String>::new());
    assert_eq!(left_in_scratch(), Vec::<PathBuf>::new());
    let begun = Instant::now();
    while !left_running(&mark).is_empty() {
        assert!(begun.elapsed() < STRAGGLER_LIMIT, "still running: {:?}", left_running(&mark));
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn start(sample: &str, base: &str, mark: &str) -> Child {
    let program = env!("CARGO_BIN_EXE_xtask");
    let mut command = Command::new(program);
    command.args(["docker", sample, "--base", base]).env(MARK, mark).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn left_in_engine() -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let docker = Docker::connect_with_defaults().unwrap().negotiate_version().await.unwrap();
        let label = HashMap::from([("label".to_owned(), vec![RUN_LABEL.to_owned()])]);
        let containers = ListContainersOptionsBuilder::default().all(true).filters(&label).build();
        let containers = docker.list_containers(Some(containers)).await.unwrap();
        let networks = ListNetworksOptionsBuilder::default().filters(&label).build();
        let networks = docker.list_networks(Some(networks)).await.unwrap();
        let names = containers.into_iter().flat_map(|container| container.names.unwrap_or_default());
        names.chain(networks.into_iter().filter_map(|network| network.name)).collect()
    })
}

fn left_in_scratch() -> Vec<PathBuf> {
    let scratch = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/run");
    std::fs::read_dir(scratch).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn left_running(mark: &str) -> Vec<String> {
    let wanted = format!("{MARK}={mark}");
    let marked = |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let alive = processes.filter(|process| std::fs::read(process.join("environ")).is_ok_and(marked));
    alive
        .map(|process| std::fs::read_to_string(process.join("cmdline")).unwrap_or_default().replace('\0', " "))
        .collect()
}
