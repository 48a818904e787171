//! A newcomer's way through the README of each sample, in a copy of its folder: what *Run it* and *Call it* show is what
//! happens, and after *Make it yours* its own tests are green.
//! That takes cold builds of every sample: `cargo test -p xtask --test newcomer -- --ignored`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy takes only the tests themselves for tests, not what they share"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ignore::WalkBuilder;

/// The function that goes, as the languages write its name.
const DELETED: [&str; 3] = ["TimerTrigger", "timerTrigger", "timer_trigger"];
/// How the line begins that declares a function, a test or a type.
const DECLARATIONS: [&str; 14] = [
    "async",
    "export",
    "fn",
    "func",
    "function",
    "internal",
    "private",
    "pub",
    "public",
    "static",
    "test",
    "test_that",
    "timer_trigger",
    "void",
];

#[test]
#[ignore = "builds every sample anew"]
fn what_the_readme_shows_is_what_happens() {
    let mut wrong = Vec::new();
    for (name, checkout) in copies() {
        let copy = checkout.path().join("samples").join(&name);
        let readme = fs::read_to_string(copy.join("README.md")).unwrap();
        let handler = Handler::run(&copy, &blocks(section(&readme, "Run it"), "sh")[0]);
        let shown = blocks(section(&readme, "Call it"), "console");
        assert!(shown.len() >= 4, "{name} shows {} calls", shown.len());
        for call in shown {
            let (command, answer) = call.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
            let command = command.replace("http://127.0.0.1:8081", &handler.url);
            let ran = Command::new("sh").args(["-c", &command]).output().unwrap();
            let received = String::from_utf8_lossy(&ran.stdout).into_owned();
            if received.trim_end() != answer.trim_end() {
                wrong.push(format!("{name}: `{command}` answers\n{received}\nand the README shows\n{answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
#[ignore = "builds every sample anew"]
fn a_copy_with_one_function_less_and_one_more_is_green() {
    let mut red = Vec::new();
    for (name, checkout) in copies() {
        let copy = checkout.path().join("samples").join(&name);
        delete_function(&copy);
        add_echo(&copy);
        let mut test = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let ran = test.args(["test", &name]).current_dir(&copy).stdin(Stdio::null()).output().unwrap();
        if !ran.status.success() {
            red.push(format!("{name}: {}", String::from_utf8_lossy(&ran.stderr)));
        }
    }
    assert!(red.is_empty(), "{}", red.join("\n\n"));
}

/// Each sample in a checkout of its own, where nothing is built.
fn copies() -> impl Iterator<Item = (String, tempfile::TempDir)> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("samples");
    let mut folders: Vec<PathBuf> = fs::read_dir(&samples).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.into_iter().filter(|folder| folder.join("sample.toml").is_file()).map(|folder| {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let checkout = tempfile::tempdir().unwrap();
        fs::create_dir_all(checkout.path().join("xtask")).unwrap();
        copy_sample(&folder, &checkout.path().join("samples").join(&name));
        (name, checkout)
    })
}

/// A handler that was started as the README says; dropping it ends it and what it has started.
struct Handler {
    process: Child,
    url: String,
}

impl Handler {
    /// Builds and starts it, on a port that the system chooses.
    fn run(copy: &Path, commands: &str) -> Handler {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", commands]).current_dir(copy).env("FUNCTIONS_CUSTOMHANDLER_PORT", "0").process_group(0);
        let mut process = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let listening = lines.find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Handler { process, url: listening.unwrap() }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["--", &format!("-{}", self.process.id())]).status();
        let _ = self.process.wait();
    }
}

fn section<'a>(readme: &'a str, heading: &str) -> &'a str {
    let (_, rest) = readme.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// The code blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Copies what git would track.
fn copy_sample(from: &Path, to: &Path) {
    for entry in WalkBuilder::new(from).hidden(false).require_git(false).build() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let file = to.join(entry.path().strip_prefix(from).unwrap());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::copy(entry.path(), file).unwrap();
        }
    }
}

/// Deletes the function's folder, its route, itself and its test.
fn delete_function(copy: &Path) {
    fs::remove_dir_all(copy.join(DELETED[0])).unwrap();
    let mut changed = 0;
    for file in sources(copy) {
        let text = fs::read_to_string(&file).unwrap();
        let route = format!("/{}\"", DELETED[0]);
        let without_route: Vec<&str> = text.lines().filter(|line| !is_route(line, &route)).collect();
        let rest = without_items(&without_route);
        if rest != text {
            fs::write(&file, rest).unwrap();
            changed += 1;
        }
    }
    assert!(changed >= 3, "{}: routes, functions and tests are three files at least", copy.display());
}

/// A line that names the path and the function; a test names the path alone.
fn is_route(line: &str, route: &str) -> bool {
    line.contains(route) && DELETED.iter().any(|name| line.replace(route, "").contains(name))
}

/// The text without the declarations that name the function.
fn without_items(lines: &[&str]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if !declares(lines[at]) {
            kept.push(lines[at]);
            at += 1;
            continue;
        }
        // What stands above it belongs to it: its comment, its attributes.
        while kept.last().is_some_and(|line| is_above(line)) {
            kept.pop();
        }
        at = end_of_item(lines, at) + 1;
        if kept.last().is_none_or(|line| line.trim().is_empty()) && lines.get(at).is_some_and(|line| line.is_empty()) {
            at += 1;
        } else if at == lines.len() {
            kept.pop();
        }
    }
    kept.join("\n") + "\n"
}

fn declares(line: &str) -> bool {
    let first = line.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    DECLARATIONS.contains(&first) && DELETED.iter().any(|name| line.contains(name))
}

fn is_above(line: &str) -> bool {
    ["//", "/*", "* ", "*/", "#", "[", "@"].iter().any(|mark| line.trim_start().starts_with(mark))
}

/// The line with the closing bracket in the column where the declaration begins, or the end of a statement without one.
fn end_of_item(lines: &[&str], begin: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let closes = |line: &&str| indent(line) == indent(lines[begin]) && line.trim_start().starts_with('}');
    let mut opened = false;
    for (at, line) in lines.iter().enumerate().skip(begin) {
        opened |= line.ends_with('{');
        if (at > begin && closes(line)) || (!opened && line.ends_with(';')) {
            return at;
        }
    }
    panic!("`{}` has no end", lines[begin])
}

/// Does what the README says of `Echo`: its first block of JSON is the function.json, the block after it a route.
fn add_echo(copy: &Path) {
    let readme = fs::read_to_string(copy.join("README.md")).unwrap();
    let steps = section(&readme, "Make it yours");
    let mut blocks = steps.split("   ```").skip(1).step_by(2).map(|block| {
        let (_, code) = block.split_once('\n').unwrap();
        code.lines().map(|line| line.strip_prefix("   ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
    });
    let (function, route) = (blocks.next().unwrap(), blocks.next().unwrap());
    fs::create_dir_all(copy.join("Echo")).unwrap();
    fs::write(copy.join("Echo/function.json"), function).unwrap();
    let added = sources(copy).into_iter().filter(|file| insert_route(file, route.trim_end())).count();
    assert_eq!(added, 1, "{}: one file has the routes", copy.display());
}

fn insert_route(file: &Path, route: &str) -> bool {
    let text = fs::read_to_string(file).unwrap();
    let is_hello =
        |line: &&str| line.contains("/api/hello") && line.contains("ello") && !file.to_string_lossy().contains("test");
    let Some(hello) = text.lines().find(is_hello) else { return false };
    let indent = &hello[..hello.len() - hello.trim_start().len()];
    let route: String = route.lines().map(|line| format!("{indent}{line}\n")).collect();
    fs::write(file, text.replacen(&format!("{hello}\n"), &format!("{hello}\n{route}"), 1)).unwrap();
    true
}

/// The files with code: not the README, not the bindings.
fn sources(copy: &Path) -> Vec<PathBuf> {
    let extensions = ["R", "cs", "go", "java", "js", "rs"];
    let walk = WalkBuilder::new(copy).hidden(false).require_git(false).build().map(|entry| entry.unwrap().into_path());
    walk.filter(|file| file.extension().is_some_and(|extension| extensions.iter().any(|e| extension == *e))).collect()
}
