//! The driver: builds, wraps, runs and judges the samples. Its rooms, from the ground up; each knows only those above it here:
//!
//! - `text`, `print`, `status`, `project`: what sentences need, what prints, how it exits, where things are in this repository
//! - `process`: commands and servers with limits, which run this is, locks between runs, Ctrl-C
//! - `report`: one stream of events, and its faces
//! - `sample`: what sample.toml, contract.toml and the function folders say
//! - `toolchain`: what is on this machine, and how the rest comes to it
//! - `build`: whether a sample is stale, and why; the staged app
//! - `place`: a staged app that runs, under mini-host or in a container
//! - `smoke`, `bench`: the cases of the contract; mini-host beside nginx
//! - `cli`, `verbs`: the command line, and one file a verb
//! - `fuzzing`: doors for the fuzz targets; `tests`: the repository's rules

mod bench;
mod build;
mod cli;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod place;
mod print;
mod process;
mod project;
mod report;
mod sample;
mod smoke;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod toolchain;
mod verbs;

use std::process::ExitCode;

use anyhow::Result;

use cli::{Asked, Verb};
use process::{interrupt, run};
use project::Project;
use report::Report;
use verbs::verify::{self, Plan};
use verbs::{clean, list, new, setup, test, watch};

/// Does what the command line asks for, and says how it went.
pub fn main() -> ExitCode {
    let cli = cli::parse();
    cli.print.color.write_global();
    let report = Report::new(cli.print.detail());
    let ended = match start(cli.verb, &report) {
        // A watch has no other end.
        Ok(status::STOPPED) => status::STOPPED,
        _ if interrupt::happened() => {
            report.cut_off();
            status::STOPPED
        }
        Ok(status) => status,
        Err(error) => {
            print::err(format!("error: {error:#}"));
            if error.is::<sample::WrongUsage>() { status::USAGE } else { status::FAILED }
        }
    };
    if let Err(error) = report.end(ended) {
        print::err(format!("warning: `target/report` is not complete: {error}"));
    }
    ExitCode::from(ended)
}

fn start(verb: Verb, report: &Report) -> Result<u8> {
    interrupt::listen()?;
    let project = Project::enter()?;
    let killed = run::remove_of_the_dead(&project.target());
    if killed > 0 {
        report.note(format!("ended what a killed run had left running: {killed}"));
    }
    // Where it cannot be made, whoever needs it says so.
    let _ = run::scratch(&project.target());
    let _held = match verb {
        Verb::List(_) | Verb::New(_) | Verb::Completion { .. } => None,
        Verb::Clean(_) => Some(run::be_alone(&project.target())?),
        _ => Some(run::keep_clean_away(&project.target(), || report.note("waits for `clean`"))?),
    };
    let status = dispatch(&project, verb, report);
    run::end(&project.target());
    status
}

fn dispatch(project: &Project, verb: Verb, report: &Report) -> Result<u8> {
    let rest = Plan::default();
    let of = |selection| Asked { selection, ..Asked::default() };
    let plan = match verb {
        Verb::BuildAll(selection) => Plan { asked: of(selection), ..rest },
        Verb::Package(cli::Package { selection, plan, smoke }) => {
            Plan { asked: of(selection), package: Some(plan), native: smoke, ..rest }
        }
        Verb::Smoke(asked) => Plan { asked, native: true, ..rest },
        Verb::Docker(cli::Docker { asked, containers }) => Plan { asked, docker: Some(containers), ..rest },
        Verb::Verify(cli::Verify { place, asked, containers }) => {
            let asks = |wanted: &str| place.as_ref().is_none_or(|place| place == wanted);
            Plan { asked, native: asks("native"), docker: asks("docker").then_some(containers), ..rest }
        }
        Verb::List(list) => return list::list(project, &list),
        Verb::Setup(args) => return setup::setup(project, &args, report),
        Verb::Watch(args) => return watch::watch(project, &args, report),
        Verb::New(args) => return new::new(project, &args, report),
        Verb::Test(args) => return test::test(project, &args, report),
        Verb::Bench(args) => return bench::host(project, args.mini_host.as_deref(), args.rounds.get(), report),
        Verb::Clean(args) => return clean::clean(project, &args, report),
        Verb::Completion { shell } => return print::out(cli::completion(shell)).map(|()| status::PASSED),
    };
    verify::verify(project, &plan, report)
}
