//! The command line of mini-host.

mod func_start;

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::package::Plan;

/// The status for options that make no sense.
pub const SENSELESS: u8 = 2;
/// The longest that `send` waits: a day.
pub const MOST_SECONDS: u64 = 24 * 60 * 60;

const AFTER_HELP: &str = "\
Examples:
  mini-host                              the app in this folder, or in one above it, on port 7071
  mini-host my-app --port 0              another folder, on a free port
  mini-host --functions hello Orders     two functions of it
  mini-host --print-env                  with the handler in your debugger
  mini-host send hello                   calls a function, whatever its trigger, and shows what comes of it

Exit status: 0 after SIGINT, SIGTERM or SIGHUP, and when the handler cannot be kept running, as the real host; 1 when mini-host itself \
cannot start; 2 for options that make no sense.";

const AFTER_SEND: &str = "\
Examples:
  mini-host send hello
  mini-host send --list
  mini-host send QueueTrigger 'a message'
  mini-host send HttpTriggerWithOutputs --path /api/orders/ada '{\"order\": 7, \"item\": \"tea\"}'
  mini-host send BlobTrigger --file picture.png

Exit status: 0 if the invocation succeeded; 1 if it could not be begun; 2 for options that make no sense; 3 if it failed, or the \
response is 400 or more; 4 if it has not ended in time.";

const AFTER_PACKAGE: &str = "\
Examples:
  mini-host package
  mini-host package my-app --plan container --output app.zip

Exit status: 0 if there is a zip; 1 if there is none, with the reason; 2 for options that make no sense.";

const AFTER_COMPLETION: &str = "\
Where a shell reads it at its start:
  ~/.bashrc                     source <(mini-host completion bash)
  ~/.zshrc, after `compinit`    source <(mini-host completion zsh)
  ~/.config/fish/config.fish    mini-host completion fish | source";

/// With the version of the real host that this one follows.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), ", which follows the Functions host 4.1054");

/// Runs an Azure Functions app whose functions are a custom handler.
///
/// Reads host.json and the function.json files of the app, starts the handler, and answers HTTP as the Functions host does. The
/// first line on standard output is `Listening on http://127.0.0.1:7071`; the list of functions and the log follow.
/// Settings are the environment and, as with Core Tools, a local.settings.json beside host.json. Where AzureWebJobsScriptRoot names
/// the app, as in the images of the real host, that file is not read and no emulator is started.
#[derive(Debug, Parser)]
#[command(name = "mini-host", version = VERSION, max_term_width = 100, after_long_help = AFTER_HELP)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// How to serve.
    #[command(flatten)]
    pub serve: ServeOptions,
}

/// What else mini-host does.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Makes the zip that Azure takes, or says why the app would not run there.
    ///
    /// Left out is what `.funcignore` names, and local.settings.json. Programs and scripts get their execute bit, whatever the
    /// file system says, and the same files are the same bytes.
    #[command(after_help = AFTER_PACKAGE)]
    Package(Package),

    /// Invokes a function by its trigger and prints what became of it: the outcome, the response, the outputs, the log.
    ///
    /// An HTTP function gets a request with the master key, a queue function a message that is really put into its queue, a blob
    /// function a blob that is really written; all others are invoked by hand. A running mini-host of the app is asked; where none
    /// runs, one is started for the invocation.
    #[command(after_help = AFTER_SEND)]
    Send(Send),

    /// Prints the JSON schema of the records of `--output json`.
    Schema,

    /// Prints a script by which a shell completes what is typed, names of functions included.
    #[command(after_help = AFTER_COMPLETION)]
    Completion {
        /// The shell.
        shell: Shell,
    },
}

/// How an app is served.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeOptions {
    /// The folder with host.json; without it, the one that AzureWebJobsScriptRoot names, or else this one or the nearest above it.
    pub app: Option<PathBuf>,

    /// The port to listen on; 0 is a free one [default: 7071, or `Host.LocalHttpPort`; a free one if that is taken].
    ///
    /// The address is 127.0.0.1, unless ASPNETCORE_URLS names another.
    #[arg(short, long, value_name = "N", value_parser = port)]
    pub port: Option<u16>,

    /// Serves these functions alone. Names follow until the next option: the folder of the app stands before it.
    ///
    /// Example: mini-host --functions hello Orders
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub functions: Vec<String>,

    /// For whom the output is: people, or programs that read one JSON record a line.
    ///
    /// The records are `listening`, `function_discovered`, `log`, `invocation`, `handler_restarted` and `summary`; `mini-host schema`
    /// prints their JSON schema.
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with_all = ["open_keys", "print_env"])]
    pub output: OutputFormat,

    /// Lets pages of these origins call, as Core Tools does; `*` is any.
    ///
    /// Example: mini-host --cors http://localhost:3000,http://localhost:8080
    #[arg(long, value_name = "ORIGINS")]
    pub cors: Option<String>,

    /// Lets those pages send cookies, too.
    #[arg(long)]
    pub cors_credentials: bool,

    /// Starts the handler anew when any file of the app changes.
    ///
    /// Hidden files, node_modules, target, bin and obj do not count. Without this, host.json and function.json are watched, as
    /// the real host does.
    #[arg(long)]
    pub watch: bool,

    /// Prints what to set and run to start the handler by hand, and waits for it instead of starting it.
    ///
    /// For a debugger: set its breakpoints, start the handler in it with these variables, then call the function.
    #[arg(long)]
    pub print_env: bool,

    /// Reads another file than the local.settings.json beside host.json.
    ///
    /// Its `Values` and `ConnectionStrings` go into the environment; what is set there already stays.
    #[arg(long, value_name = "FILE", conflicts_with = "no_local_settings")]
    pub local_settings: Option<PathBuf>,

    /// Reads no local.settings.json.
    #[arg(long)]
    pub no_local_settings: bool,

    /// Starts no storage emulator.
    ///
    /// Otherwise, with AzureWebJobsStorage=UseDevelopmentStorage=true and nobody on Azurite's ports, an installed Azurite is started
    /// in memory, and ended with mini-host.
    #[arg(long)]
    pub no_azurite: bool,

    /// Prints the keys that open functions and admin endpoints.
    ///
    /// Where the environment names no key store, keys are kept in files below ~/.local/state/mini-host.
    #[arg(long)]
    pub open_keys: bool,

    /// Writes a readable file for each exchange between host and handler into this folder: what was sent, what came back, when,
    /// and what became of it. Keys are masked.
    ///
    /// Example: mini-host my-app --record exchanges
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,

    /// Shows the exchanges live on a page of its own, whose address is printed; any of them can be sent again with another body.
    ///
    /// It is on this machine alone, keeps the last 10,000, and shows no keys.
    ///
    /// Example: mini-host my-app --inspect
    #[arg(long)]
    pub inspect: bool,
}

/// `package`
#[derive(Args, Debug)]
pub struct Package {
    /// The folder with host.json; without it, the one that would be served.
    pub app: Option<PathBuf>,

    /// Where it is to run.
    #[arg(long, default_value = Plan::Flex.name())]
    pub plan: Plan,

    /// The zip [default: the folder's name and `.zip`, in the current folder].
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Reads another list of what is left out than the `.funcignore` beside host.json.
    #[arg(long, value_name = "FILE")]
    pub funcignore: Option<PathBuf>,
}

impl ValueEnum for Plan {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.title()))
    }
}

/// `send`
#[derive(Args, Clone, Debug)]
pub struct Send {
    /// The function.
    #[arg(required_unless_present = "list")]
    pub function: Option<String>,

    /// Lists the examples that are sent where no text is given, for triggers that mini-host does not listen to: Service Bus and
    /// others, each with its metadata and its sources.
    #[arg(long)]
    pub list: bool,

    /// The body of the request, the text of the message, the content of the blob.
    pub text: Option<String>,

    /// The same from a file.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,

    /// Path and query of the request, or the name of the blob.
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,

    /// The method of the request [default: POST with a body, else GET, if the function takes it].
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,

    /// How long to wait for the outcome.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = seconds)]
    pub timeout: u64,

    /// The folder with host.json, as without `send`.
    #[arg(long, value_name = "FOLDER")]
    pub app: Option<PathBuf>,
}

/// For whom the output is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    #[default]
    Text,
    Json,
}

impl Cli {
    /// What was said on the command line; ends the program with status 2 where that makes no sense, and with help where it was
    /// asked for.
    pub fn from_command_line() -> Self {
        let error = match Self::try_parse() {
            Ok(cli) => match cli.serve.word_of_core_tools() {
                Some(word) => Self::command().error(ErrorKind::UnknownArgument, word),
                None => return cli,
            },
            Err(error) => error,
        };
        let is_unknown = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::ArgumentConflict);
        let words = std::env::args_os().skip(1).filter(|_| is_unknown);
        let mut words = words.filter_map(|word| word.into_string().ok());
        match words.find_map(|word| func_start::hint(&word).map(|hint| (word, hint))) {
            // What clap finds similar is not what was meant.
            Some((word, hint)) => eprintln!("error: `{word}` is a word of Core Tools, not of mini-host\nhint: {hint}"),
            None => match second_folder(&error) {
                Some(word) => eprintln!(
                    "error: `{word}` is one word too many\nhint: an app is one folder: mini-host FOLDER; `mini-host --help` lists the verbs"
                ),
                // Nothing to do if there is nowhere to write to.
                None => _ = error.print(),
            },
        }
        std::process::exit(error.exit_code())
    }
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().map_err(|_| "a port is a number up to 65535, and 0 is a free one")
}

fn seconds(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|seconds| *seconds <= MOST_SECONDS);
    number.ok_or_else(|| format!("a number of seconds up to {MOST_SECONDS}, which is a day"))
}

/// A word behind the folder of the app, which clap takes for a verb.
fn second_folder(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Cli::command().find_subcommand(word).is_none() => Some(word),
        _ => None,
    }
}

impl ServeOptions {
    /// The name of the app, if it is a word of Core Tools and no folder.
    fn word_of_core_tools(&self) -> Option<&str> {
        let word = self.app.as_ref().filter(|app| !app.exists())?.to_str()?;
        func_start::hint(word).map(|_| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Cli {
        Cli::try_parse_from([&["mini-host"], words].concat()).unwrap()
    }

    #[test]
    fn the_version_names_the_host_that_is_followed() {
        let followed = crate::handler::own_headers::VERSION.trim_end_matches(".0");
        assert!(VERSION.ends_with(&format!(" {followed}")), "{VERSION} {followed}");
    }

    /// In backticks, and on lines of code blocks.
    fn shown(document: &str) -> Vec<&str> {
        let parts = document.split("```").enumerate();
        let lines = parts.flat_map(|(number, part)| match number % 2 {
            0 => part.split('`').skip(1).step_by(2).collect::<Vec<_>>(),
            _ => part.lines().map(|line| line.trim_start().trim_start_matches("$ ")).collect(),
        });
        lines.filter(|line| line.starts_with("mini-host ")).collect()
    }

    #[test]
    fn every_command_that_a_document_shows_is_taken() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let files =
            ignore::WalkBuilder::new(root).hidden(false).filter_entry(|entry| entry.file_name() != ".git").build();
        let documents =
            files.flatten().filter(|file| file.path().extension().is_some_and(|extension| extension == "md"));
        let mut seen = 0;
        for document in documents {
            for line in shown(&std::fs::read_to_string(document.path()).unwrap()) {
                let words = line.split(['#', '>', '|']).next().unwrap_or_default().split_whitespace();
                let error = Cli::try_parse_from(words).err().filter(clap::Error::use_stderr);
                // A sentence about a verb names it without what it takes.
                let error = error.filter(|error| error.kind() != ErrorKind::MissingRequiredArgument);
                assert!(error.is_none(), "{}: `{line}`: {}", document.path().display(), error.unwrap());
                seen += 1;
            }
        }
        assert!(seen > 20, "only {seen} commands were found");
    }

    #[test]
    fn a_folder_is_served_and_a_verb_is_a_verb() {
        assert_eq!(read(&[]).serve.app, None);
        assert_eq!(read(&["my-app", "-p", "0"]).serve.app, Some(PathBuf::from("my-app")));
        assert_eq!(read(&["--functions", "A", "B,C"]).serve.functions, ["A", "B", "C"]);
        assert!(read(&["completion", "bash"]).verb.is_some());
    }

    #[test]
    fn a_verb_of_core_tools_is_not_taken_for_a_folder() {
        assert_eq!(read(&["start", "--port", "7072"]).serve.word_of_core_tools(), Some("start"));
        assert_eq!(read(&["src"]).serve.word_of_core_tools(), None);
    }
}
