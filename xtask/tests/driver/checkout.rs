//! A checkout of its own, with samples of shell scripts, and what the driver says in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A checkout of its own.
pub struct Checkout(tempfile::TempDir);

impl Checkout {
    pub fn new() -> Checkout {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("samples")).unwrap();
        fs::create_dir_all(root.path().join("xtask")).unwrap();
        Checkout(root)
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        // Whole, as editors write: who watches sees no half of it.
        let aside = self.path("aside");
        fs::write(&aside, text).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(aside, self.path(file)).unwrap();
    }

    /// A sample whose build copies `handler.sh` to `handler`.
    pub fn sample(&self, name: &str, more: &str) {
        let manifest =
            format!("title = '{name}'\n[build]\nrun = ['cp handler.sh handler']\n[stage]\nhandler = 'handler'\n{more}");
        self.write(&format!("samples/{name}/sample.toml"), &manifest);
        self.write(&format!("samples/{name}/handler.sh"), "#!/bin/sh\n");
        self.write(&format!("samples/{name}/.gitignore"), "/handler\n");
        self.write(&format!("samples/{name}/hello/function.json"), "{}");
        let host = r#"{"customHandler": {"description": {"defaultExecutablePath": "handler"}}}"#;
        self.write(&format!("samples/{name}/host.json"), host);
    }

    /// Instead of the host, a program of this source.
    pub fn mini_host(&self, main: &str) {
        let package = "[package]\nname = 'mini-host'\nversion = '0.1.0'\nedition = '2024'\n[workspace]\n";
        self.write("Cargo.toml", package);
        self.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"mini-host\"\nversion = \"0.1.0\"\n");
        self.write("src/main.rs", main);
    }

    /// A file of the last run's report.
    pub fn report(&self, file: &str) -> String {
        fs::read_to_string(self.path("target/report").join(file)).unwrap()
    }

    /// The events of the last run, each of which is as the schema says.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let schema = serde_json::from_str(&self.report("events.schema.json")).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let lines = self.report("events.ndjson");
        let events: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for event in &events {
            assert_eq!(schema.validate(event).map_err(|error| error.to_string()), Ok(()), "{event}");
        }
        assert!(!schema.is_valid(&serde_json::json!({ "event": "stranger" })));
        events
    }

    /// A contract of one case.
    pub fn contract_of(&self, case: &str) {
        let text = format!(
            "[[function]]\nname = 'hello'\nsummary = 'greets'\n[[function.case]]\nname = '{case}'\n\
             request = {{ method = 'GET', path = '/api/hello' }}\nexpect = {{ status = 200 }}\n"
        );
        self.write("samples/contract.toml", &text);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(self.path("samples")).stdin(Stdio::null()).env_remove("XTASK_TOOLCHAINS");
        // An engine of this machine is none of these tests' business: `clean` would remove what others have in it.
        command.env("DOCKER_HOST", format!("unix://{}", self.path("no-engine.sock").display()));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }
}

/// An account that nobody answers for: what is asked here stores nothing.
pub const ACCOUNT: &str =
    "BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=a2V5";

/// A host that has an answer to everything.
pub const HOST: &str = r#"
use std::io::{BufRead, BufReader, Read, Write};
fn main() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    println!("Listening on http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut length) = (String::new(), 0);
        while lines.read_line(&mut line).unwrap() > 2 {
            length = line.to_lowercase().strip_prefix("content-length: ").map_or(length, |value| value.trim().parse().unwrap());
            line.clear();
        }
        lines.take(length).read_to_end(&mut Vec::new()).unwrap();
        println!("Executed 'Functions.hello'");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    }
}
"#;

pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    pub fn says(&self, text: &str) -> &Ran {
        assert!(self.stderr.contains(text), "no `{text}` in {self:#?}");
        self
    }

    #[track_caller]
    pub fn ends(&self, status: i32, counts: &str) -> &Ran {
        assert_eq!((self.status, self.stdout.lines().last()), (Some(status), Some(counts)), "{self:#?}");
        self
    }
}

pub fn alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[track_caller]
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited 30 s until {what}");
        std::thread::yield_now();
    }
}
