//! Reading [`HostOptions`] out of the configuration, with what does not convert as host errors.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{
    BlobOptions, CustomHandler, ExtensionBundle, HandlerKind, HostError, HostOptions, HttpOptions, ImplicitRoute,
    Logging, MessageEncoding, QueueOptions, Retry, RetryStrategy,
};
use crate::app::auth_level::AuthLevel;
use crate::app::bundle;
use crate::app::configuration::Configuration;
use crate::app::settings::Settings;
use dotnet_text::document::Document;
use dotnet_text::time_span;

const DEFAULT_INITIALIZATION_TIMEOUT_SECONDS: u64 = 30;
const DEFAULT_FUNCTION_TIMEOUT_SECONDS: u64 = 30 * 60;
const CONSUMPTION_FUNCTION_TIMEOUT_SECONDS: u64 = 5 * 60;
const CONSUMPTION_MAX_FUNCTION_TIMEOUT_SECONDS: u64 = 10 * 60;
/// How .NET writes that there is no limit to requests.
const UNBOUNDED: i64 = -1;
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_POLLING_INTERVAL_SECONDS: u64 = 60;
const DEVELOPMENT_POLLING_INTERVAL_SECONDS: u64 = 2;
const LEAST_POLLING_INTERVAL_MILLISECONDS: u64 = 100;
const DEFAULT_REQUEST_BODY_LIMIT_BYTES: u64 = 104_857_600;

impl HostOptions {
    /// The options, and everything in them that is a host error. An option in error has its default.
    pub fn new(root: &Path, configuration: &Configuration, settings: &Settings) -> (Self, Vec<HostError>) {
        let mut reader = Reader { configuration, errors: Vec::new() };
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
            logging: reader.logging(settings),
            watch_files: configuration.values("watchFiles"),
            watch_directories: configuration.values("watchDirectories"),
            request_body_limit_bytes: settings
                .get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT")
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(DEFAULT_REQUEST_BODY_LIMIT_BYTES),
        };
        if let Some(bundle) = &options.extension_bundle
            && let Some(status) = bundle::error(bundle)
        {
            let key = if bundle.id.trim().is_empty() { "extensionBundle:id" } else { "extensionBundle:version" };
            reader.fail(status, Some(key));
        }
        (options, reader.errors)
    }
}

/// Reads typed values; what does not convert is a host error in .NET's words (protocol.md#other-keys).
struct Reader<'a> {
    configuration: &'a Configuration,
    errors: Vec<HostError>,
}

impl Reader<'_> {
    fn custom_handler(&mut self, root: &Path) -> Option<CustomHandler> {
        let (section, kind) = if self.configuration.exists("customHandler") {
            ("customHandler", HandlerKind::CustomHandler)
        } else if self.configuration.exists("httpWorker") {
            ("httpWorker", HandlerKind::HttpWorker)
        } else {
            self.fail(script("WorkerConfig for runtime: custom not found."), None);
            return None;
        };
        let forwarding = self.boolean(section, "EnableForwardingHttpRequest", false);
        let proxying = self.boolean(section, "EnableProxyingHttpRequest", false);
        let port = self.port(section);
        let routes = self.routes(section);
        let initialization_timeout =
            self.span(section, "InitializationTimeout", Duration::from_secs(DEFAULT_INITIALIZATION_TIMEOUT_SECONDS));
        self.one_of(
            section,
            "Type",
            "Microsoft.Azure.WebJobs.Script.Workers.Http.CustomHandlerType",
            &["none", "http"],
        );
        let description = format!("{section}:description");
        if self.configuration.children(&description).is_empty() {
            self.fail(script("WorkerConfig for runtime: custom not found."), Some(section));
            return None;
        }
        let text = |key: &str| self.configuration.get(&format!("{description}:{key}")).filter(|text| !text.is_empty());
        let Some(executable) = text("defaultExecutablePath") else {
            self.fail(script("WorkerDescription DefaultExecutablePath cannot be empty."), Some(&description));
            return None;
        };
        let directory = |key| text(key).map_or(root.to_path_buf(), |path| root.join(path));
        Some(CustomHandler {
            kind,
            forwarding,
            proxying,
            port,
            routes,
            initialization_timeout,
            executable: executable.to_owned(),
            worker_path: text("defaultWorkerPath").map(str::to_owned),
            worker_directory: directory("workerDirectory"),
            working_directory: directory("workingDirectory"),
            arguments: self.arguments(&format!("{description}:arguments")),
            worker_arguments: self.arguments(&format!("{description}:workerArguments")),
            stderr_is_errors_only: self.boolean(&description, "UseStdErrorStreamForErrorsOnly", true),
        })
    }

    /// The port that the program listens on.
    fn port(&mut self, section: &str) -> Option<u16> {
        let path = format!("{section}:port");
        let errors_before = self.errors.len();
        let number: i32 = self.number(section, "Port", 0);
        if self.configuration.get(&path).is_none() || self.errors.len() > errors_before {
            return None;
        }
        let port = u16::try_from(number).ok().filter(|port| *port != 0);
        if port.is_none() {
            self.errors.push(HostError::port(number, &path));
        }
        port
    }

    /// The elements of `http.routes`. One without any member is passed over, as is one whose level is not a level (recordings
    /// G16d, GT-level-unknown, GT-member-only).
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
                Some(text) => AuthLevel::of(text)?,
                None => default,
            };
            let route = self.configuration.get(&format!("{path}:route")).map(str::to_owned);
            Some(ImplicitRoute { route, level, path })
        };
        elements.into_iter().filter_map(element).collect()
    }

    /// `defaultAuthorizationLevel`, by name or by number.
    fn level(&mut self, section: &str) -> AuthLevel {
        let type_name = "Microsoft.Azure.WebJobs.Extensions.Http.AuthorizationLevel";
        self.convert(section, "Http:DefaultAuthorizationLevel", type_name, AuthLevel::Function, |text| {
            AuthLevel::of(text).ok_or_else(|| {
                format!(
                    "System.ComponentModel.TypeConverter: {text} is not a valid value for AuthorizationLevel. \
                     System.Private.CoreLib: Requested value '{text}' was not found."
                )
            })
        })
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
        let written = self.configuration.get("functionTimeout").unwrap_or_default().trim();
        if written.is_empty() {
            return Some(Duration::from_secs(default));
        }
        let negative = written.strip_prefix('-').and_then(time_span::parse);
        if negative == Some(A_DAY) && !is_consumption {
            return None;
        }
        let timeout = match negative {
            Some(_) => Duration::ZERO,
            None => self.span("", "FunctionTimeout", Duration::from_secs(default)),
        };
        if timeout < Duration::from_secs(1) || timeout > Duration::from_secs(most_seconds) {
            let text = format!("FunctionTimeout must be greater than 00:00:01 and less than {most}.");
            self.fail(script(&text), Some("functionTimeout"));
        }
        Some(timeout)
    }

    /// Without `strategy` it is `exponentialBackoff`; a policy that lacks one of its values is a host error.
    fn retry(&mut self) -> Option<Retry> {
        if self.configuration.children("retry").is_empty() {
            return None;
        }
        let strategy_type = "Microsoft.Azure.WebJobs.Script.Description.RetryStrategy";
        let errors_before = self.errors.len();
        let strategy = self.one_of("retry", "Strategy", strategy_type, &["exponentialBackoff", "fixedDelay"]);
        if self.errors.len() > errors_before {
            return None;
        }
        self.require("retry", "MaxRetryCount");
        let count: i64 = self.number("retry", "MaxRetryCount", 0);
        let strategy = if strategy.as_deref() == Some("fixedDelay") {
            self.require("retry", "DelayInterval");
            RetryStrategy::FixedDelay { delay: self.span("retry", "DelayInterval", Duration::ZERO) }
        } else {
            self.require("retry", "MinimumInterval");
            self.require("retry", "MaximumInterval");
            RetryStrategy::ExponentialBackoff {
                minimum: self.span("retry", "MinimumInterval", Duration::ZERO),
                maximum: self.span("retry", "MaximumInterval", Duration::ZERO),
            }
        };
        Some(Retry { max_retry_count: u32::try_from(count).ok(), strategy })
    }

    /// A value that may not be absent; the real host misses the first one only.
    fn require(&mut self, section: &str, key: &str) {
        let path = format!("{section}:{key}");
        if self.configuration.get(&path).is_none_or(str::is_empty) {
            self.fail(script(&format!("Value cannot be null. (Parameter '{key}').")), Some(&path));
        }
    }

    fn http(&mut self) -> HttpOptions {
        let section = "extensions:http";
        let limit = |count: i64| (count != UNBOUNDED).then(|| usize::try_from(count).unwrap_or(0));
        let headers = format!("{section}:customHeaders");
        HttpOptions {
            route_prefix: self.configuration.get("extensions:http:routePrefix").unwrap_or("api").to_owned(),
            max_concurrent_requests: limit(self.number(section, "MaxConcurrentRequests", UNBOUNDED)),
            max_outstanding_requests: limit(self.number(section, "MaxOutstandingRequests", UNBOUNDED)),
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
        let section = "extensions:queues";
        let development =
            settings.get("AZURE_FUNCTIONS_ENVIRONMENT").is_some_and(|name| name.eq_ignore_ascii_case("Development"));
        let polling_seconds =
            if development { DEVELOPMENT_POLLING_INTERVAL_SECONDS } else { DEFAULT_POLLING_INTERVAL_SECONDS };
        let encoding_type = "Azure.Storage.Queues.QueueMessageEncoding";
        let encoding = self.one_of(section, "MessageEncoding", encoding_type, &["none", "base64"]);
        QueueOptions {
            batch_size: self.number(section, "BatchSize", 16_u32).clamp(1, 32),
            new_batch_threshold: self
                .configuration
                .exists("extensions:queues:newBatchThreshold")
                .then(|| self.number(section, "NewBatchThreshold", 0)),
            max_polling_interval: self
                .span(section, "MaxPollingInterval", Duration::from_secs(polling_seconds))
                .max(Duration::from_millis(LEAST_POLLING_INTERVAL_MILLISECONDS)),
            visibility_timeout: self.span(section, "VisibilityTimeout", Duration::ZERO),
            max_dequeue_count: self.number(section, "MaxDequeueCount", 5_u32).max(1),
            message_encoding: match encoding.as_deref() {
                Some("none") => MessageEncoding::None,
                _ => MessageEncoding::Base64,
            },
        }
    }

    fn blobs(&mut self) -> BlobOptions {
        let section = "extensions:blobs";
        BlobOptions {
            max_degree_of_parallelism: self
                .configuration
                .exists("extensions:blobs:maxDegreeOfParallelism")
                .then(|| self.number(section, "MaxDegreeOfParallelism", 8_u32).max(1)),
            poison_blob_threshold: self.number(section, "PoisonBlobThreshold", 5_u32).max(1),
        }
    }

    fn extension_bundle(&self) -> Option<ExtensionBundle> {
        let text = |key: &str| Some(self.configuration.get(&format!("extensionBundle:{key}"))?.to_owned());
        let is_there = !self.configuration.children("extensionBundle").is_empty();
        is_there.then(|| ExtensionBundle {
            id: text("id").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
        })
    }

    fn logging(&mut self, settings: &Settings) -> Logging {
        let development =
            settings.get("AZURE_FUNCTIONS_ENVIRONMENT").is_some_and(|name| name.eq_ignore_ascii_case("Development"));
        let levels = self
            .configuration
            .children("logging:logLevel")
            .into_iter()
            .filter_map(|category| {
                let level = self.configuration.get(&format!("logging:logLevel:{category}"))?.parse().ok()?;
                Some((category, level))
            })
            .collect();
        Logging { console: self.boolean("logging:console", "IsEnabled", development), levels }
    }

    fn boolean(&mut self, section: &str, key: &str, default: bool) -> bool {
        self.convert(section, key, "System.Boolean", default, |text| match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!(
                "System.ComponentModel.TypeConverter: {text} is not a valid value for Boolean. \
                 System.Private.CoreLib: String '{text}' was not recognized as a valid Boolean."
            )),
        })
    }

    fn span(&mut self, section: &str, key: &str, default: Duration) -> Duration {
        self.convert(section, key, "System.TimeSpan", default, |text| {
            time_span::parse(text).ok_or_else(|| {
                format!(
                    "System.ComponentModel.TypeConverter: {text} is not a valid value for TimeSpan. \
                     System.Private.CoreLib: String '{text}' was not recognized as a valid TimeSpan."
                )
            })
        })
    }

    fn number<N: std::str::FromStr>(&mut self, section: &str, key: &str, default: N) -> N {
        self.convert(section, key, "System.Int32", default, |text| {
            int32(text).and_then(|number| number.to_string().parse().ok()).ok_or_else(|| {
                let reason = match text {
                    "" => "Index was outside the bounds of the array.".to_owned(),
                    text => format!("The input string '{text}' was not in a correct format."),
                };
                format!(
                    "System.ComponentModel.TypeConverter: {text} is not a valid value for Int32. (Parameter 'value'). \
                     System.Private.CoreLib: {reason}"
                )
            })
        })
    }

    /// A value of an enumeration, in the spelling of `names`; `None` when absent or wrong.
    fn one_of(&mut self, section: &str, key: &str, type_name: &str, names: &[&str]) -> Option<String> {
        let short = type_name.rsplit('.').next().unwrap_or(type_name);
        self.convert(section, key, type_name, None, |text| {
            names
                .iter()
                .find(|name| name.eq_ignore_ascii_case(text.trim()))
                .map(|name| Some((*name).to_owned()))
                .ok_or_else(|| {
                    format!(
                        "System.ComponentModel.TypeConverter: {text} is not a valid value for {short}. \
                     System.Private.CoreLib: Requested value '{text}' was not found."
                    )
                })
        })
    }

    fn convert<T>(
        &mut self,
        section: &str,
        key: &str,
        type_name: &str,
        default: T,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        let path = if section.is_empty() { key.to_owned() } else { format!("{section}:{key}") };
        let Some(text) = self.configuration.get(&path) else { return default };
        match read(text) {
            Ok(value) => value,
            Err(reason) => {
                let shown = dotnet_path(section, key);
                let status = format!(
                    "Microsoft.Extensions.Configuration.Binder: Failed to convert configuration value '{text}' at \
                     'AzureFunctionsJobHost:{shown}' to type '{type_name}'. {reason}"
                );
                self.fail(status, Some(&path));
                default
            }
        }
    }

    fn fail(&mut self, status: String, path: Option<&str>) {
        self.errors.push(HostError { status, log: None, path: path.map(str::to_owned) });
    }
}

/// A whole number as .NET's converter reads it: with spaces around it, or hexadecimal behind `0x`, `&h` or `#`.
fn int32(text: &str) -> Option<i32> {
    let text = text.trim();
    let folded = text.to_ascii_lowercase();
    let hexadecimal = ["0x", "&h", "#"].iter().find_map(|prefix| folded.strip_prefix(prefix));
    match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
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

/// The real host spells a section as its code asks for it (`customHandler`, `Retry`) and a key as its .NET property.
fn dotnet_path(section: &str, key: &str) -> String {
    match section {
        "" => key.to_owned(),
        "retry" => format!("Retry:{key}"),
        _ => format!("{section}:{key}"),
    }
}

fn script(text: &str) -> String {
    format!("Microsoft.Azure.WebJobs.Script: {text}")
}
