//! *Make it yours*, followed as a person does who reads the code: a function deleted with all that is its own, and one added.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;

use crate::readme::{Readme, blocks};
use crate::tracked;

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
/// What code is in: not the README, not the bindings.
const EXTENSIONS: [&str; 6] = ["R", "cs", "go", "java", "js", "rs"];

/// Deletes the function's folder, its route, itself and its tests.
pub fn delete_function(copy: &Path) -> Result<(), Failed> {
    fs::remove_dir_all(copy.join(DELETED[0]))?;
    let route = format!("/{}\"", DELETED[0]);
    let mut changed = 0;
    for file in sources(copy) {
        let text = fs::read_to_string(&file)?;
        let lines: Vec<&str> = text.lines().filter(|line| !is_route(line, &route)).collect();
        let rest = without_items(&lines)?;
        if rest != text {
            fs::write(&file, rest)?;
            changed += 1;
        }
    }
    if changed >= 3 { Ok(()) } else { Err("routes, functions and tests are three files at least".into()) }
}

/// A line that names the path and the function; a test names the path alone.
fn is_route(line: &str, route: &str) -> bool {
    line.contains(route) && DELETED.iter().any(|name| line.replace(route, "").contains(name))
}

/// The text without the declarations that name the function.
fn without_items(lines: &[&str]) -> Result<String, String> {
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
        at = end_of_item(lines, at).ok_or(format!("`{}` has no end", lines[at]))? + 1;
        if kept.last().is_none_or(|line| line.trim().is_empty()) && lines.get(at).is_some_and(|line| line.is_empty()) {
            at += 1;
        } else if at == lines.len() {
            kept.pop();
        }
    }
    Ok(kept.join("\n") + "\n")
}

fn declares(line: &str) -> bool {
    let first = line.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    DECLARATIONS.contains(&first) && DELETED.iter().any(|name| line.contains(name))
}

fn is_above(line: &str) -> bool {
    ["//", "/*", "* ", "*/", "#", "[", "@"].iter().any(|mark| line.trim_start().starts_with(mark))
}

/// The line with the closing bracket in the column where the declaration begins, or the end of a statement without one.
fn end_of_item(lines: &[&str], begin: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let closes = |line: &&str| indent(line) == indent(lines[begin]) && line.trim_start().starts_with('}');
    let mut opened = false;
    for (at, line) in lines.iter().enumerate().skip(begin) {
        opened |= line.ends_with('{');
        if (at > begin && closes(line)) || (!opened && line.ends_with(';')) {
            return Some(at);
        }
    }
    None
}

/// Adds the function that the README shows, a function.json and a route, and returns its path.
pub fn add_echo(copy: &Path, readme: &Readme) -> Result<&'static str, Failed> {
    let shown = blocks(readme.section("Make it yours")?, "");
    let [function, route, ..] = shown.as_slice() else {
        return Err("a function.json and a route are not shown".into());
    };
    fs::create_dir_all(copy.join("Echo"))?;
    fs::write(copy.join("Echo/function.json"), function)?;
    let mut changed = 0;
    for file in sources(copy) {
        let text = fs::read_to_string(&file)?;
        if let Some(hello) = text.lines().find(|line| is_hello(line)).filter(|_| !is_test(&file)) {
            let indent = &hello[..hello.len() - hello.trim_start().len()];
            let route: String = route.lines().map(|line| format!("{indent}{line}\n")).collect();
            fs::write(&file, text.replacen(&format!("{hello}\n"), &format!("{hello}\n{route}"), 1))?;
            changed += 1;
        }
    }
    if changed == 1 { Ok("/api/Echo") } else { Err(format!("{changed} files have the routes").into()) }
}

/// The line of a function that the README's line stands beside.
fn is_hello(line: &str) -> bool {
    line.split_once("/api/hello").is_some_and(|(before, after)| before.contains("ello") || after.contains("ello"))
}

fn is_test(file: &Path) -> bool {
    file.to_string_lossy().contains("test")
}

fn sources(copy: &Path) -> Vec<PathBuf> {
    let is_code = |file: &PathBuf| file.extension().is_some_and(|extension| EXTENSIONS.iter().any(|e| extension == *e));
    tracked(copy).filter(is_code).collect()
}
