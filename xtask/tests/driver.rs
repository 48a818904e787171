//! The driver as a person meets it: small samples made of shell scripts, the real program, its output and exit status.

#![expect(clippy::unwrap_used, reason = "clippy takes only the tests themselves for tests, not what they share")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A checkout of its own.
struct Checkout(tempfile::TempDir);

impl Checkout {
    fn new() -> Checkout {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("samples")).unwrap();
        fs::create_dir_all(root.path().join("xtask")).unwrap();
        Checkout(root)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), text).unwrap();
        fs::set_permissions(self.path(file), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A sample whose build copies `handler.sh` to `handler`.
    fn sample(&self, name: &str, more: &str) {
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
    fn mini_host(&self, main: &str) {
        let package = "[package]\nname = 'mini-host'\nversion = '0.1.0'\nedition = '2024'\n[workspace]\n";
        self.write("Cargo.toml", package);
        self.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"mini-host\"\nversion = \"0.1.0\"\n");
        self.write("src/main.rs", main);
    }

    /// A file of the last run's report.
    fn report(&self, file: &str) -> String {
        fs::read_to_string(self.path("target/report").join(file)).unwrap()
    }

    /// The events of the last run, each of which is as the schema says.
    fn events(&self) -> Vec<serde_json::Value> {
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
    fn contract_of(&self, case: &str) {
        let text = format!(
            "[[function]]\nname = 'hello'\nsummary = 'greets'\n[[function.case]]\nname = '{case}'\n\
             request = {{ method = 'GET', path = '/api/hello' }}\nexpect = {{ status = 200 }}\n"
        );
        self.write("samples/contract.toml", &text);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).current_dir(self.path("samples")).stdin(Stdio::null()).env_remove("XTASK_TOOLCHAINS");
        // An engine of this machine is none of these tests' business: `clean` would remove what others have in it.
        command.env("DOCKER_HOST", format!("unix://{}", self.path("no-engine.sock").display()));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }
}

/// An account that nobody answers for: what is asked here stores nothing.
const ACCOUNT: &str =
    "BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a;AccountName=a;AccountKey=a2V5";

/// A host that has an answer to everything.
const HOST: &str = r#"
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

/// A watch that runs, and what it has said; it ends with the test, also with one that fails.
struct Watch {
    child: Child,
    log: PathBuf,
}

impl Watch {
    fn begin(checkout: &Checkout) -> Watch {
        let log = checkout.path("log");
        let output = fs::File::create(&log).unwrap();
        let child = checkout.command(&["watch"]).stdout(Stdio::null()).stderr(output).spawn().unwrap();
        Watch { child, log }
    }

    /// How often it has said a text so far.
    fn said(&self, text: &str) -> usize {
        fs::read_to_string(&self.log).unwrap().matches(text).count()
    }

    /// Ends it as a person does.
    fn end(&mut self) {
        signal(&self.child, "-INT");
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // One that has ended has nothing to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[derive(Debug)]
struct Ran {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    fn says(&self, text: &str) -> &Ran {
        assert!(self.stderr.contains(text), "no `{text}` in {self:#?}");
        self
    }

    #[track_caller]
    fn ends(&self, status: i32, counts: &str) -> &Ran {
        assert_eq!((self.status, self.stdout.lines().last()), (Some(status), Some(counts)), "{self:#?}");
        self
    }
}

#[test]
fn what_changed_is_built_and_nothing_else() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["build-all"]).says("never built").ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.run(&["build-all"]).says("up to date (").says(", 5 inputs)").ends(0, "1 passed, 0 failed, 0 skipped");

    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    checkout.write("samples/one/hello/function.json", "{ }");
    checkout.run(&["build-all"]).says("handler.sh changed (+1 more)");
    assert!(fs::read_to_string(checkout.path("target/stage/one/handler")).unwrap().contains("edited"));

    checkout.write("samples/one/new.sh", "");
    checkout.run(&["build-all"]).says("new file new.sh");
    let touched = fs::File::options().append(true).open(checkout.path("samples/one/new.sh")).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    checkout.run(&["build-all"]).says("up to date");
    fs::remove_file(checkout.path("samples/one/new.sh")).unwrap();
    checkout.run(&["build-all"]).says("new.sh is gone");
    fs::remove_file(checkout.path("target/stage/one/handler")).unwrap();
    checkout.run(&["build-all"]).says("staged file gone: handler");
    checkout.write("target/stage/one/handler", "#!/bin/sh\n# by hand\n");
    checkout.run(&["build-all"]).says("staged file edited: handler");
    fs::remove_dir_all(checkout.path("target/stage/one")).unwrap();
    checkout.run(&["build-all"]).says("staged app is gone");
    checkout.run(&["build-all"]).says("up to date");
}

#[test]
fn a_staged_app_is_the_app_and_nothing_else() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["build-all"]);
    let mut names: Vec<String> = fs::read_dir(checkout.path("target/stage/one"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["handler", "hello", "host.json"]);
    let mode = fs::metadata(checkout.path("target/stage/one/handler")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn one_failure_stops_no_other() {
    let checkout = Checkout::new();
    checkout.sample("a-typo", "[imag]\napt = []\n");
    checkout.sample("fails", "");
    checkout.write("samples/fails/sample.toml", "title = 'F'\n[build]\nrun = ['sh fail.sh']\n");
    checkout.write("samples/fails/fail.sh", "echo because of this\nexit 3\n");
    checkout.sample("forgets", "");
    checkout.write("samples/forgets/sample.toml", "title = 'F'\n[stage]\nhandler = 'handler'\n");
    checkout.sample("good", "");
    checkout.sample("lacks", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\nat_least = '2'\n");
    let ran = checkout.run(&["build-all"]);
    ran.says("samples/a-typo/sample.toml:6:2: unknown key `imag`").says("hint: did you mean `image`?");
    ran.says("`sh fail.sh` ended with exit status: 3").says("because of this");
    ran.says("`[stage]` names `handler`, which the build did not make");
    ran.says("needs cobol 2 or newer; found none").says("hint: ");
    ran.ends(1, "1 passed, 3 failed, 1 skipped");
}

#[test]
fn on_github_a_failure_is_annotated_where_it_is() {
    let checkout = Checkout::new();
    checkout.sample("a-typo", "[imag]\napt = []\n");
    let ran = Ran::from(checkout.command(&["build-all"]).env("GITHUB_ACTIONS", "true").output().unwrap());
    ran.says("::error file=samples/a-typo/sample.toml,line=6,title=a-typo (build)::samples/a-typo/sample.toml:6:2: unknown key `imag`%0A");
}

#[test]
fn a_skip_is_a_failure_under_strict_or_when_nothing_is_left() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    checkout.sample("lacks", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    checkout.run(&["build-all"]).ends(0, "1 passed, 0 failed, 1 skipped");
    checkout.run(&["build-all", "--strict"]).ends(1, "1 passed, 0 failed, 1 skipped");
    checkout.run(&["build-all", "lacks"]).ends(1, "0 passed, 0 failed, 1 skipped");
}

#[test]
fn a_person_chooses_how_much_is_said() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    let quiet = checkout.run(&["build-all", "-q"]);
    assert!(!quiet.stderr.contains("never built") && quiet.stderr.contains("good"), "{quiet:?}");
    assert!(checkout.run(&["build-all", "--color", "always"]).stderr.contains("\u{1b}["));
    assert_eq!(checkout.run(&["build-all", "-q", "-v"]).status, Some(2));
}

#[test]
fn nothing_to_work_on_is_no_success() {
    let checkout = Checkout::new();
    let ran = checkout.run(&["build-all"]);
    assert_eq!(ran.says("error: there is no sample\nhint: each is a folder of `samples`").status, Some(1));
}

#[test]
fn nobody_has_to_read_what_is_printed() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let listed = Ran::from(checkout.command(&["list"]).stdout(full()).output().unwrap());
    listed.says("error: cannot write to stdout: No space left on device");
    assert_eq!(listed.status, Some(1));
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    assert_eq!(Ran::from(checkout.command(&["list"]).stdout(closed()).output().unwrap()).status, Some(0));
    for deaf in [full, closed] {
        let built = checkout.command(&["build-all"]).stderr(deaf()).stdout(deaf()).status().unwrap();
        assert_eq!(built.code(), Some(0));
        assert!(checkout.path("target/report/junit.xml").is_file());
    }
}

#[test]
fn wrong_usage_has_status_2() {
    let checkout = Checkout::new();
    checkout.sample("node", "");
    let ran = checkout.run(&["build-all", "nod"]);
    ran.says("error: there is no sample `nod`").says("hint: did you mean `node`?");
    assert_eq!(ran.status, Some(2));
    assert_eq!(checkout.run(&["buidl-all"]).status, Some(2));
    assert_eq!(checkout.run(&["list", "--jsno"]).status, Some(2));
}

#[test]
fn the_list_is_data() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.sample("two", "");
    let ran = checkout.run(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["functions"][0], "hello");
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    checkout.contract_of("answers");
    assert!(checkout.run(&["list", "--matrix"]).stdout.contains("| `hello` | greets | ✓ | ✓ |"));
    let script = checkout.run(&["completion", "bash"]);
    assert!(script.stdout.contains("build-all"));
}

#[test]
fn a_run_leaves_a_report() {
    let checkout = Checkout::new();
    checkout.sample("good", "[test]\nrun = ['sh test.sh']\nresults = 'counts'\n");
    checkout.write("samples/good/test.sh", "echo 2 passed, 1 failed, 1 skipped\nexit 1\n");
    checkout.run(&["test", "good"]).says("good: failed 1").ends(1, "2 passed, 1 failed, 1 skipped");
    assert_eq!(checkout.report("counts"), "2 1 1\n");
    assert!(checkout.report("junit.xml").contains("failed 1"));
    assert!(checkout.report("summary.md").starts_with("**2 passed"));
    assert!(checkout.events().iter().any(|event| event["event"] == "tests-run"));
    let events = checkout.report("events.ndjson");
    assert!(events.starts_with("{\"event\":\"run-begun\",\"version\":1}\n"), "{events}");
    let last = "{\"event\":\"run-done\",\"counts\":{\"passed\":2,\"failed\":1,\"skipped\":1},\"status\":1}";
    assert_eq!(events.lines().last(), Some(last));
}

#[test]
fn every_face_of_a_run_tells_the_same() {
    let checkout = Checkout::new();
    checkout.sample("asked", "[lacks]\ntick = 'no timers'\n");
    checkout.sample("broken", "[imag]\n");
    checkout.sample("skipped", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    checkout.mini_host(HOST);
    let request = "request = { method = 'GET', path = '/' }";
    let invoke = "invoke = { input = '' }";
    checkout.write(
        "samples/contract.toml",
        &format!(
            "[[function]]\nname = 'hello'\nsummary = 'greets'\n\
             [[function.case]]\nname = 'answers'\n{request}\nexpect = {{ status = 200 }}\n\
             [[function.case]]\nname = 'is <not> there'\n{request}\nexpect = {{ status = 404 }}\n\
             [[function.case]]\nname = 'runs'\n{invoke}\nexpect = {{ status = 200, log = ['Executed'] }}\n\
             [[function]]\nname = 'tick'\nsummary = 'ticks'\n\
             [[function.case]]\nname = 'ticks'\n{invoke}\nexpect = {{ status = 200 }}\n"
        ),
    );
    // Two cases passed; another one and the broken sample failed.
    let counts = "2 passed, 2 failed, 1 skipped";
    checkout.run(&["smoke", "--storage", ACCOUNT]).says("is <not> there").ends(1, counts);
    assert_eq!(checkout.report("counts"), "2 2 1\n");
    assert!(checkout.report("summary.md").starts_with(&format!("**{counts}**")), "{}", checkout.report("summary.md"));
    for row in ["| mini-host |", "| staged app `asked` | 0.0 |", "asked | native | hello: is <not> there |"] {
        assert!(checkout.report("summary.md").contains(row), "no `{row}` in {}", checkout.report("summary.md"));
    }
    let junit = quick_junit::Report::deserialize_from_str(&checkout.report("junit.xml")).unwrap();
    let skipped: usize = junit.test_suites.iter().map(|suite| suite.disabled).sum();
    assert_eq!((junit.tests, junit.failures + junit.errors, skipped), (5, 2, 1), "{}", checkout.report("junit.xml"));
    let events = checkout.events();
    let last = serde_json::json!({ "passed": 2, "failed": 2, "skipped": 1 });
    assert_eq!(events.last().unwrap()["counts"], last);
    let kinds: BTreeSet<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    for kind in ["case-judged", "case-started", "cases-wait", "function-lacking", "note", "planned", "sized", "used"] {
        assert!(kinds.contains(kind), "no `{kind}` in {kinds:?}");
    }
}

#[test]
fn tests_that_nobody_counts_are_said_to_be_so() {
    let checkout = Checkout::new();
    checkout.sample("good", "[test]\nrun = ['true']\n");
    let ran = checkout.run(&["test", "good"]);
    ran.says("1 command, tests not counted")
        .says("how many tests `good` has nobody knows")
        .says("hint: `[test] results`");
    ran.ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.sample("good", "[test]\nrun = ['true']\nresults = 'counts'\n");
    checkout.run(&["test", "good"]).says("left no results of the form").ends(1, "0 passed, 1 failed, 0 skipped");
    checkout.sample("good", "");
    checkout.run(&["test", "good"]).says("has no tests").ends(1, "0 passed, 0 failed, 1 skipped");
}

#[test]
fn cases_are_chosen_by_a_part_of_their_names() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    checkout.run(&["smoke", "--failed"]).says("hint: run it once without `--failed`");
    checkout.contract_of("answers");
    let ran = checkout.run(&["smoke", "--only", "anwsers"]);
    ran.says("error: no function or case has `anwsers` in its name").says("hint: did you mean `answers`?");
    assert_eq!(ran.status, Some(2));
    checkout.contract_of("passes on any text");
    checkout.run(&["smoke", "--only", "any tetx"]).says("hint: did you mean `any text`?");
    checkout.run(&["smoke", "--only", "nosuch"]).says("hint: functions are `hello`");
}

#[test]
fn what_a_host_printed_that_died_is_kept() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.mini_host("fn main() { eprintln!(\"the last words\"); std::process::exit(3) }\n");
    let ran = checkout.run(&["smoke", "--storage", ACCOUNT]);
    ran.says("the host ended by itself (exit status: 3)").ends(1, "0 passed, 1 failed, 0 skipped");
    assert_eq!(checkout.report("logs/one-native.log"), "the last words\n");
}

#[test]
fn an_app_stays_as_it_is_while_a_run_uses_it() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    // A host that answers when it may.
    let may = format!("while !std::path::Path::new({:?}).exists() {{}}", checkout.path("may"));
    let asked = format!("std::fs::write({:?}, []).unwrap();", checkout.path("asked"));
    checkout.mini_host(&HOST.replace("lines.take(length)", &format!("{asked}{may}lines.take(length)")));
    let spawn = |arguments: &[&str], log: &str| {
        let log = fs::File::create(checkout.path(log)).unwrap();
        checkout.command(arguments).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    };
    let mut uses = spawn(&["smoke", "--storage", ACCOUNT], "uses.log");
    until("the app is asked", || checkout.path("asked").exists());
    checkout.run(&["build-all"]).says("up to date").ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    let mut builds = spawn(&["build-all"], "builds.log");
    let waits = "waits for another run that uses one";
    until("the other waits", || fs::read_to_string(checkout.path("builds.log")).unwrap().contains(waits));
    let staged = || fs::read_to_string(checkout.path("target/stage/one/handler")).unwrap();
    assert_eq!(staged(), "#!/bin/sh\n");
    checkout.write("may", "");
    let log = |log: &str| fs::read_to_string(checkout.path(log)).unwrap();
    assert_eq!(uses.wait().unwrap().code(), Some(0), "{}", log("uses.log"));
    assert_eq!(builds.wait().unwrap().code(), Some(0), "{}", log("builds.log"));
    assert_eq!(staged(), "#!/bin/sh\n# edited\n");
    assert!(!log("uses.log").contains("waits for another run"));
}

#[test]
fn a_sample_that_lacks_what_is_chosen_is_not_asked() {
    let checkout = Checkout::new();
    checkout.sample("has-it", "");
    checkout.sample("lacks-it", "[lacks]\nhello = 'no greetings'\n");
    fs::remove_dir_all(checkout.path("samples/lacks-it/hello")).unwrap();
    checkout.contract_of("answers");
    checkout.run(&["smoke", "--only", "answers"]).says("1 of 1 cases are asked");
    let events = fs::read_to_string(checkout.path("target/report/events.ndjson")).unwrap();
    assert!(events.contains(r#"{"event":"planned","samples":["has-it"],"#), "{events}");
    let none = checkout.run(&["smoke", "lacks-it", "--only", "answers"]);
    none.says("error: of what was chosen none of the samples has anything");
    assert_eq!(none.status, Some(1));
}

#[test]
fn a_new_sample_is_like_another() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["new", "two"]).says("`samples/two` is `samples/one` under another name").says("sample.toml");
    checkout.run(&["new", "three"]).says("xtask/README.md").says("samples/README.md");
    assert!(fs::read_to_string(checkout.path("samples/two/sample.toml")).unwrap().starts_with("title = \"two\""));
    checkout.run(&["build-all", "two"]).ends(0, "1 passed, 0 failed, 0 skipped");
    let taken = checkout.run(&["new", "two"]);
    assert_eq!(taken.says("there is a `samples/two` already\nhint: choose another name").status, Some(2));
    assert_eq!(checkout.run(&["new", "Two"]).says("cannot be a sample's name").status, Some(2));
}

#[test]
fn what_is_watched_is_built_again_when_it_changes_and_only_then() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    let mut watch = Watch::begin(&checkout);
    until("the first round is over", || watch.said("── native:") == 1);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("the second round is over", || watch.said("── native:") == 2);
    assert_eq!(watch.said("one: handler.sh changed"), 1);
    watch.end();
    assert_eq!(watch.said("── native:"), 2);
}

#[test]
fn what_is_broken_while_it_is_edited_is_said_once_and_ends_no_watch() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.sample("two", "");
    checkout.contract_of("answers");
    let mut watch = Watch::begin(&checkout);
    until("the first round is over", || watch.said("── native:") == 1);
    checkout.sample("two", "[imag]\n");
    until("what is broken is said", || watch.said("unknown key `imag`") > 0);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("the others go on", || watch.said("── native:") == 2);
    checkout.write("samples/contract.toml", "[[function");
    until("a contract that cannot be read is said", || watch.said("samples/contract.toml:1:") > 0);
    checkout.contract_of("answers anew");
    until("the contract is asked anew", || watch.said("── native:") == 3);
    assert_eq!((watch.said("unknown key `imag`"), watch.said("samples/contract.toml:1:")), (1, 1));
    watch.end();
}

#[test]
fn what_a_build_changes_each_time_does_not_keep_the_watch_going() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.write(
        "samples/one/sample.toml",
        "title = 'O'\n[build]\nrun = ['sh build.sh']\n[stage]\nhandler = 'handler'\n",
    );
    checkout.write("samples/one/build.sh", "cp handler.sh handler\ndate +%N > stamp\n");
    checkout.write("samples/one/stamp", "");
    let mut watch = Watch::begin(&checkout);
    until("the build's own change is left out", || watch.said("stamp changed with every build") == 1);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("an edit is seen", || watch.said("one: handler.sh changed") == 1);
    watch.end();
}

#[test]
fn a_sites_installer_is_run_once_and_its_toolchain_is_found() {
    let checkout = Checkout::new();
    let toolchain = "[[toolchain]]\nname = 'cobol'\nprobe = 'xtask-test-cobol --version'\nat_least = '2'\n";
    checkout.sample("one", toolchain);
    let install = "#!/bin/sh\nmkdir -p \"$1/bin\"\nprintf '#!/bin/sh\\necho cobol 2.1\\n' > \"$1/bin/xtask-test-cobol\"\n\
                   chmod +x \"$1/bin/xtask-test-cobol\"\necho ran >> \"$(dirname \"$0\")/log\"\n";
    checkout.write("site/cobol/install", install);
    let site = checkout.path("site");
    let set_up = || {
        let mut command = checkout.command(&["build-all", "--setup"]);
        Ran::from(command.env("XTASK_TOOLCHAINS", &site).output().unwrap())
    };
    set_up().says("setup cobol 2.1: installed by").ends(0, "1 passed, 0 failed, 0 skipped");
    set_up().says("setup cobol 2.1: there already").says("up to date");
    assert_eq!(fs::read_to_string(site.join("cobol/log")).unwrap(), "ran\n");
    assert!(checkout.path("target/toolchains/cobol/bin/xtask-test-cobol").is_file());

    checkout.write("target/toolchains/cobol/bin/xtask-test-cobol", "#!/bin/sh\necho cobol 2.2\n");
    checkout.run(&["build-all"]).says("cobol version 2.1 -> 2.2");

    let same = format!("#!/bin/sh\necho asked >> {}\necho cobol 2.2\n", site.join("asked").display());
    checkout.write("target/toolchains/cobol/bin/xtask-test-cobol", &same);
    for _ in 0..2 {
        checkout.run(&["build-all"]).says("up to date");
    }
    assert_eq!(fs::read_to_string(site.join("asked")).unwrap(), "asked\n", "the same program is asked once");
    let cleaned = checkout.run(&["clean", "--all"]);
    cleaned.says("nothing to remove from an engine: no container engine at").says("removed `target/toolchains`");
    assert!(!checkout.path("target/stage").exists());
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let checkout = Checkout::new();
    checkout.sample("slow", "");
    checkout.write("samples/slow/sample.toml", "title = 'S'\n[build]\nrun = ['sh slow.sh']\n");
    // The second is in a session of its own, as the hosts are that a test starts.
    checkout.write(
        "samples/slow/slow.sh",
        "sleep 600 &\necho $! > pid.new\nsetsid sh -c 'echo $$ >> pid.new; mv pid.new pid; exec sleep 600' &\nwait\n",
    );
    let mut child = checkout.command(&["build-all"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = checkout.path("samples/slow/pid");
    until("the build runs", || pid.exists());
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let sleepers = fs::read_to_string(pid).unwrap();
    assert_eq!(sleepers.lines().count(), 2);
    until("the build's children are dead", || sleepers.lines().all(|pid| !alive(pid)));
    let counts = fs::read_to_string(checkout.path("target/report/counts")).unwrap();
    assert_eq!(counts, "0 0 0\n", "what was cut short has not failed");
}

#[test]
fn a_set_up_leaves_a_report_and_one_that_only_looks_leaves_that_of_the_last_run() {
    let checkout = Checkout::new();
    checkout.sample("one", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    // The engine of this test is none, and nothing else is to be installed.
    let set_up = checkout.command(&["setup"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(set_up.status.code(), Some(1));
    let events = || fs::read_to_string(checkout.path("target/report/events.ndjson")).unwrap();
    let kept = events();
    assert!(kept.contains("needs cobol; found none") && kept.contains(r#""event":"run-done""#), "{kept}");
    checkout.run(&["setup", "--dry-run"]);
    assert_eq!(events(), kept);
}

#[test]
fn a_set_up_that_is_stopped_does_not_call_what_it_did_not_install_missing() {
    let checkout = Checkout::new();
    checkout.sample("one", "[[toolchain]]\nname = 'cobol'\nprobe = 'xtask-test-cobol --version'\npage = 'see there'\n");
    checkout.write("site/cobol/install", "#!/bin/sh\ntouch \"$(dirname \"$0\")/begun\"\nexec sleep 600\n");
    let mut command = checkout.command(&["build-all", "--setup"]);
    command.env("XTASK_TOOLCHAINS", checkout.path("site"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the installer runs", || checkout.path("site/cobol/begun").exists());
    signal(&child, "-INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.status == Some(130) && !ran.stderr.contains("warning") && !ran.stderr.contains("see there"), "{ran:?}");
}

#[test]
fn a_run_that_is_stopped_says_what_it_had_done_and_what_not() {
    let checkout = Checkout::new();
    checkout.sample("a-good", "");
    checkout.sample("b-slow", "");
    checkout.write("samples/b-slow/sample.toml", "title = 'S'\n[build]\nrun = ['sh slow.sh']\n");
    checkout.write("samples/b-slow/slow.sh", "touch begun\nexec sleep 600\n");
    checkout.sample("c-waits", "");
    checkout.contract_of("answers");
    let mut command = checkout.command(&["smoke", "--jobs", "1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the build runs", || checkout.path("samples/b-slow/begun").exists());
    signal(&child, "-TERM");
    let ran = Ran::from(child.wait_with_output().unwrap());
    let left = "1 passed, 0 failed, 0 skipped; cut off, not done: a-good native (not begun), b-slow build (begun), \
                b-slow native (not begun), c-waits build (not begun), c-waits native (not begun)";
    ran.says("a-good  ok").ends(130, left);

    let summary = checkout.report("summary.md");
    assert!(summary.starts_with(&format!("**{left}**")), "{summary}");
    let junit = checkout.report("junit.xml");
    assert!(junit.contains("comes to its end") && junit.contains("cut off: c-waits native (not begun)"), "{junit}");
    checkout.events();
    let events = checkout.report("events.ndjson");
    let cut_off = r#"{"event":"cut-off","left":[{"sample":"a-good","step":"native","progress":"not-begun"},"#;
    assert!(events.lines().rev().nth(1).unwrap().starts_with(cut_off), "{events}");
    assert!(events.lines().last().unwrap().contains("\"status\":130"), "{events}");
}

#[test]
fn ctrl_c_is_heard_while_an_image_is_fetched() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.write("docker/Dockerfile", "ARG BASE=example.org/base:1\nFROM ${BASE}\n");
    let socket = UnixListener::bind(checkout.path("engine.sock")).unwrap();
    let asked = Arc::new(AtomicBool::new(false));
    std::thread::spawn({
        let asked = asked.clone();
        move || socket.incoming().for_each(|client| engine_without_images(client.unwrap(), &asked))
    });
    let mut command = checkout.command(&["docker", "--base", "official"]);
    command.env("DOCKER_HOST", format!("unix://{}", checkout.path("engine.sock").display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the engine is asked for the image", || asked.load(Ordering::Relaxed));
    signal(&child, "-INT");
    until("it has ended", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// An engine that has nothing, and never says whether it has an image.
fn engine_without_images(mut client: UnixStream, asked: &Arc<AtomicBool>) {
    let asked = asked.clone();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
        while let Some(Ok(request)) = lines.next() {
            lines.by_ref().map_while(Result::ok).find(String::is_empty);
            let body = match request {
                request if request.contains("/version") => r#"{"ApiVersion":"1.41","Arch":"ARCH"}"#,
                request if request.contains("/images/example.org") => {
                    asked.store(true, Ordering::Relaxed);
                    continue;
                }
                _ => "[]",
            };
            let body = body.replace("ARCH", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            client.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
}

fn alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited 30 s until {what}");
        std::thread::yield_now();
    }
}
