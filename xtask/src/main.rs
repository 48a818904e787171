//! The driver: builds, wraps, runs and judges the samples. This file is its table of contents.

mod bench;
mod build;
mod cli;
mod place;
mod process;
mod project;
mod report;
mod sample;
mod smoke;
mod text;
#[cfg(test)]
mod tidy;
mod toolchain;
mod verbs;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use cli::{Subject, Verb};
use process::interrupt;
use project::Project;
use report::{Report, summary};
use verbs::verify::{self, Places};
use verbs::{clean, list, setup, test};

/// What a person asked for cannot be understood: an unknown verb, flag or sample.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = cli::parse();
    let status = match run(cli.verb) {
        _ if interrupt::happened() => interrupt::STATUS,
        Ok(status) => status,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            if error.is::<sample::Unknown>() { USAGE } else { summary::FAILED }
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
        Verb::Test(args) => test::test(&project, &args, &report),
        Verb::Bench(args) => match args.subject {
            Subject::Host => bench::host(&project, args.mini_host.as_deref(), args.rounds.get(), &report),
        },
        Verb::Clean(args) => clean::clean(&project, &args, &report),
        Verb::Completion(completion) => {
            std::io::stdout().write_all(&cli::completion(completion.shell))?;
            Ok(0)
        }
    }
}
