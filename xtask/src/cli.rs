//! The command line: the one file that names clap.

use std::num::NonZeroUsize;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::place::docker::base_image;
use crate::print::ColorChoice;
use crate::report::Detail;

/// Builds six Azure Functions custom handlers, wraps them in images, and asks each everything the contract says.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub print: Print,
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask verify --setup           everything, from a machine with nothing but Rust, a C linker and Git
  cargo xtask build-all                build and stage every sample whose inputs changed
  cargo xtask smoke go                 ask the Go sample every case of the contract, on this machine
  cargo xtask docker --base local      the same in containers, on the stand-in base image
  cargo xtask setup --dry-run          say what is missing, and change nothing

Exit status: 0 all passed (skips are said aloud) · 1 something failed, or nothing could be run · 2 wrong usage · 130 Ctrl-C";

/// One verb of the command line.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the samples, their functions, and what each lacks.
    #[command(
        after_help = "Examples:\n  cargo xtask list\n  cargo xtask list --json | jq length\n  cargo xtask list --matrix"
    )]
    List(List),
    /// Say what is missing on this machine, and install it.
    #[command(after_help = "Examples:\n  cargo xtask setup --dry-run\n  cargo xtask setup go java")]
    Setup(Setup),
    /// Build and stage.
    #[command(after_help = "Examples:\n  cargo xtask build-all\n  cargo xtask build-all go rust --jobs 1")]
    BuildAll(Selection),
    /// Build, then make the zip of each that Azure takes: target/package/SAMPLE.zip.
    #[command(
        after_help = "Examples:\n  cargo xtask package\n  cargo xtask package go --plan flex\n  cargo xtask package --smoke"
    )]
    Package(Package),
    /// Build, then ask every case of the contract under mini-host on this machine.
    #[command(
        after_help = "Examples:\n  cargo xtask smoke\n  cargo xtask smoke go --only queue\n  cargo xtask smoke --failed\n  cargo xtask smoke r --storage \"$CONNECTION_STRING\""
    )]
    Smoke(Asked),
    /// Build, wrap in images, then ask the same cases in containers.
    #[command(after_help = "Examples:\n  cargo xtask docker\n  cargo xtask docker go --base official --keep")]
    Docker(Docker),
    /// Run the Rust tests, the repository's rules and every sample's own tests.
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test --bless\n  cargo xtask test csharp --setup"
    )]
    Test(Test),
    /// Do all of it, with one table at the end: build-all, smoke and docker.
    #[command(after_help = "Examples:\n  cargo xtask verify --setup\n  cargo xtask verify --strict --base official")]
    Verify(Verify),
    /// Build and smoke again whatever changes, until Ctrl-C.
    #[command(after_help = "Examples:\n  cargo xtask watch go\n  cargo xtask watch node --only hello")]
    Watch(Watch),
    /// Lay down the folder of a new sample.
    #[command(after_help = "Examples:\n  cargo xtask new perl\n  cargo xtask new zig --like go")]
    New(New),
    /// Measure speed and size beside nginx, in the same run.
    #[command(
        after_help = "Examples:\n  cargo xtask bench host\n  cargo xtask bench host --rounds 3 --mini-host target/before"
    )]
    Bench(Bench),
    /// Remove what we made, and nothing else.
    #[command(after_help = "Examples:\n  cargo xtask clean\n  cargo xtask clean --docker\n  cargo xtask clean --all")]
    Clean(Clean),
    /// Print a completion script for a shell.
    #[command(
        after_help = "A shell completes one word, `cargo-xtask`, that does the same. In ~/.bashrc, or, after `compinit`, in ~/.zshrc with `zsh`:\n  \
                      cargo-xtask() { cargo xtask \"$@\"; }\n  \
                      source <(cargo xtask completion bash)"
    )]
    Completion {
        /// The shell.
        shell: Shell,
    },
}

/// What is printed, and how.
#[derive(Args, Clone, Debug)]
pub struct Print {
    /// Print only what goes wrong, and the end.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Print every case.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// When to use colours: `auto` (on a terminal, unless NO_COLOR is set), `always` or `never`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true, value_parser = color)]
    pub color: ColorChoice,
}

impl Print {
    pub fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Steps,
        }
    }
}

fn color(when: &str) -> Result<ColorChoice, String> {
    match when {
        "auto" => Ok(ColorChoice::Auto),
        "always" => Ok(ColorChoice::Always),
        "never" => Ok(ColorChoice::Never),
        _ => Err("it is `auto`, `always` or `never`".into()),
    }
}

fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it is a whole number, from 1 up".into())
}

/// Which samples, and how strictly.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Samples by name (default: all).
    #[arg(value_name = "SAMPLE")]
    pub samples: Vec<String>,
    /// Install what is missing first, as `setup` does.
    #[arg(long)]
    pub setup: bool,
    /// Turn every skip into a failure.
    #[arg(long)]
    pub strict: bool,
    /// How many samples to work on side by side (default: the number of processors, half as many again to be asked natively).
    #[arg(long, value_name = "N", value_parser = count)]
    pub jobs: Option<NonZeroUsize>,
}

impl Selection {
    /// How many samples to work on side by side.
    pub fn bound(&self) -> usize {
        self.jobs.map_or_else(processors, NonZeroUsize::get)
    }

    /// How many samples to ask side by side on this machine: half of the time of each passes with waiting.
    pub fn bound_of_asking(&self) -> usize {
        self.jobs.map_or_else(|| processors() + processors().div_ceil(2), NonZeroUsize::get)
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Which cases.
#[derive(Args, Clone, Debug, Default)]
pub struct Cases {
    /// Only the functions and cases whose name contains this, ignoring case; may be given several times.
    #[arg(long, value_name = "FUNCTION|CASE")]
    pub only: Vec<String>,
    /// Only what failed in the last run.
    #[arg(long)]
    pub failed: bool,
}

/// What is asked of which samples.
#[derive(Args, Debug, Default)]
pub struct Asked {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub cases: Cases,
    /// A storage account to use instead of an Azurite of our own, such as one started by hand.
    #[arg(long, value_name = "CONNECTION_STRING")]
    pub storage: Option<String>,
}

/// How containers are made.
#[derive(Args, Clone, Debug)]
pub struct Containers {
    /// The base image: `auto` (official, else the stand-in), `official`, `local` (the stand-in), or any image.
    #[arg(long, value_name = "BASE", default_value = "auto")]
    pub base: base_image::Asked,
    /// Leave a failed container, and print how to look into it.
    #[arg(long)]
    pub keep: bool,
}

#[derive(Args, Debug)]
pub struct List {
    /// Print JSON: an array with one object a sample.
    #[arg(long, conflicts_with = "matrix")]
    pub json: bool,
    /// Print functions × languages, as a Markdown table.
    #[arg(long)]
    pub matrix: bool,
}

#[derive(Args, Debug)]
pub struct Setup {
    /// Samples by name (default: all).
    #[arg(value_name = "SAMPLE")]
    pub samples: Vec<String>,
    /// Say what is missing and how it would be installed, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args, Debug)]
pub struct Package {
    #[command(flatten)]
    pub selection: Selection,
    /// What `mini-host package` takes. The samples' blob trigger waits for a scan, and Flex Consumption makes none.
    #[arg(long, default_value = "premium", value_parser = ["flex", "premium", "container"])]
    pub plan: String,
    /// Unpack each zip elsewhere, and ask what comes out every case, as `smoke` does.
    #[arg(long)]
    pub smoke: bool,
}

#[derive(Args, Debug)]
pub struct Docker {
    #[command(flatten)]
    pub asked: Asked,
    #[command(flatten)]
    pub containers: Containers,
}

#[derive(Args, Debug)]
pub struct Test {
    #[command(flatten)]
    pub selection: Selection,
    /// Rewrite what is derived from the folders, such as the README's tables, before testing.
    #[arg(long)]
    pub bless: bool,
    /// Run the slow tests of the workspace instead: the ignored ones, most of an hour.
    #[arg(long, conflicts_with_all = ["samples", "bless"])]
    pub slow: bool,
}

#[derive(Args, Debug)]
pub struct Verify {
    /// Where the apps run (default: both).
    #[arg(long, value_parser = ["native", "docker"])]
    pub place: Option<String>,
    #[command(flatten)]
    pub asked: Asked,
    #[command(flatten)]
    pub containers: Containers,
}

#[derive(Args, Debug)]
pub struct Watch {
    /// Samples by name (default: all).
    #[arg(value_name = "SAMPLE")]
    pub samples: Vec<String>,
    #[command(flatten)]
    pub cases: Cases,
}

#[derive(Args, Debug)]
pub struct New {
    /// What it is called: the folder's name.
    pub name: String,
    /// The sample to begin with (default: one that needs no compiler).
    #[arg(long, value_name = "SAMPLE")]
    pub like: Option<String>,
}

#[derive(Args, Debug)]
pub struct Bench {
    /// What to measure.
    #[arg(value_parser = ["host"])]
    pub subject: String,
    /// How often each measurement is made; some 20 s a round.
    #[arg(long, value_name = "N", default_value = "11", value_parser = count)]
    pub rounds: NonZeroUsize,
    /// A mini-host that is there already, instead of one built now: to compare before and after.
    #[arg(long, value_name = "FILE")]
    pub mini_host: Option<std::path::PathBuf>,
}

#[derive(Args, Debug)]
pub struct Clean {
    /// Also containers, networks and images of ours, and the engine if `setup` started it.
    #[arg(long)]
    pub docker: bool,
    /// Only stop the engine, if `setup` started it in the background.
    #[arg(long, conflicts_with_all = ["docker", "all"])]
    pub engine: bool,
    /// All of that, and the toolchains that `setup` unpacked.
    #[arg(long)]
    pub all: bool,
}

/// Reads the command line; prints help or a usage error and ends the process (status 2) where that is the answer.
pub fn parse() -> Cli {
    Cli::parse()
}

/// The script by which a shell completes a command line.
pub fn completion(shell: Shell) -> String {
    const WORD: &str = "cargo-xtask";
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command().bin_name(WORD), WORD, &mut script);
    // For bash clap_complete 4.6 takes the hyphen of the name, where it looks a verb up, for what parts verbs.
    String::from_utf8_lossy(&script).replace("cargo__subcmd__xtask", "cargo__xtask")
}

/// What the command line has against these words; `None` where it takes them, or shows its help.
#[cfg(test)]
pub fn objection(words: &[&str]) -> Option<String> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    let error = Cli::try_parse_from(words).err()?;
    let shows_help = matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand);
    (!shows_help).then(|| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_base_is_a_word_or_an_image() {
        let base = |line: &str| match parsed(line).unwrap().verb {
            Verb::Docker(docker) => docker.containers.base,
            other => panic!("{other:?}"),
        };
        assert_eq!(base("xtask docker"), base_image::Asked::Auto);
        assert_eq!(base("xtask docker go --base official"), base_image::Asked::Official);
        assert_eq!(base("xtask docker --base local"), base_image::Asked::Local);
        assert_eq!(base("xtask docker --base debian:12"), base_image::Asked::Image("debian:12".into()));
    }

    #[test]
    fn wrong_usage_has_status_2() {
        assert_eq!(parsed("xtask list --json --matrix").unwrap_err().exit_code(), 2);
        assert_eq!(parsed("xtask build-all --jobs 0").unwrap_err().exit_code(), 2);
        assert_eq!(parsed("xtask buidl-all").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_count_is_a_whole_number() {
        for (line, wrong) in
            [("smoke --jobs 0", "'0' for '--jobs <N>'"), ("bench host --rounds x", "'x' for '--rounds <N>'")]
        {
            let said = parsed(&format!("xtask {line}")).unwrap_err().to_string();
            assert!(said.contains(&format!("invalid value {wrong}: it is a whole number, from 1 up")), "{said}");
        }
    }

    #[test]
    fn every_verb_has_an_example() {
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("cargo xtask {}", verb.get_name())), "`{}` has none", verb.get_name());
        }
    }

    #[test]
    fn bash_completes_the_options_of_a_verb() {
        let script = completion(Shell::Bash);
        let asked = "COMP_WORDS=(cargo-xtask package --pl); COMP_CWORD=2; _cargo__xtask cargo-xtask --pl package; echo ${COMPREPLY[@]}";
        let ended = std::process::Command::new("bash").args(["-c", &format!("{script}\n{asked}")]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ended.stdout), "--plan\n");
    }
}
