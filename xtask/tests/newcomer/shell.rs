//! A person's shell in a folder: every command has a limit and says what it was, and none leaves a process behind.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

/// A first build fetches and compiles what the sample needs, on a machine that may be busy.
const RUN_LIMIT: Duration = Duration::from_secs(1_200);

pub struct Shell {
    folder: PathBuf,
    path: OsString,
}

impl Shell {
    /// A shell in `folder` that finds the toolchains of the repository, and its mini-host.
    pub fn new(repository: &Path, folder: &Path) -> Result<Shell, String> {
        let toolchains = std::fs::read_dir(repository.join("target/toolchains")).into_iter().flatten().flatten();
        let mut path: Vec<PathBuf> = toolchains.flat_map(|entry| [entry.path().join("bin"), entry.path()]).collect();
        path.extend(Path::new(env!("CARGO_BIN_EXE_xtask")).parent().map(Path::to_path_buf));
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(path).map_err(|error| format!("no PATH can be made: {error}"))?;
        Ok(Shell { folder: folder.to_path_buf(), path })
    }

    /// Runs commands until they have ended well, and returns what they printed.
    pub fn run(&self, commands: &str) -> Result<String, String> {
        let mut running = self.start(commands)?;
        let in_time = running.wait(|now| now.ended.then_some(()));
        let status = running.end();
        // What still holds the streams open has just been killed.
        running.wait(|now| (now.open_streams == 0).then_some(()));
        let (commands, output) = (&running.commands, running.output());
        match (in_time, status) {
            (Some(()), Some(0)) => Ok(output),
            (Some(()), _) => Err(format!("`{commands}` failed\n{output}")),
            (None, _) => Err(format!("`{commands}` was still running after {} s\n{output}", RUN_LIMIT.as_secs())),
        }
    }

    /// Starts commands, the last of which runs until it is ended.
    pub fn start(&self, commands: &str) -> Result<Running, String> {
        let commands = commands.trim_end().to_owned();
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &commands]).current_dir(&self.folder).env("PATH", &self.path).process_group(0);
        shell.env("FUNCTIONS_CUSTOMHANDLER_PORT", "0").env("XDG_STATE_HOME", self.folder.join(".state"));
        // Cargo's words to the program that it runs: they would steer another cargo elsewhere.
        let ours = |name: &str| (name.starts_with("CARGO") && name != "CARGO_HOME") || name.starts_with("RUST");
        let variables = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours));
        variables.for_each(|(name, _)| _ = shell.env_remove(name));
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = shell.spawn().map_err(|error| format!("cannot start `{commands}`: {error}"))?;
        let seen = Arc::new(Seen::default());
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        stdout.into_iter().for_each(|stream| seen.clone().read(stream));
        stderr.into_iter().for_each(|stream| seen.clone().read(stream));
        seen.clone().see_the_end_of(Pid::from_child(&child));
        Ok(Running { commands, child, status: None, seen })
    }
}

/// Commands that run; dropping them ends them and what they have started.
pub struct Running {
    commands: String,
    child: Child,
    /// Its exit status, once it was asked for: from then on its number may be somebody else's.
    status: Option<Option<i32>>,
    seen: Arc<Seen>,
}

impl Running {
    /// What follows `begin` on the first line with it, up to a space.
    pub fn says(&self, begin: &str) -> Result<String, String> {
        let said = self.wait(|now| {
            let line = now.output.split_once(begin).and_then(|(_, rest)| rest.split_once('\n'));
            let word = line.map(|(line, _)| Ok(line.split(' ').next().unwrap_or_default().to_owned()));
            word.or(now.ended.then_some(Err("it has ended")))
        });
        let waited = format!("it runs on, {} s later", RUN_LIMIT.as_secs());
        let said = said.unwrap_or(Err(waited.as_str()));
        said.map_err(|why| format!("`{}` did not say `{begin}`: {why}\n{}", self.commands, self.output()))
    }

    /// What it has printed so far, on both streams.
    pub fn output(&self) -> String {
        self.seen.now().output.clone()
    }

    /// What there is to see before the limit is over.
    fn wait<T>(&self, look: impl Fn(&Now) -> Option<T>) -> Option<T> {
        let unseen = |now: &mut Now| look(now).is_none();
        let waited = self.seen.changed.wait_timeout_while(self.seen.now(), RUN_LIMIT, unseen);
        look(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Ends it and what it has started; its exit status, if it has one.
    fn end(&mut self) -> Option<i32> {
        let Running { child, status, .. } = self;
        *status.get_or_insert_with(|| {
            let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
            child.wait().ok().and_then(|status| status.code())
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// What there is to see of a command, and who waits for more.
#[derive(Default)]
struct Seen {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    output: String,
    open_streams: usize,
    ended: bool,
}

impl Seen {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now());
        self.changed.notify_all();
    }

    fn read(self: Arc<Seen>, stream: impl Read + Send + 'static) {
        self.change(|now| now.open_streams += 1);
        std::thread::spawn(move || {
            let (mut lines, mut line) = (BufReader::new(stream), Vec::new());
            while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                self.change(|now| now.output += &String::from_utf8_lossy(&line));
                line.clear();
            }
            self.change(|now| now.open_streams -= 1);
        });
    }

    fn see_the_end_of(self: Arc<Seen>, child: Pid) {
        std::thread::spawn(move || {
            // Not reaped here: until then the number of its group is its own.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(rustix::process::waitid(WaitId::Pid(child), options), Err(rustix::io::Errno::INTR)) {}
            self.change(|now| now.ended = true);
        });
    }
}
