//! The driver: builds, wraps, runs and judges the samples. This file is its table of contents.

mod azurite;
mod bench;
mod build;
mod clean;
mod cli;
mod command;
mod contract;
mod counts;
mod docker;
mod interrupt;
mod judge;
mod keys;
mod list;
mod manifest;
mod mini_host;
mod native;
mod npm;
mod outcome;
mod place;
mod project;
mod readme;
mod report;
mod sample;
mod setup;
mod smoke;
mod tally;
mod testing;
#[cfg(test)]
mod tidy;
mod toml_file;
mod toolchain;
mod verify;
mod words;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use cli::{Subject, Verb};
use project::Project;
use report::Report;
use verify::Places;

/// What a person asked for cannot be understood: an unknown verb, flag or sample.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = cli::parse();
    let status = match run(cli.verb) {
        _ if interrupt::happened() => interrupt::STATUS,
        Ok(status) => status,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            if error.is::<sample::Unknown>() { USAGE } else { tally::FAILED }
        }
    };
    ExitCode::from(status)
}

fn run(verb: Verb) -> Result<u8> {
    interrupt::listen()?;
    let project = Project::enter()?;
    let report = Report::new();
    match verb {
        Verb::List(list) => list::list(&project, &list),
        Verb::Setup(args) => setup::setup(&project, &args, &report),
        Verb::BuildAll(args) => verify::verify(&project, &args.selection, &Places::default(), &report),
        Verb::Smoke(args) => {
            let places = Places { native: true, storage: args.storage.storage, ..Places::default() };
            verify::verify(&project, &args.selection, &places, &report)
        }
        Verb::Docker(args) => {
            let places = Places { docker: Some(args.containers), storage: args.storage.storage, ..Places::default() };
            verify::verify(&project, &args.selection, &places, &report)
        }
        Verb::Verify(args) => {
            let places = Places { native: true, docker: Some(args.containers), storage: args.storage.storage };
            verify::verify(&project, &args.selection, &places, &report)
        }
        Verb::Test(args) => testing::test(&project, &args, &report),
        Verb::Bench(args) => match args.subject {
            Subject::Host => bench::host(&project, &args, &report),
        },
        Verb::Clean(args) => clean::clean(&project, &args, &report),
        Verb::Completion(completion) => {
            std::io::stdout().write_all(&cli::completion(completion.shell))?;
            Ok(0)
        }
    }
}
