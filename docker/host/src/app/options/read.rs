//! Reading [`HostOptions`] out of the configuration, with what does not convert as host errors.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::conversion::{self, Error};
use super::reader::{BLOBS, HTTP, QUEUES, Reader};
use super::{
    BlobOptions, CustomHandler, DEFAULT_BODY_LIMIT_BYTES, ExtensionBundle, HandlerKind, HostError, HostOptions,
    HttpOptions, ImplicitRoute, MessageEncoding, QueueOptions, Retry,
};
use crate::app::auth_level::AuthLevel;
use crate::app::bundle;
use crate::app::configuration::Configuration;
use crate::app::retry::{Policy, Refusal};
use crate::app::settings::Settings;
use crate::log::{Filter, Level};
use dotnet_text::document::Document;

const DEFAULT_INITIALIZATION_TIMEOUT_SECONDS: u64 = 30;
const DEFAULT_FUNCTION_TIMEOUT_SECONDS: u64 = 30 * 60;
const CONSUMPTION_FUNCTION_TIMEOUT_SECONDS: u64 = 5 * 60;
const CONSUMPTION_MAX_FUNCTION_TIMEOUT_SECONDS: u64 = 10 * 60;
/// How .NET writes that there is no limit to requests.
const UNBOUNDED: i32 = -1;
const A_DAY: TimeDelta = TimeDelta::days(1);
const DEFAULT_POLLING_INTERVAL_SECONDS: u64 = 60;
const DEVELOPMENT_POLLING_INTERVAL_SECONDS: u64 = 2;
const LEAST_POLLING_INTERVAL_MILLISECONDS: u64 = 100;
const ROUTE_PREFIX: &str = "extensions:Http:RoutePrefix";
/// As long as a request line may be: it is part of every route.
const MOST_PREFIX_BYTES: usize = 8 * 1024;

impl HostOptions {
    /// The options, and everything in them that is a host error. An option in error has its default.
    pub fn new(root: &Path, configuration: &Configuration, settings: &Settings) -> (Self, Vec<HostError>) {
        let mut reader = Reader { configuration, errors: Vec::new() };
        let watches_files = reader.boolean("FileWatchingEnabled").unwrap_or(true);
        reader.unused();
        let custom_handler = reader.custom_handler(root);
        let options = Self {
            custom_handler,
            function_timeout: reader.function_timeout(settings),
            functions: configuration.values("functions"),
            retry: reader.retry(),
            http: reader.http(),
            queues: reader.queues(settings),
            blobs: reader.blobs(),
            extension_bundle: reader.extension_bundle(),
            logging: reader.logging(),
            watches_files,
            watch_files: configuration.values("watchFiles"),
            watch_directories: configuration.values("watchDirectories"),
            request_body_limit_bytes: settings
                .get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(DEFAULT_BODY_LIMIT_BYTES),
        };
        if let Some(bundle) = &options.extension_bundle
            && let Some(text) = bundle::error(bundle)
        {
            let key = if bundle.id.trim().is_empty() { "extensionBundle:id" } else { "extensionBundle:version" };
            reader.errors.push(HostError::script(&text, key));
        }
        (options, reader.errors)
    }
}

impl Reader<'_> {
    fn custom_handler(&mut self, root: &Path) -> Option<CustomHandler> {
        let (section, kind) = if self.configuration.exists("customHandler") {
            ("customHandler", HandlerKind::CustomHandler)
        } else if self.configuration.exists("httpWorker") {
            ("httpWorker", HandlerKind::HttpWorker)
        } else {
            self.errors.push(HostError::script("WorkerConfig for runtime: custom not found.", ""));
            return None;
        };
        let forwarding = self.boolean(&format!("{section}:EnableForwardingHttpRequest")).unwrap_or(false);
        let proxying = self.boolean(&format!("{section}:EnableProxyingHttpRequest")).unwrap_or(false);
        let port = self.port(section);
        let routes = self.routes(section);
        let initialization_timeout = self
            .span(&format!("{section}:InitializationTimeout"))
            .unwrap_or(Duration::from_secs(DEFAULT_INITIALIZATION_TIMEOUT_SECONDS));
        self.convert(&format!("{section}:Type"), |text| {
            let type_name = "Microsoft.Azure.WebJobs.Script.Workers.Http.CustomHandlerType";
            conversion::enumeration(text, type_name, &["none", "http"])
        });
        let description = format!("{section}:Description");
        let executable = self.executable(section, &description)?;
        let text = |key: &str| self.configuration.get(&format!("{description}:{key}")).filter(|text| !text.is_empty());
        let directory = |key| text(key).map_or(root.to_path_buf(), |path| root.join(path));
        Some(CustomHandler {
            kind,
            forwarding,
            proxying,
            port,
            routes,
            initialization_timeout,
            executable,
            worker_path: text("defaultWorkerPath").map(str::to_owned),
            worker_directory: directory("workerDirectory"),
            working_directory: directory("workingDirectory"),
            arguments: self.arguments(&format!("{description}:arguments")),
            worker_arguments: self.arguments(&format!("{description}:workerArguments")),
            stderr_is_errors_only: self
                .boolean(&format!("{description}:UseStdErrorStreamForErrorsOnly"))
                .unwrap_or(true),
        })
    }

    /// What is started, if the description of it can be read.
    fn executable(&mut self, section: &str, description: &str) -> Option<String> {
        self.nullable(&format!("{description}:IsDisabled"), conversion::boolean);
        for key in ["DefaultExecutablePath", "DefaultWorkerPath", "WorkerDirectory", "WorkingDirectory"] {
            self.text(&format!("{description}:{key}"));
        }
        if self.configuration.children(description).is_empty() {
            self.errors.push(HostError::script("WorkerConfig for runtime: custom not found.", section));
            return None;
        }
        let executable = self.configuration.get(&format!("{description}:defaultExecutablePath"));
        let executable = executable.filter(|text| !text.is_empty()).map(str::to_owned);
        if executable.is_none() {
            let text = "WorkerDescription DefaultExecutablePath cannot be empty.";
            self.errors.push(HostError::script(text, description));
        }
        executable
    }

    fn port(&mut self, section: &str) -> Option<u16> {
        let number = self.number(&format!("{section}:Port"))?;
        let port = u16::try_from(number).ok().filter(|port| *port != 0);
        if port.is_none() {
            self.errors.push(HostError::port(number, &format!("{section}:port")));
        }
        port
    }

    /// The elements of `http.routes`. One without any member is passed over, as is one whose level is not a level, or whose route is
    /// not one text (recordings G16d, GT-level-unknown, GT-member-only).
    fn routes(&mut self, section: &str) -> Vec<ImplicitRoute> {
        let default = self.level(section);
        let list = format!("{section}:http:routes");
        let elements = self.configuration.children(&list);
        let element = |name: String| {
            let path = format!("{list}:{name}");
            if self.configuration.children(&path).is_empty() {
                return None;
            }
            let level = match self.configuration.get(&format!("{path}:authorizationLevel")) {
                Some("") | None => default,
                Some(text) => AuthLevel::of(text)?,
            };
            let route = format!("{path}:route");
            if !self.configuration.children(&route).is_empty() {
                return None;
            }
            let route = self.configuration.get(&route).map(str::to_owned);
            let place = format!("{section}.http.routes[{name}].route");
            Some(ImplicitRoute { route, level, place })
        };
        elements.into_iter().filter_map(element).collect()
    }

    /// `defaultAuthorizationLevel`, by name or by number.
    fn level(&mut self, section: &str) -> AuthLevel {
        const TYPE_NAME: &str = "Microsoft.Azure.WebJobs.Extensions.Http.AuthorizationLevel";
        let read = |text: &str| AuthLevel::of(text).ok_or_else(|| Error::enumeration(TYPE_NAME, text));
        self.convert(&format!("{section}:Http:DefaultAuthorizationLevel"), read).unwrap_or(AuthLevel::Function)
    }

    /// A list, or one text that holds a JSON array of texts, which then wins; any other text is ignored (recordings C12,
    /// CX-arg-json-string, CX-arg-bad-string). The array may be written as loosely as host.json itself.
    fn arguments(&self, path: &str) -> Vec<String> {
        let from_text = self.configuration.get(path).and_then(list_in_text);
        from_text.unwrap_or_else(|| self.configuration.values(path))
    }

    /// `None` is for ever: `-1`, a negative day, which the consumption plan does not offer (recording CX-timeout-zero).
    fn function_timeout(&mut self, settings: &Settings) -> Option<Duration> {
        let is_consumption = settings.get("WEBSITE_SKU") == Some("Dynamic");
        let (default, most_seconds, most) = if is_consumption {
            (CONSUMPTION_FUNCTION_TIMEOUT_SECONDS, CONSUMPTION_MAX_FUNCTION_TIMEOUT_SECONDS, "00:10:00")
        } else {
            (DEFAULT_FUNCTION_TIMEOUT_SECONDS, u64::MAX, "10675199.02:48:05.4775807")
        };
        let Some(span) = self.nullable("FunctionTimeout", conversion::span) else {
            return Some(Duration::from_secs(default));
        };
        if span == -A_DAY && !is_consumption {
            return None;
        }
        let timeout = span.to_std().unwrap_or_default();
        if timeout < Duration::from_secs(1) || timeout > Duration::from_secs(most_seconds) {
            let text = format!("FunctionTimeout must be greater than 00:00:01 and less than {most}.");
            self.errors.push(HostError::script(&text, "functionTimeout"));
        }
        Some(timeout)
    }

    /// Without `strategy` it is `exponentialBackoff`; a policy that lacks one of its values is a host error.
    fn retry(&mut self) -> Option<Retry> {
        if self.configuration.children("retry").is_empty() {
            return None;
        }
        let errors_before = self.errors.len();
        let strategy = self.convert("Retry:Strategy", |text| {
            let type_name = "Microsoft.Azure.WebJobs.Script.Description.RetryStrategy";
            conversion::enumeration(text, type_name, &["exponentialBackoff", "fixedDelay"])
        });
        let mut policy = Policy { strategy: strategy.unwrap_or_default(), ..Policy::default() };
        policy.count = self.nullable("Retry:MaxRetryCount", conversion::int32);
        policy.delay = self.nullable("Retry:DelayInterval", conversion::span);
        policy.minimum = self.nullable("Retry:MinimumInterval", conversion::span);
        policy.maximum = self.nullable("Retry:MaximumInterval", conversion::span);
        if self.errors.len() > errors_before {
            return None;
        }
        policy.check().unwrap_or_else(|Refusal { library, text }| {
            self.errors.push(HostError::of(library, &text, "retry"));
            None
        })
    }

    fn http(&mut self) -> HttpOptions {
        let limit = |count: Option<i32>| count.filter(|it| *it != UNBOUNDED).map(|it| usize::try_from(it).unwrap_or(0));
        let headers = format!("{HTTP}:customHeaders");
        // This host never throttles by itself, but the real one reads the value.
        self.boolean(&format!("{HTTP}:DynamicThrottlesEnabled"));
        self.boolean(&format!("{HTTP}:EnableChunkedRequestBinding"));
        let mut route_prefix = self.configuration.get(ROUTE_PREFIX).unwrap_or("api").to_owned();
        if route_prefix.len() > MOST_PREFIX_BYTES {
            let length = route_prefix.len();
            let text = format!("the route prefix has {length} bytes, and mini-host takes {MOST_PREFIX_BYTES} at most");
            self.errors.push(HostError::script(&text, ROUTE_PREFIX));
            route_prefix.clear();
        }
        HttpOptions {
            route_prefix,
            max_concurrent_requests: limit(self.number(&format!("{HTTP}:MaxConcurrentRequests"))),
            max_outstanding_requests: limit(self.number(&format!("{HTTP}:MaxOutstandingRequests"))),
            custom_headers: self
                .configuration
                .children(&headers)
                .into_iter()
                .filter_map(|name| {
                    let value = self.configuration.get(&format!("{headers}:{name}"))?.to_owned();
                    Some((name, value))
                })
                .collect(),
        }
    }

    fn queues(&mut self, settings: &Settings) -> QueueOptions {
        let is_development = |name: &str| name.eq_ignore_ascii_case("Development");
        let polling_seconds = if settings.get("AZURE_FUNCTIONS_ENVIRONMENT").is_some_and(is_development) {
            DEVELOPMENT_POLLING_INTERVAL_SECONDS
        } else {
            DEFAULT_POLLING_INTERVAL_SECONDS
        };
        let of = |key: &str| format!("{QUEUES}:{key}");
        let encoding = self.convert(&of("MessageEncoding"), |text| {
            conversion::enumeration(text, "Azure.Storage.Queues.QueueMessageEncoding", &["none", "base64"])
        });
        let least = Duration::from_millis(LEAST_POLLING_INTERVAL_MILLISECONDS);
        let polling = self.convert(&of("MaxPollingInterval"), conversion::span).map(|span| span.to_std());
        if polling.is_some_and(|span| span.is_ok_and(|span| span < least) || span.is_err()) {
            self.refuse(&of("MaxPollingInterval"), "MaxPollingInterval must not be less than 00:00:00.1000000.");
        }
        QueueOptions {
            batch_size: self.number_within(&of("BatchSize"), 1..=32).unwrap_or(16),
            new_batch_threshold: self.number_within(&of("NewBatchThreshold"), 0..=i32::MAX),
            max_polling_interval: polling
                .and_then(Result::ok)
                .unwrap_or(Duration::from_secs(polling_seconds))
                .max(least),
            visibility_timeout: self.span(&of("VisibilityTimeout")).unwrap_or_default(),
            max_dequeue_count: self.number_within(&of("MaxDequeueCount"), 1..=i32::MAX).unwrap_or(5),
            message_encoding: if encoding == Some(0) { MessageEncoding::None } else { MessageEncoding::Base64 },
        }
    }

    fn blobs(&mut self) -> BlobOptions {
        let mut above_zero = |key: &str| self.number_within(&format!("{BLOBS}:{key}"), 1..=i32::MAX);
        BlobOptions {
            max_degree_of_parallelism: above_zero("MaxDegreeOfParallelism"),
            poison_blob_threshold: above_zero("PoisonBlobThreshold").unwrap_or(5),
        }
    }

    fn extension_bundle(&self) -> Option<ExtensionBundle> {
        let text = |key: &str| Some(self.configuration.get(&format!("extensionBundle:{key}"))?.to_owned());
        self.configuration.exists("extensionBundle").then(|| ExtensionBundle {
            id: text("id").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
        })
    }

    fn logging(&mut self) -> Filter {
        let mode = |text: &str| if text.is_empty() { Ok(0) } else { conversion::file_logging_mode(text) };
        self.convert("logging:fileLoggingMode", mode);
        let (mut defaults, rules) = self
            .levels("logging:logLevel")
            .into_iter()
            .partition::<Vec<_>, _>(|(category, _)| category.eq_ignore_ascii_case("default"));
        // Those of one provider are read as well; this host has but one, the console.
        for provider in self.configuration.children("logging") {
            self.levels(&format!("logging:{provider}:logLevel"));
        }
        let console = self.boolean("logging:console:IsEnabled").unwrap_or(true);
        let default = defaults.pop().map_or(Filter::default().default, |(_, level)| level);
        Filter { console, default, rules }
    }

    /// Levels by category, at any depth; a text that is not a level is a host error, and an empty one counts as absent (recordings
    /// PX2-host-level-*).
    fn levels(&mut self, section: &str) -> Vec<(String, Level)> {
        let mut levels = Vec::new();
        for (category, text) in self.configuration.below(section).filter(|(_, text)| !text.is_empty()) {
            match text.parse() {
                Ok(level) => levels.push((category.to_owned(), level)),
                Err(()) => {
                    let text = format!("Configuration value '{text}' is not supported.");
                    let path = format!("{section}:{category}");
                    self.errors.push(HostError::of("Microsoft.Extensions.Logging.Configuration", &text, &path));
                }
            }
        }
        levels
    }
}

/// The items of a JSON array of texts; `None` if the text is not one.
fn list_in_text(text: &str) -> Option<Vec<String>> {
    let document = Document::parse(text).ok()?;
    let item = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    };
    document.value.as_array()?.iter().map(item).collect()
}
