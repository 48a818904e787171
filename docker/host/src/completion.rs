//! What may follow on the command line, for shells that ask.

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use crate::cli::{Cli, ServeOptions};
use crate::local;

/// Names the shell that asks.
const ASKED_BY: &str = "MINI_HOST_COMPLETE";
const PROGRAM: &str = "mini-host";

/// The script by which a shell asks from now on.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    if let Some(shell) = shells.completer(&shell.to_string()) {
        // A vector takes everything.
        _ = shell.write_registration(ASKED_BY, PROGRAM, PROGRAM, PROGRAM, &mut script);
    }
    script
}

/// Answers a shell that asks, and ends the program; does nothing where none does.
pub fn complete() {
    CompleteEnv::with_factory(command).var(ASKED_BY).complete();
}

/// The command line, with the names that an app adds to it.
fn command() -> Command {
    let named = |argument: Arg| match argument.get_id().as_str() {
        "function" | "functions" => argument.add(functions()),
        _ => argument,
    };
    Cli::command().mut_args(named).mut_subcommand("send", |send| send.mut_args(named))
}

/// The functions of the app in this folder or above it.
fn functions() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let folder = local::app_folder(&ServeOptions::default()).ok();
        let folders = folder.into_iter().flat_map(std::fs::read_dir).flatten().flatten();
        let functions = folders.filter(|folder| folder.path().join("function.json").is_file());
        let mut names: Vec<_> = functions.map(|folder| folder.file_name()).collect();
        names.sort();
        names.into_iter().map(CompletionCandidate::new).collect()
    })
}
