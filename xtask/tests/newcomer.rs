//! A newcomer's way through the README of each sample, one trial a sample, and through the one at the top.
//!
//! What the README of a staged sample shows under *Call it* is asked of that (`cargo xtask build-all` stages; of one that is not
//! staged the trial counts as ignored). The whole way, in a
//! copy outside this repository where nothing is built yet, takes minutes and the program mini-host:
//! `cargo build -p mini-host && cargo test -p xtask --test newcomer -- --ignored go`.

#[path = "../../docker/storage/tests/support/azurite.rs"]
#[allow(clippy::expect_used, clippy::panic, reason = "an emulator that does not come up ends the test program")]
mod azurite;
#[path = "newcomer/closing.rs"]
mod closing;
#[path = "newcomer/copy_one.rs"]
mod copy_one;
#[path = "newcomer/readme.rs"]
mod readme;
#[path = "newcomer/shell.rs"]
mod shell;
#[path = "newcomer/yours.rs"]
mod yours;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use ignore::WalkBuilder;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use azurite::Azurite;
use readme::{Readme, blocks};
use shell::{Running, Shell};

/// What these programs do takes a registry of images, a subscription or Microsoft's tools. Images of the same Dockerfile are
/// what `cargo xtask docker` asks.
const NOT_HERE: [&str; 4] = ["az ", "docker ", "export ", "func "];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for sample in samples() {
        let name = sample.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (staged, readme) = (repository().join("target/stage").join(&name), sample.join("README.md"));
        let is_fresh = is_fresh(&staged, &sample);
        if !is_fresh && !arguments.list && !arguments.ignored && !arguments.include_ignored {
            eprintln!("{name} is not staged, and is not asked\nhint: `cargo xtask build-all {name}`");
        }
        let way = Trial::test(format!("{name}_can_be_run_and_called_and_made_yours"), move || whole_way(&sample));
        trials.push(way.with_ignored_flag(true));
        let answers = Trial::test(format!("{name}_answers_as_its_readme_shows"), move || {
            if !is_fresh {
                let build = format!("'{}' build-all '{name}' --strict", env!("CARGO_BIN_EXE_xtask"));
                Shell::new(repository(), repository())?.run(&build)?;
            }
            answers(&staged, &readme)
        });
        // Counted as left out; whoever asks for what is left out has it staged.
        trials.push(answers.with_ignored_flag(!is_fresh));
    }
    let copy_one = Trial::test("what_the_readme_at_the_top_copies_runs", || copy_one::follow(repository()));
    trials.push(copy_one.with_ignored_flag(true));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

fn samples() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("samples")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("sample.toml").is_file());
    folders.sort();
    folders
}

/// Whether the staged app was made after all that it is made from was last changed.
fn is_fresh(staged: &Path, sample: &Path) -> bool {
    let modified = |file: &Path| file.metadata().and_then(|metadata| metadata.modified()).ok();
    let sources = tracked(sample).filter(|file| !file.ends_with("README.md"));
    let changed = sources.filter_map(|file| modified(&file)).max().unwrap_or(SystemTime::now());
    modified(&staged.join("host.json")).is_some_and(|made| made >= changed)
}

/// The files that git would track.
fn tracked(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = WalkBuilder::new(folder).hidden(false).require_git(false).build().flatten();
    files.map(ignore::DirEntry::into_path).filter(|path| path.is_file())
}

/// Starts a staged app as its host.json says, and calls it as its README says.
fn answers(staged: &Path, readme: &Path) -> Result<(), Failed> {
    let host: Value = serde_json::from_str(&fs::read_to_string(staged.join("host.json"))?)?;
    let description = &host["customHandler"]["description"];
    let program = description["defaultExecutablePath"].as_str().unwrap_or_default();
    let program = if staged.join(program).is_file() { format!("./{program}") } else { program.to_owned() };
    let arguments = description["arguments"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let command = arguments.fold(program, |line, word| format!("{line} {word}"));
    let shell = Shell::new(repository(), staged)?;
    call(&shell, &shell.start(&command)?, &Readme::read(readme)?)
}

/// Compares each answer of the handler with the one shown.
fn call(shell: &Shell, handler: &Running, readme: &Readme) -> Result<(), Failed> {
    let url = handler.says("Listening on ")?;
    let shown = readme.blocks("Call it", "console")?;
    if shown.len() < 4 {
        return Err(format!("only {} calls are shown", shown.len()).into());
    }
    for block in shown {
        let (command, answer) =
            block.strip_prefix("$ ").and_then(|call| call.split_once('\n')).ok_or("no `$ command`")?;
        let received = shell.run(&command.replace("http://127.0.0.1:8081", url.trim_end_matches(" (")))?;
        if !is_same(&received, answer) {
            return Err(format!("`{command}` answers\n{received}\nand the README shows\n{answer}").into());
        }
    }
    Ok(())
}

/// Whether two answers are the same; as JSON they may have their members in any order.
fn is_same(received: &str, shown: &str) -> bool {
    let value = |text| serde_json::from_str::<Value>(text).ok();
    value(received).map_or(received.trim_end() == shown.trim_end(), |received| Some(received) == value(shown))
}

fn whole_way(sample: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // As step 1 of *Make it yours* has it.
    for file in tracked(sample).filter(|file| !file.ends_with("sample.toml")) {
        let copied = folder.path().join(file.strip_prefix(sample)?);
        fs::create_dir_all(copied.parent().ok_or("a file is in a folder")?)?;
        fs::copy(&file, copied)?;
    }
    let readme = Readme::read(&folder.path().join("README.md"))?;
    let shell = Shell::new(repository(), folder.path())?;
    run_and_call(&shell, &readme)?;
    yours::delete_function(folder.path())?;
    let echo = yours::add_echo(folder.path(), &readme)?;
    let commands = readme.blocks("Run it", "sh")?;
    shell.run(&commands[1])?;
    let handler = shell.start(&commands[0])?;
    let url = handler.says("Listening on ")?;
    let received = shell.run(&format!("curl --silent --data 'any text' {url}{echo}"))?;
    if received != "any text" {
        return Err(format!("`{echo}` answers `{received}`").into());
    }
    closing::loses_nothing(&shell, &url, folder.path())
}

/// What *Run it* and *Call it* say, in their order.
fn run_and_call(shell: &Shell, readme: &Readme) -> Result<(), Failed> {
    for (number, commands) in readme.blocks("Run it", "sh")?.iter().enumerate() {
        if number == 0 {
            call(shell, &shell.start(commands)?, readme)?;
        } else if commands.starts_with("mini-host") {
            let emulator = Azurite::start();
            call_in_an_app(shell, commands, emulator.as_ref(), readme)?;
        } else if !NOT_HERE.iter().any(|program| commands.starts_with(program)) {
            shell.run(commands)?;
        }
    }
    Ok(())
}

/// What the README calls in a function app: an address that needs no key, and a function by hand.
fn call_in_an_app(shell: &Shell, host: &str, emulator: Option<&Azurite>, readme: &Readme) -> Result<(), Failed> {
    let storage = emulator.map(Azurite::connection_string).unwrap_or_default();
    let host = format!("AzureWebJobsStorage='{storage}' {} --port 0 --open-keys", host.trim_end());
    let host = shell.start(&host)?;
    let url = host.says("Listening on ")?;
    let key = host.says("\tmaster, opens everything: ")?;
    let shown = readme.section("Call it")?;
    for command in blocks(shown, "sh").iter().filter(|command| command.starts_with("curl")) {
        if emulator.is_none() {
            continue;
        }
        let (_, after) = shown.split_once(command.as_str()).ok_or("the block is in the section")?;
        let expected = after.split('`').find(|text| text.starts_with('{')).unwrap_or_default();
        let command = command.trim_end().replace("http://127.0.0.1:7071", &url).replace("KEY", &key);
        let received = shell.run(&format!("{command} --silent --write-out ' %{{http_code}}'"))?;
        if received != format!("{expected} 201") && received != " 202" {
            return Err(format!("`{command}` answers\n{received}\n{}", host.output()).into());
        }
    }
    if emulator.is_some() {
        host.says("Passed on 5 bytes, attempt 0")?;
        for command in shown.split('`').filter(|text| text.starts_with("mini-host send ")) {
            shell.run(&command.replace("FILE", "host.json"))?;
        }
    }
    Ok(())
}
