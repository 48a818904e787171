//! Whether an app can run on a plan, as far as its files say.

use std::path::Path;

use super::files::File;
use super::plan::{OF_NO_RUNTIME, Plan, SHELLS, runtime_of};
use crate::app::{App, BindingKind, CustomHandler, Diagnostic, Function};
use crate::doctor::elf::Elf;
use crate::doctor::program::{self, Format, NotExecutable};

/// The processor of every plan.
const MACHINE: &str = "x86_64";
/// What loads a program that is linked to the GNU C library.
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
/// Where host.json names the program.
const PROGRAM: &str = "customHandler.description.defaultExecutablePath";

#[derive(Debug, Default)]
pub struct Verdict {
    pub refusals: Vec<Diagnostic>,
    /// What nobody can know from here.
    pub notes: Vec<Diagnostic>,
}

/// Looks at the program that host.json names, and at the triggers.
pub fn verdict(app: &App, files: &[File], plan: Plan) -> Verdict {
    let mut verdict = Verdict { refusals: Vec::new(), notes: app.diagnostics.clone() };
    if !app.errors.is_empty() {
        verdict.refusals.append(&mut verdict.notes);
        return verdict;
    }
    // Without one the app has an error.
    let Some(handler) = &app.options.custom_handler else { return verdict };
    let at = |(message, hint): (String, String)| {
        app.in_host_file(&Diagnostic::new(format!("`{}` {message}", handler.executable), PROGRAM).hint(hint))
    };
    match program(handler, files, plan) {
        Outcome::Runs => {}
        Outcome::Refused(reason, hint) => verdict.refusals.push(at((reason, hint))),
        Outcome::Unknown(reason, hint) => verdict.notes.push(at((reason, hint))),
    }
    if !plan.scans_containers() {
        verdict.refusals.extend(scanned(app, files));
    }
    verdict
}

/// What becomes of a program: with what follows its name, and a hint.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Runs,
    Refused(String, String),
    Unknown(String, String),
}

impl From<NotExecutable> for Outcome {
    fn from(reason: NotExecutable) -> Self {
        Self::Refused(reason.what, reason.hint)
    }
}

fn program(handler: &CustomHandler, files: &[File], plan: Plan) -> Outcome {
    let written = handler.executable.as_str();
    let path = handler.worker_directory.join(written);
    if written.contains('%') {
        return unknown("has a variable, so the program is not looked at", "it is the app setting of that name");
    }
    if let Some(file) = files.iter().find(|file| file.path == path) {
        return match program::format(&file.path) {
            Ok(Format::Elf(elf)) => of_elf(&elf, plan),
            Ok(Format::Script(line)) => match program::windows_line_end(&line, &path) {
                Some(reason) => reason.into(),
                None => interpreter(interpreter_of(&line), false, plan),
            },
            Ok(Format::Foreign(system)) => refused(&format!("is a program for {system}"), "build it for Linux on x64"),
            Ok(Format::Unknown) => program::unknown().into(),
            Err(error) => refused(&format!("cannot be read: {error}"), "look at its mode"),
        };
    }
    let is_a_name = Path::new(written).components().count() == 1;
    if path.is_file() && !Path::new(written).is_absolute() {
        refused("is not packed", "`.funcignore` names it, or it is not in the folder of host.json")
    } else if written.ends_with(".exe") || !(is_a_name || Path::new(written).is_absolute()) {
        refused("is not there", "build it first, for Linux on x64: the name is then without `.exe`")
    } else {
        interpreter(written, true, plan)
    }
}

fn refused(reason: &str, hint: &str) -> Outcome {
    Outcome::Refused(reason.to_owned(), hint.to_owned())
}

fn unknown(reason: &str, hint: &str) -> Outcome {
    Outcome::Unknown(reason.to_owned(), hint.to_owned())
}

fn of_elf(elf: &Elf, plan: Plan) -> Outcome {
    const STATIC: &str = "link it statically, or build it on Debian 11";
    if let Some(reason) = program::of_elf(elf, MACHINE, "Azure") {
        return reason.into();
    }
    if let Some(loader) = elf.loader.as_deref().filter(|loader| *loader != LOADER) {
        return refused(&format!("wants the loader `{loader}`, and there is only `{LOADER}`"), STATIC);
    }
    let Some(wanted @ (major, minor)) = elf.glibc else { return Outcome::Runs };
    let (certain, newest) = plan.glibc();
    let text = format!("wants the C library {major}.{minor}");
    if wanted > newest {
        refused(&format!("{text}, and that of {} is {}.{}", plan.title(), newest.0, newest.1), STATIC)
    } else if wanted > certain {
        unknown(
            &format!(
                "{text}; whether {} has one newer than {}.{} is not published",
                plan.title(),
                certain.0,
                certain.1
            ),
            STATIC,
        )
    } else {
        Outcome::Runs
    }
}

/// The interpreter that a script's first line names, be it through `env`.
fn interpreter_of(line: &str) -> &str {
    let mut words = line.split_whitespace().filter(|word| !word.starts_with('-'));
    let first = words.next().unwrap_or_default();
    if first.ends_with("/env") { words.next().unwrap_or_default() } else { first }
}

/// What runs a program: it is one itself if `is_named`, or else the first line of a script names it.
fn interpreter(path: &str, is_named: bool, plan: Plan) -> Outcome {
    const MCP_PAGE: &str = "https://learn.microsoft.com/azure/azure-functions/self-hosted-mcp-servers";
    const LANGUAGES_PAGE: &str = "https://learn.microsoft.com/azure/azure-functions/supported-languages";
    let name = path.rsplit('/').next().unwrap_or_default();
    let (message, hint) = match (plan, runtime_of(name)) {
        _ if SHELLS.contains(&name) => return Outcome::Runs,
        (Plan::Container, Some("node")) => return Outcome::Runs,
        (Plan::Container, _) => {
            ("must be in the image".to_owned(), "docker/Dockerfile takes it as `PACKAGES`".to_owned())
        }
        (_, Some(runtime)) => (
            format!("is there if the app's runtime is `{runtime}` instead of `custom` (as of November 2026)"),
            format!("{MCP_PAGE}; an image has whatever you put into it"),
        ),
        (_, None) if OF_NO_RUNTIME.contains(&name) => (
            format!("comes with no runtime of {} (as of November 2026)", plan.title()),
            format!(
                "deploy an image that has it, and pack with --plan container; the runtimes are listed in {LANGUAGES_PAGE}"
            ),
        ),
        (_, None) => (
            format!("is not in the app, and nothing is known of one on {}", plan.title()),
            "if it is your program, build it first; if not, put it into an image".to_owned(),
        ),
    };
    Outcome::Unknown(if is_named { message } else { format!("needs `{name}`, which {message}") }, hint)
}

/// Blob triggers that wait for a scan, of the functions that are packed.
fn scanned(app: &App, files: &[File]) -> Vec<Diagnostic> {
    let is_packed = |function: &Function| {
        let path = function.directory.join("function.json");
        files.iter().any(|file| file.path == path)
    };
    let functions = app.functions.iter().filter(|function| function.is_loaded() && is_packed(function));
    functions
        .flat_map(|function| {
            let scanned = function.bindings.iter().filter(|binding| {
                let has_events = binding.text("source").is_some_and(|source| source.eq_ignore_ascii_case("EventGrid"));
                binding.kind == BindingKind::BlobTrigger && !has_events
            });
            scanned.map(|binding| {
                let text = format!("{} does not scan containers, so this trigger never fires", Plan::Flex.title());
                let diagnostic = Diagnostic::new(text, binding.at("type"));
                let hint = "`\"source\": \"EventGrid\"` and an event subscription, or `--plan premium`, which scans, or the folder's name in `.funcignore`: \
                            https://learn.microsoft.com/azure/azure-functions/functions-event-grid-blob-trigger";
                app.in_function(function, &diagnostic.hint(hint))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(machine: u16, loader: Option<&str>, glibc: Option<(u32, u32)>, plan: Plan) -> &'static str {
        match of_elf(&Elf { machine, loader: loader.map(str::to_owned), glibc }, plan) {
            Outcome::Runs => "runs",
            Outcome::Refused(..) => "refused",
            Outcome::Unknown(..) => "unknown",
        }
    }

    #[test]
    fn a_program_runs_where_its_processor_its_loader_and_its_c_library_are() {
        for (machine, loader, glibc, plan, expected) in [
            (62, None, None, Plan::Flex, "runs"),
            (183, None, None, Plan::Flex, "refused"),
            (62, Some(LOADER), Some((2, 17)), Plan::Flex, "runs"),
            (62, Some(LOADER), Some((2, 34)), Plan::Flex, "unknown"),
            (62, Some(LOADER), Some((2, 34)), Plan::Container, "runs"),
            (62, Some(LOADER), Some((2, 38)), Plan::Container, "refused"),
            (62, Some("/lib/ld-musl-x86_64.so.1"), None, Plan::Premium, "refused"),
        ] {
            assert_eq!(outcome(machine, loader, glibc, plan), expected, "{machine} {loader:?} {glibc:?} {plan:?}");
        }
    }

    #[test]
    fn an_interpreter_is_looked_up_through_env() {
        for (line, name) in [("/bin/bash -e", "/bin/bash"), (" /usr/bin/env -S node --x", "node"), ("", "")] {
            assert_eq!(interpreter_of(line), name);
        }
        assert_eq!(interpreter("/bin/sh", false, Plan::Flex), Outcome::Runs);
    }

    #[test]
    fn an_interpreter_is_there_with_its_runtime_or_in_an_image_or_nobody_knows() {
        for (path, is_named, plan, expected) in [
            ("/usr/bin/java", false, Plan::Flex, "needs `java`, which is there if the app's runtime is `java`"),
            ("node", true, Plan::Premium, "is there if the app's runtime is `node`"),
            ("Rscript", true, Plan::Flex, "comes with no runtime of Flex Consumption"),
            ("Rscript", true, Plan::Container, "must be in the image"),
            ("serve", true, Plan::Flex, "is not in the app, and nothing is known of one on Flex Consumption"),
        ] {
            let outcome = interpreter(path, is_named, plan);
            assert!(matches!(&outcome, Outcome::Unknown(reason, _) if reason.starts_with(expected)), "{outcome:?}");
        }
    }
}
