//! Runs the recorder against the `mini-host` binary and reads the comparison.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use crate::recording::Recording;

/// What the comparison says about one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Identical in the canonical form.
    Same,
    /// What differs, line by line.
    Differs(String),
    /// The recorder made nothing for it.
    Missing,
}

/// Hosts that run side by side: most of a replay is waiting.
const JOBS_PER_PROCESSOR: usize = 3;

/// The whole of the recordings that are not slow must be replayed within this time.
const REPLAY_LIMIT_SECONDS: u64 = 300;

/// What one slow recording may add to it.
const SLOW_RECORDING_LIMIT_SECONDS: u64 = 600;

/// How the names begin that keys have in recordings.
const KEYS: [&str; 4] = ["{{masterKey", "{{hostKey", "{{systemKey", "{{functionKey"];

/// How often the recorder is asked whether it has ended.
const POLL_MILLISECONDS: u64 = 100;

/// The oldest Node that runs the recorder.
const NODE_MAJOR: u32 = 20;

/// Replays the chosen recordings and says of each how it compares.
pub fn replay(
    golden: &Path,
    chosen: &[&Recording],
    storage: Option<&str>,
) -> Result<BTreeMap<String, Verdict>, String> {
    check_node()?;
    let work = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .map_err(|error| format!("cannot make a directory: {error}"))?;
    // A build that goes on meanwhile does not change what is replayed.
    let binary = work.path().join("mini-host");
    std::fs::copy(env!("CARGO_BIN_EXE_mini-host"), &binary)
        .map_err(|error| format!("cannot copy `mini-host`: {error}"))?;
    let recorder = Recorder { golden, binary, storage, deadline: Instant::now() + limit(chosen) };
    let first = work.path().join("first");
    recorder.record(chosen, &first, processors() * JOBS_PER_PROCESSOR)?;
    let mut verdicts = compare(golden, chosen, &first)?;
    // Waits in recordings were measured on a machine that did nothing else. What differs is replayed once more, with less beside
    // it, and said so: a difference that stays is one.
    let again: Vec<_> =
        chosen.iter().copied().filter(|recording| verdicts.get(&recording.id) != Some(&Verdict::Same)).collect();
    if !again.is_empty() {
        let second = work.path().join("second");
        if let Err(error) = recorder.record(&again, &second, processors()) {
            println!("not all that differs was replayed again: {error}");
        }
        for (id, verdict) in compare(golden, &again, &second)? {
            if verdict == Verdict::Same {
                println!("identical only when replayed again: {id}");
                verdicts.insert(id, verdict);
            }
        }
    }
    Ok(verdicts)
}

fn limit(chosen: &[&Recording]) -> Duration {
    let slow = chosen.iter().filter(|recording| recording.is_slow()).count();
    Duration::from_secs(REPLAY_LIMIT_SECONDS + slow as u64 * SLOW_RECORDING_LIMIT_SECONDS)
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn check_node() -> Result<(), String> {
    let hint = format!("hint: install Node {NODE_MAJOR} or newer; the recordings are replayed by a Node program");
    let output = Command::new("node")
        .arg("--version")
        .output()
        .map_err(|error| format!("cannot run `node`: {error}\n{hint}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => Err(format!("`node --version` says `{version}`\n{hint}")),
    }
}

/// The recorder, and what it replays against.
struct Recorder<'a> {
    golden: &'a Path,
    binary: PathBuf,
    storage: Option<&'a str>,
    deadline: Instant,
}

impl Recorder<'_> {
    fn record(&self, chosen: &[&Recording], out: &Path, jobs: usize) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("cannot run the recorder: {error}");
        std::fs::create_dir_all(out).map_err(failed)?;
        let log_path = out.with_extension("log");
        let log = File::create(&log_path).map_err(failed)?;
        let mut command = Command::new("node");
        command
            .arg(self.golden.join("recorder/record.mjs"))
            .arg("--from")
            .arg(self.golden.join("recordings"))
            // The variable names the app as the images do: then nothing local is added.
            .args([
                "--host",
                &format!("env AzureWebJobsScriptRoot='{{app}}' '{}' {{app}} --port {{port}}", self.binary.display()),
            ])
            .arg("--out")
            .arg(out)
            .args(["--only", &pattern(chosen), "--jobs", &jobs.to_string(), "--with", "slow"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log);
        if let Some(storage) = self.storage {
            command.args(["--storage", storage]).arg("--extensions").arg(extensions(out)?);
        }
        let left = self.deadline.saturating_duration_since(Instant::now()).as_secs();
        eprintln!("replaying {} recordings, {jobs} hosts at a time, {left} s at most", chosen.len());
        let started = Instant::now();
        let status = self.wait(command.spawn().map_err(failed)?, &log_path)?;
        eprintln!("replayed in {:.1} s", started.elapsed().as_secs_f32());
        let text = std::fs::read_to_string(&log_path).unwrap_or_default();
        for line in text.lines().filter(|line| line.starts_with("  ! ")) {
            eprintln!("recorder: {}", line.trim());
        }
        if !status.success() {
            return Err(format!("the recorder ended with {status}\n{}", tail(&log_path)));
        }
        match logs(out).find(|line| KEYS.iter().any(|key| line.contains(key))) {
            Some(line) => Err(format!("a key of the recorder stands in the log of a host:\n{line}")),
            None => Ok(()),
        }
    }

    fn wait(&self, mut recorder: Child, log: &Path) -> Result<ExitStatus, String> {
        let failed = |error: std::io::Error| format!("cannot wait for the recorder: {error}");
        loop {
            if let Some(status) = recorder.try_wait().map_err(failed)? {
                return Ok(status);
            }
            if Instant::now() > self.deadline {
                // Not killed outright: the recorder ends the hosts that it started.
                let _ = Command::new("kill").args(["-TERM", &recorder.id().to_string()]).status();
                let _ = recorder.wait();
                return Err(format!("the recorder was not done within {REPLAY_LIMIT_SECONDS} s\n{}", tail(log)));
            }
            std::thread::sleep(Duration::from_millis(POLL_MILLISECONDS));
        }
    }
}

/// The recorder copies this into the `bin` directory of apps that need the storage extension: to the host it says that queue and
/// blob bindings are installed.
fn extensions(out: &Path) -> Result<PathBuf, String> {
    let directory = out.with_extension("extensions");
    std::fs::create_dir_all(&directory)
        .and_then(|()| std::fs::write(directory.join("extensions.json"), r#"{"extensions":[]}"#))
        .map_err(|error| format!("cannot write `{}`: {error}", directory.display()))?;
    Ok(directory)
}

fn compare(golden: &Path, chosen: &[&Recording], out: &Path) -> Result<BTreeMap<String, Verdict>, String> {
    let output = Command::new("node")
        .arg(golden.join("recorder/compare.mjs"))
        .arg(golden.join("recordings"))
        .arg(out)
        .args(["--only", &pattern(chosen)])
        .output()
        .map_err(|error| format!("cannot run the comparison: {error}"))?;
    let verdicts = read_comparison(&String::from_utf8_lossy(&output.stdout));
    if verdicts.is_empty() { Err(failed_comparison(&output)) } else { Ok(verdicts) }
}

fn failed_comparison(output: &Output) -> String {
    format!("the comparison ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr))
}

/// What hosts have logged.
fn logs(out: &Path) -> impl Iterator<Item = String> {
    let files = std::fs::read_dir(out).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let recordings = texts.filter_map(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    recordings.flat_map(|recording| {
        let lines = recording["log"].as_array().cloned().unwrap_or_default();
        lines.into_iter().filter_map(|line| line.as_str().map(str::to_owned)).collect::<Vec<_>>()
    })
}

/// `same     ID`, `missing  ID  title`, or `differs  ID  title` with indented lines below it.
fn read_comparison(text: &str) -> BTreeMap<String, Verdict> {
    let mut verdicts = BTreeMap::new();
    let mut differing: Option<String> = None;
    for line in text.lines() {
        if let Some(id) = differing.as_ref().filter(|_| line.starts_with("    ")) {
            if let Some(Verdict::Differs(details)) = verdicts.get_mut(id) {
                details.push_str(line);
                details.push('\n');
            }
            continue;
        }
        differing = None;
        let mut words = line.split_whitespace();
        let (Some(word), Some(id)) = (words.next(), words.next()) else { continue };
        let verdict = match word {
            "same" => Verdict::Same,
            "missing" => Verdict::Missing,
            "differs" => {
                differing = Some(id.to_owned());
                Verdict::Differs(String::new())
            }
            _ => continue,
        };
        verdicts.insert(id.to_owned(), verdict);
    }
    verdicts
}

/// A JavaScript regular expression that matches the chosen ids and nothing else.
fn pattern(chosen: &[&Recording]) -> String {
    let ids: Vec<_> = chosen.iter().map(|recording| recording.id.replace('.', "\\.")).collect();
    format!("^({})$", ids.join("|"))
}

fn tail(log: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
