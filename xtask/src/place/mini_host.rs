//! The `mini-host` program, built once for both places: what is exercised natively is what goes into the stand-in image.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use xshell::cmd;

use crate::process::command::{self, Ended, Failure};
use crate::project::Project;
use crate::report::Report;

/// A first build compiles every dependency with optimisation, perhaps beside other builds.
const BUILD_LIMIT: Duration = Duration::from_secs(2_400);
/// `rustc` answers at once, but a proxy of it may install itself first.
const QUESTION_LIMIT: Duration = Duration::from_secs(60);

/// Builds mini-host, optimised and linked statically (a dynamically linked program from a newer system does not start on
/// the base image's C library), and returns where it is.
pub fn build(project: &Project, report: &Report) -> Result<PathBuf> {
    let (shell, target, triple) = (&project.shell, project.target(), host_triple(project)?);
    let program = target.join(&triple).join("release/mini-host");
    if !program.exists() {
        report.note("mini-host is built for the first time, optimised: this takes some minutes");
    }
    // Only a cargo that is asked to say much says why it compiles something anew.
    let build = cmd!(shell, "cargo build --verbose --release --locked --package mini-host --target {triple}");
    let build = build.arg("--target-dir").arg(target).env("RUSTFLAGS", "-C target-feature=+crt-static");
    let mut is_announced = false;
    let built = command::run_showing(build, BUILD_LIMIT, |line| match words_of_cargo(line) {
        Some(("Compiling", _)) => report.note(line),
        // What depends on the first is compiled anew for that alone.
        Some(("Dirty", what)) if !is_announced => {
            is_announced = true;
            // Behind the reason stand two points in time.
            let reason =
                what.split_once("): ").map_or(what, |(_, reason)| reason).split(" (").next().unwrap_or_default();
            report.note(format!("mini-host is built anew, optimised: {reason}"));
        }
        _ => {}
    });
    output(built).context("cannot build mini-host")?;
    report.used("mini-host", &blake3::hash(&shell.read_binary_file(&program)?).to_hex()[..12]);
    Ok(program)
}

/// What a cargo that says much does, and with what; `None` if the line is the compiler's.
fn words_of_cargo(line: &str) -> Option<(&str, &str)> {
    let words = line.trim_start().split_once(' ')?;
    ["Compiling", "Dirty", "Fresh", "Running"].contains(&words.0).then_some(words)
}

fn host_triple(project: &Project) -> Result<String> {
    let shell = &project.shell;
    let output = output(command::run(cmd!(shell, "rustc -vV"), QUESTION_LIMIT));
    let output = output.context("cannot ask `rustc` for its host")?;
    let line = output.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.trim().to_owned())
}

/// What a command printed; of one that failed, the compiler's words without those of a cargo that says much.
fn output(ended: Result<Ended, Failure>) -> Result<String> {
    ended.map(|ended| ended.output).map_err(|failure| {
        let failure = failure.to_string();
        let words: Vec<&str> = failure.lines().filter(|line| words_of_cargo(line).is_none()).collect();
        anyhow!(words.join("\n"))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::report::Event;

    /// A checkout whose mini-host does nothing.
    fn checkout() -> (tempfile::TempDir, Project) {
        let root = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| fs::write(root.path().join(file), text).unwrap();
        fs::create_dir(root.path().join("src")).unwrap();
        write("Cargo.toml", "[package]\nname = \"mini-host\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n");
        write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"mini-host\"\nversion = \"0.1.0\"\n");
        write("src/main.rs", "fn main() {}\n");
        let project = Project::at(root.path());
        (root, project)
    }

    fn notes(project: &Project) -> (Result<PathBuf>, Vec<String>) {
        let report = Report::new(Default::default());
        let built = build(project, &report);
        let notes = report.events().into_iter().filter_map(|event| match event {
            Event::Note { text } => Some(text),
            _ => None,
        });
        (built, notes.collect())
    }

    #[test]
    fn a_build_is_announced_with_its_reason_and_its_progress_and_one_that_is_not_needed_is_not() {
        let (root, project) = checkout();
        let (built, said) = notes(&project);
        assert!(built.unwrap().ends_with("release/mini-host"));
        assert!(said[0].starts_with("mini-host is built for the first time"), "{said:?}");
        assert!(said[1].contains("Compiling mini-host v0.1.0"), "{said:?}");
        assert_eq!(notes(&project).1, [""; 0]);

        fs::write(root.path().join("src/main.rs"), "fn main() { println!() }\n").unwrap();
        let (built, said) = notes(&project);
        built.unwrap();
        assert_eq!(said[0], "mini-host is built anew, optimised: the file `src/main.rs` has changed");
        assert!(said[1].contains("Compiling mini-host v0.1.0"), "{said:?}");

        fs::write(root.path().join("src/main.rs"), "fn main() { no }\n").unwrap();
        let error = format!("{:#}", notes(&project).0.unwrap_err());
        assert!(error.contains("cannot find value `no`"), "{error}");
        assert!(!error.contains("Dirty") && !error.contains("Running") && !error.contains("\n{"), "{error}");
    }
}
