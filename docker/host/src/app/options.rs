//! host.json as the host uses it: every key with its default (protocol.md#the-customhandler-section to #extension-bundles).

mod conversion;
mod read;
mod reader;
mod unused;

use std::path::PathBuf;
use std::time::Duration;

use super::auth_level::AuthLevel;
use super::diagnostic::Diagnostic;
use crate::log::Filter;

/// The limit on bodies while no app says another (`FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`).
pub const DEFAULT_BODY_LIMIT_BYTES: u64 = 104_857_600;

/// What host.json and the settings over it say about the host.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The handler, from section `customHandler` or the deprecated `httpWorker`; `None` is a host error.
    pub custom_handler: Option<CustomHandler>,
    /// How long one invocation may last; `None` is for ever (`"-1"`).
    pub function_timeout: Option<Duration>,
    pub functions: Vec<String>,
    pub retry: Option<Retry>,
    pub http: HttpOptions,
    pub queues: QueueOptions,
    pub blobs: BlobOptions,
    pub extension_bundle: Option<ExtensionBundle>,
    /// What of the log is shown. Unlike the real host's, the console is on unless it is switched off: what a handler says is not to be lost.
    pub logging: Filter,
    /// Whether the real host takes notice of files that change.
    pub watches_files: bool,
    /// Names of files whose change restarts the host, beside host.json, function.json and proxies.json.
    pub watch_files: Vec<String>,
    /// Directories below the app whose changes restart the host, beside the built-in ones.
    pub watch_directories: Vec<String>,
    pub request_body_limit_bytes: u64,
}

/// The process that answers for the functions. Texts are as written: `%NAME%` in them is not expanded yet (protocol.md#command-line).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomHandler {
    pub kind: HandlerKind,
    pub forwarding: bool,
    /// `enableProxyingHttpRequest`, which wins over forwarding.
    pub proxying: bool,
    /// `port`: where the program listens; `None` lets the system choose.
    pub port: Option<u16>,
    /// `http.routes`: the functions that host.json itself describes.
    pub routes: Vec<ImplicitRoute>,
    pub initialization_timeout: Duration,
    pub executable: String,
    pub worker_path: Option<String>,
    /// Where the executable is looked up, absolute.
    pub worker_directory: PathBuf,
    pub working_directory: PathBuf,
    pub arguments: Vec<String>,
    pub worker_arguments: Vec<String>,
    /// `useStdErrorStreamForErrorsOnly`.
    pub stderr_is_errors_only: bool,
}

impl CustomHandler {
    /// Whether the host goes where the handler redirects it: not where `enableForwardingHttpRequest` is on, be it in the section
    /// `httpWorker`, where it changes nothing else (protocol.md#readiness-probe).
    pub const fn follows_redirects(&self) -> bool {
        !self.forwarding
    }
}

/// An element of `customHandler.http.routes` (protocol.md#implicit-routes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImplicitRoute {
    /// `route`; `None` if the element has other members only.
    pub route: Option<String>,
    /// `authorizationLevel`, or else `defaultAuthorizationLevel`.
    pub level: AuthLevel,
    /// Where it stands in host.json: `customHandler.http.routes[0].route`.
    pub place: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HandlerKind {
    #[default]
    CustomHandler,
    /// The deprecated `httpWorker` (protocol.md#the-httpworker-section).
    HttpWorker,
}

/// A retry policy of host.json or function.json (protocol.md#other-keys).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How often to try again; `None` is for ever (`-1`).
    pub max_retry_count: Option<u32>,
    pub strategy: RetryStrategy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryStrategy {
    /// Always the same.
    FixedDelay { delay: Duration },
    /// Doubling within bounds.
    ExponentialBackoff { minimum: Duration, maximum: Duration },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// What stands before every route; `api` by default, may be empty, may have several segments.
    pub route_prefix: String,
    /// How many requests run at a time; `None` is unbounded, 0 is every number that is not a limit.
    pub max_concurrent_requests: Option<usize>,
    pub max_outstanding_requests: Option<usize>,
    /// Headers put on every response that does not have them.
    pub custom_headers: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueOptions {
    /// Messages fetched at a time, 1 to 32.
    pub batch_size: u32,
    /// At how many messages in flight the next ones are fetched; `None` means half the batch size, times the processors.
    pub new_batch_threshold: Option<u32>,
    /// The longest pause between two looks at an empty queue.
    pub max_polling_interval: Duration,
    pub visibility_timeout: Duration,
    /// Attempts before a message is put on the poison queue.
    pub max_dequeue_count: u32,
    pub message_encoding: MessageEncoding,
}

/// How the text of a queue message stands in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageEncoding {
    Base64,
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobOptions {
    /// `maxDegreeOfParallelism`; `None` means eight times the processors.
    pub max_degree_of_parallelism: Option<u32>,
    pub poison_blob_threshold: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionBundle {
    /// `Microsoft.Azure.Functions.ExtensionBundle` or a relative of it.
    pub id: String,
    pub version: String,
}

/// A host error: the host stays in state `Error` until the app changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostError {
    /// The text that `/admin/host/status` shows in `errors`, in the words of the real host.
    pub status: String,
    /// What of it is said to people.
    text: String,
    /// The path in the configuration of the value that is wrong; empty if no single value is wrong.
    path: String,
    /// What to do about it where the path does not say.
    hint: Option<&'static str>,
}

impl HostError {
    pub(super) fn new(status: String, text: &str, path: &str) -> Self {
        Self { status, text: text.to_owned(), path: path.to_owned(), hint: None }
    }

    /// What a library of the real host says of the value at a path.
    pub(super) fn of(library: &str, text: &str, path: &str) -> Self {
        Self::new(format!("{library}: {text}"), text, path)
    }

    /// What the host's own code says.
    pub(super) fn script(text: &str, path: &str) -> Self {
        Self::of("Microsoft.Azure.WebJobs.Script", text, path)
    }

    /// That of a `port` which the host cannot hold for its handler. It is said in the log; by then the real host has begun again
    /// without host.json, and its state shows how that failed (recording G22).
    pub(super) fn port(port: impl std::fmt::Display, path: &str) -> Self {
        let text = format!(
            "Unable to bind to port {port} specified in configuration. Please specify a different port or remove the section \
             to allow dynamic binding of port."
        );
        Self { text, ..Self::script("WorkerConfig for runtime: custom not found.", path) }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// Whether the real host notices only after it has started the handler (recording Z1-host-json-376).
    pub(super) fn is_late(&self) -> bool {
        self.path.starts_with("extensions:Http:")
    }

    /// The same for people. The path is that of the configuration; host.json may spell it in another case.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::new(&self.text, self.path.replace(':', "."));
        match hint_at(&self.path).or(self.hint) {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

/// What to write at a path of the configuration.
fn hint_at(path: &str) -> Option<&'static str> {
    let path = path.to_lowercase();
    Some(match path.rsplit(':').next().unwrap_or_default() {
        "version" if path.contains(':') => "`[4.*, 5.0.0)` is the range for a v4 host",
        "id" => "add \"id\": \"Microsoft.Azure.Functions.ExtensionBundle\"",
        "version" => "write \"version\": \"2.0\", with the quotes",
        "" => "add a section `customHandler` with `description` and in it `defaultExecutablePath`",
        "customhandler" | "httpworker" | "description" => {
            "name the program to start: \"customHandler\": {\"description\": {\"defaultExecutablePath\": \"handler\"}}"
        }
        "type" => "leave it out, or write `http`",
        "port" => {
            "write the number that the program listens on, 1 to 65535, or leave `port` out and let the program read \
             FUNCTIONS_CUSTOMHANDLER_PORT"
        }
        "configurationprofile" => "`mcp-custom-handler` or `web-app-custom-handler`, or leave it out",
        name if name.ends_with("authorizationlevel") => "one of `anonymous`, `user`, `function`, `system`, `admin`",
        "strategy" => "`fixedDelay` or `exponentialBackoff`",
        "batchsize" => "1 to 32",
        "newbatchthreshold" => "0 or more",
        "maxdequeuecount" | "maxdegreeofparallelism" | "poisonblobthreshold" => "1 or more",
        "fileloggingmode" => "`never`, `always` or `debugOnly`",
        _ if path.contains(":loglevel:") => {
            "one of `Trace`, `Debug`, `Information`, `Warning`, `Error`, `Critical`, `None`"
        }
        name if name.contains("timeout") || name.contains("interval") => {
            "write it as hours, minutes and seconds: `00:00:30`"
        }
        _ => return None,
    })
}
