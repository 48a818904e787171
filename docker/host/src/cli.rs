//! The command line of mini-host.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::package::Plan;

const EXIT_STATUS: &str = "Exit status: 0 after SIGINT or SIGTERM, and when the handler cannot be kept running, as the real host; 1 when \
                           mini-host itself cannot start; 2 for options that make no sense.";

/// Runs an Azure Functions app whose functions are a custom handler.
///
/// Reads host.json and the function.json files of the app, starts the handler, and answers HTTP as the Functions host does. The
/// first line on standard output is `Listening on http://127.0.0.1:41235`; the list of functions and the log follow.
/// Configuration is host.json and the environment, as with the real host.
#[derive(Debug, Parser)]
#[command(name = "mini-host", version, max_term_width = 100, after_long_help = EXIT_STATUS, args_conflicts_with_subcommands = true)]
pub struct Options {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub verb: Option<Verb>,

    /// The folder with host.json; without it, the one that AzureWebJobsScriptRoot names.
    ///
    /// Example: mini-host target/stage/go
    pub app: Option<PathBuf>,

    /// The port to listen on; 0, or none, is one that the system chooses.
    ///
    /// The address is 127.0.0.1, unless ASPNETCORE_URLS names another.
    ///
    /// Example: mini-host my-app --port 7071
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,

    /// Starts the handler anew when any file of the app changes.
    ///
    /// Hidden files, node_modules, target, bin and obj do not count. Without this, host.json and function.json are watched, as
    /// the real host does.
    ///
    /// Example: mini-host my-app --watch
    #[arg(long)]
    pub watch: bool,

    /// Prints what to set and run to start the handler by hand, and waits for it instead of starting it.
    ///
    /// For a debugger: set its breakpoints, start the handler in it with these variables, then call the function.
    ///
    /// Example: mini-host my-app --print-env
    #[arg(long)]
    pub print_env: bool,

    /// Puts the `Values` and `ConnectionStrings` of a local.settings.json into the environment, as Core Tools does; what is set
    /// already stays.
    ///
    /// Example: mini-host my-app --local-settings my-app/local.settings.json
    #[arg(long, value_name = "FILE")]
    pub local_settings: Option<PathBuf>,

    /// Prints the keys that open functions and admin endpoints.
    ///
    /// Where the environment names no key store, keys are kept in files below ~/.local/state/mini-host.
    ///
    /// Example: mini-host my-app --open-keys
    #[arg(long)]
    pub open_keys: bool,
}

/// What there is to do beside serving an app.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Makes the zip that Azure takes, or says why the app would not run there.
    ///
    /// Left out is what `.funcignore` names, and local.settings.json. Programs and scripts get their execute bit, whatever the
    /// file system says, and the same files are the same bytes.
    ///
    /// Example: mini-host package my-app --plan container --output app.zip
    Package(Package),
}

/// `package`
#[derive(Args, Debug)]
pub struct Package {
    /// The folder with host.json.
    #[arg(default_value = ".")]
    pub app: PathBuf,

    /// Where it is to run.
    #[arg(long, default_value = Plan::Flex.name())]
    pub plan: Plan,

    /// The zip [default: the folder's name and `.zip`, in the current folder].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl ValueEnum for Plan {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.title()))
    }
}

impl Options {
    /// What was said on the command line; ends the program with status 2 where that makes no sense, and with help where it was
    /// asked for.
    pub fn from_command_line() -> Self {
        Self::parse()
    }
}
