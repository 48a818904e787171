//! Two runs in one checkout at the same time, over and over: `cargo test -p xtask --test together -- --ignored`.
//! `XTASK_PAIRS` says how often, `XTASK_PAIRS_SAMPLE` with which sample.

#![expect(clippy::unwrap_used, reason = "clippy takes only the tests themselves for tests, not what they share")]

use std::path::Path;
use std::process::{Command, Output};

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn run_pairs(verb: &str, options: &[&str]) {
    let pairs: u32 = setting("XTASK_PAIRS", "10").parse().unwrap();
    let sample = setting("XTASK_PAIRS_SAMPLE", "node");
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../target/stage/{sample}.json"));
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args([verb, &sample, "--only", "hello"]).args(options).output().unwrap()
    };
    for pair in 1..=pairs {
        // In every second pair both find something to build.
        if pair % 2 == 1 {
            let _ = std::fs::remove_file(&record);
        }
        let (one, other) = std::thread::scope(|scope| {
            let other = scope.spawn(run);
            (run(), other.join().unwrap())
        });
        for Output { status, stderr, .. } in [one, other] {
            assert!(status.success(), "pair {pair}: {status}\n{}", String::from_utf8_lossy(&stderr));
        }
    }
}

#[test]
#[ignore = "takes minutes"]
fn two_smokes_do_not_fail_each_other() {
    run_pairs("smoke", &[]);
}

#[test]
#[ignore = "needs a container engine and takes minutes"]
fn two_runs_in_containers_do_not_fail_each_other() {
    run_pairs("docker", &["--base", "local"]);
}
