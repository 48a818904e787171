//! One function.json as a value (protocol.md#discovery-and-names to #binding-keys).

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::advice::Fault;
use super::auth_level::AuthLevel;
use super::options::{HandlerKind, HostOptions, Retry, RetryStrategy};
use super::settings::Settings;
use crate::grammar::blob_path::BlobPattern;
use crate::grammar::queue_name;
use crate::grammar::spelling::did_you_mean;
use dotnet_text::document::Document;
use dotnet_text::json::text_of;
use dotnet_text::time_span;

/// A function whose function.json could be read. It may still be faulty: see [`Function::errors`].
#[derive(Debug, Clone)]
pub struct Function {
    /// The name of its directory.
    pub name: String,
    /// The category of its entries in the log: `Function.NAME`.
    pub log_category: String,
    /// Its directory, absolute.
    pub directory: PathBuf,
    /// All bindings, in the order of the file.
    pub bindings: Vec<Binding>,
    /// Which of the bindings is the (first) trigger.
    pub trigger: Option<usize>,
    /// What the HTTP trigger says, if the function has one.
    pub http: Option<HttpTrigger>,
    /// Its own retry policy; where it has none, the app's holds.
    pub retry: Option<Retry>,
    /// Why it is not loaded, in the words of the real host; empty when it is (protocol.md#discovery-and-names).
    pub errors: Vec<String>,
    /// Its script, as the real host finds it; a custom handler has no use for it.
    pub script_file: Option<PathBuf>,
    /// Whether a setting disables it: it is loaded but not served or triggered (protocol.md#top-level-keys).
    pub disabled: bool,
    /// Whether the allow list of host.json leaves it out (protocol.md#other-keys).
    pub filtered: bool,
    /// Where in host.json the route stands that it was made of (protocol.md#implicit-routes); `None` if it has a
    /// function.json.
    pub host_json_path: Option<String>,
    /// function.json as it is written, or as it would be.
    pub file: Document,
}

/// A function whose function.json could not be read: it is not listed, only its status tells why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of its directory.
    pub name: String,
    /// Why, in the words of the real host.
    pub errors: Vec<String>,
    /// The route in host.json that it should have been made of, as the log shows it.
    pub route: Option<String>,
}

/// One element of `bindings`.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// `name`, as written; empty when absent.
    pub name: String,
    /// `type`, as written; empty when absent. Compare it with [`Binding::is`].
    pub kind: String,
    /// `direction`; `in` when absent.
    pub direction: Direction,
    /// `dataType`.
    pub data_type: Option<DataType>,
    /// `cardinality`; one when absent.
    pub cardinality: Cardinality,
    /// `connection`, as written.
    pub connection: Option<String>,
    /// Every property of the binding as it is written.
    pub raw: Map<String, Value>,
}

/// Which way the data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
    InOut,
}

/// What a binding wants its data as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    String,
    Binary,
    Stream,
}

/// Whether an event trigger takes one event or many at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    One,
    Many,
}

/// How a request reaches the handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpMode {
    /// Streamed both ways, as a reverse proxy does it.
    Proxying,
    /// Passed on as it is, whole.
    Forwarding,
    /// In an envelope.
    Default,
}

/// What an HTTP trigger says about requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTrigger {
    /// The route template without the prefix; the function's name where the file has none.
    pub route: String,
    /// The methods it takes; `None` is all of them, an empty list none.
    pub methods: Option<Vec<String>>,
    /// Who may call it.
    pub level: AuthLevel,
}

impl Function {
    /// Whether it is loaded: without errors and not left out by the allow list. A disabled function is loaded.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.errors.is_empty() && !self.filtered
    }

    /// Whether host.json describes it, and no function.json.
    #[must_use]
    pub const fn is_implicit(&self) -> bool {
        self.host_json_path.is_some()
    }

    /// A fault of its function.json in words, with its place.
    #[must_use]
    pub fn advice(&self, fault: &Fault) -> String {
        fault.advice(&self.directory.join("function.json"), Some(&self.file))
    }

    /// The binding that starts the function.
    #[must_use]
    pub fn trigger_binding(&self) -> Option<&Binding> {
        self.bindings.get(self.trigger?)
    }

    /// Bindings whose value goes to the handler.
    pub fn inputs(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.direction != Direction::Out)
    }

    /// Bindings whose value comes from the handler.
    pub fn outputs(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|binding| binding.direction != Direction::In)
    }

    /// Whether its only input is an HTTP trigger and its only output an HTTP answer (protocol.md#forwarding-which-functions).
    #[must_use]
    pub fn is_pure_http(&self) -> bool {
        is_only(self.inputs(), "httpTrigger") && is_only(self.outputs(), "http")
    }

    /// How requests to it reach the handler (protocol.md#proxying-which-functions and #forwarding-which-functions). With
    /// `httpWorker` those to a pure HTTP function are always passed on, but to the path `/<name>`
    /// (protocol.md#the-httpworker-section).
    #[must_use]
    pub fn http_mode(&self, options: &HostOptions) -> HttpMode {
        match options.custom_handler.as_ref().filter(|_| self.is_pure_http()) {
            Some(handler) if handler.proxying => HttpMode::Proxying,
            Some(handler) if handler.forwarding || handler.kind == HandlerKind::HttpWorker => HttpMode::Forwarding,
            _ => HttpMode::Default,
        }
    }

    /// The retry policy that holds for it: its own, or else the app's.
    #[must_use]
    pub fn retry_policy<'a>(&'a self, options: &'a HostOptions) -> Option<&'a Retry> {
        self.retry.as_ref().or(options.retry.as_ref())
    }
}

impl Binding {
    /// Whether its type is `kind`, in any letter case.
    #[must_use]
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Whether it starts the function.
    #[must_use]
    pub fn is_trigger(&self) -> bool {
        self.direction == Direction::In && self.kind.to_ascii_lowercase().ends_with("trigger")
    }

    /// A property by its name in any letter case.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        property(&self.raw, name)
    }

    /// The queue of a trigger: only settings stand for something in its name.
    ///
    /// # Errors
    /// In the words of the real host, as a reason why the function is not loaded.
    pub fn queue(&self, settings: &Settings) -> Result<String, String> {
        queue_name::check(&settings.expand(self.text("queueName").unwrap_or_default())?.to_lowercase())
    }

    /// The blobs of a trigger.
    ///
    /// # Errors
    /// As [`Binding::queue`].
    pub fn blob_pattern(&self, settings: &Settings) -> Result<BlobPattern, String> {
        BlobPattern::parse(&settings.expand(self.text("path").unwrap_or_default())?)
    }

    /// A property that is a text, by its name in any letter case.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }
}

/// A member of an object by its name in any letter case; the exact name wins.
pub(super) fn property<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Everything function.json says, or the one error that makes it unreadable.
pub(super) struct Definition {
    pub bindings: Vec<Binding>,
    pub retry: Option<Retry>,
    pub script_file: Option<String>,
}

/// Reads a parsed function.json. The texts of faults are those of the real host's parser (protocol.md#discovery-and-names).
pub(super) fn read(name: &str, document: &Document) -> Result<Definition, Fault> {
    let Some(file) = document.value.as_object() else { return Err(Fault::new("is no JSON object", "")) };
    // The real host reads these names in this letter case only, unlike those in a binding.
    let bindings = match file.get("bindings") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(bindings)) => bindings
            .iter()
            .enumerate()
            .map(|(index, raw)| binding(raw, &format!("bindings[{index}]"), document))
            .collect::<Result<_, _>>()?,
        Some(other) => {
            return Err(Fault::new(cast(other, "JArray"), "bindings").hint("`bindings` is a list: [ {…}, {…} ]"));
        }
    };
    if bindings.is_empty() {
        let is_slip = |key: &&String| *key != "bindings" && did_you_mean(key, &["bindings"]).is_some();
        let slip = file.keys().find(is_slip);
        let hint = slip.map_or("add `bindings`, with one trigger".to_owned(), |slip| {
            format!("`{slip}`: did you mean `bindings`?")
        });
        let path = slip.map_or("bindings", String::as_str);
        return Err(Fault::of_name("At least one binding must be declared.", path).hint(hint));
    }
    let source = property(file, "configurationSource").map(|source| text_of(source).unwrap_or_default());
    let is_legal = |source: &str| ["config", "attributes"].iter().any(|legal| source.eq_ignore_ascii_case(legal));
    if let Some(source) = source.filter(|source| !is_legal(source)) {
        // The stray quote is the real host's.
        let text = format!("Illegal value '{source}' for 'configurationSource' property in {name}'.");
        return Err(Fault::new(text, "configurationSource").hint("remove it"));
    }
    let retry = file.get("retry").and_then(Value::as_object).map(|raw| retry(raw, document)).transpose()?;
    let script_file = file.get("scriptFile").and_then(Value::as_str).filter(|path| !path.is_empty());
    Ok(Definition { bindings, retry, script_file: script_file.map(str::to_owned) })
}

/// What an HTTP trigger says. A level or a list of methods that is none is a fault of the function
/// ([`super::faults::find`]); here it counts as absent.
pub(super) fn http_trigger(function: &str, trigger: &Binding) -> Option<HttpTrigger> {
    if !trigger.is("httpTrigger") {
        return None;
    }
    let methods = trigger.property("methods").and_then(Value::as_array);
    let text = |name: &str| trigger.property(name).and_then(text_of);
    Some(HttpTrigger {
        route: text("route").filter(|route| !route.trim().is_empty()).unwrap_or_else(|| function.to_owned()),
        methods: methods.map(|methods| methods.iter().filter_map(text_of).collect()),
        level: text("authLevel").as_deref().and_then(auth_level).unwrap_or(AuthLevel::Function),
    })
}

/// A level as a binding writes it. An empty text is as good as none.
pub(super) fn auth_level(text: &str) -> Option<AuthLevel> {
    if text.is_empty() { Some(AuthLevel::Function) } else { AuthLevel::of(text) }
}

/// The one enumeration of a binding that may not be `null`.
const DIRECTION: &str = "Microsoft.Azure.WebJobs.Script.Description.BindingDirection";

fn binding(raw: &Value, path: &str, document: &Document) -> Result<Binding, Fault> {
    let raw =
        raw.as_object().ok_or_else(|| Fault::new(cast(raw, "JObject"), path).hint("a binding is an object: {…}"))?;
    let text = |name: &str| property(raw, name).and_then(Value::as_str).map(str::to_owned);
    let choice = |name: &str, type_name: &str, names: &[&str]| enumeration(raw, name, path, type_name, names, document);
    let direction = choice("direction", DIRECTION, &["in", "out", "inout"]).map_err(|fault| {
        match text("direction").filter(|written| !written.is_empty()) {
            Some(written) => {
                Fault { text: format!("'{written}' is not a valid binding direction. {}", fault.text), ..fault }
            }
            None => fault,
        }
    })?;
    let nullable = |name: &str| format!("System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.{name}]");
    let data_type = choice("dataType", &nullable("DataType"), &["string", "binary", "stream"])?;
    let cardinality = choice("cardinality", &nullable("Cardinality"), &["one", "many"])?;
    Ok(Binding {
        name: text("name").unwrap_or_default(),
        kind: text("type").unwrap_or_default(),
        direction: match direction {
            Some(1) => Direction::Out,
            Some(2) => Direction::InOut,
            _ => Direction::In,
        },
        data_type: match data_type {
            Some(0) => Some(DataType::String),
            Some(1) => Some(DataType::Binary),
            Some(_) => Some(DataType::Stream),
            None => None,
        },
        cardinality: if cardinality == Some(1) { Cardinality::Many } else { Cardinality::One },
        connection: text("connection"),
        raw: raw.clone(),
    })
}

fn retry(raw: &Map<String, Value>, document: &Document) -> Result<Retry, Fault> {
    let strategy_type = "Microsoft.Azure.WebJobs.Script.Description.RetryStrategy";
    let names = ["fixedDelay", "exponentialBackoff"];
    let strategy = enumeration(raw, "strategy", "retry", strategy_type, &names, document)?;
    let span = |name: &str| match property(raw, name) {
        None | Some(Value::Null) => Ok(Duration::ZERO),
        Some(value) => value.as_str().and_then(time_span::parse).ok_or_else(|| {
            let path = format!("retry.{name}");
            Fault::new(conversion(value, "System.Nullable`1[System.TimeSpan]", &path, document), path)
                .hint("write it as hours, minutes and seconds: `00:00:10`")
        }),
    };
    let max_retry_count = property(raw, "maxRetryCount").and_then(Value::as_i64).unwrap_or(0);
    Ok(Retry {
        max_retry_count: u32::try_from(max_retry_count).ok(),
        strategy: match strategy {
            Some(1) => RetryStrategy::ExponentialBackoff {
                minimum: span("minimumInterval")?,
                maximum: span("maximumInterval")?,
            },
            _ => RetryStrategy::FixedDelay { delay: span("delayInterval")? },
        },
    })
}

/// The index in `names` of an enumeration's value: a name in any letter case with blanks around it, or a number. These are the
/// rules of Newtonsoft's reader, and its words.
fn enumeration(
    raw: &Map<String, Value>,
    name: &str,
    path: &str,
    type_name: &str,
    names: &[&str],
    document: &Document,
) -> Result<Option<usize>, Fault> {
    let Some((written, value)) = raw.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) else { return Ok(None) };
    let can_be_null = type_name.starts_with("System.Nullable");
    let index = match value {
        Value::Null if can_be_null => return Ok(None),
        Value::String(text) if can_be_null && text.is_empty() => return Ok(None),
        Value::String(text) => {
            names.iter().position(|known| known.eq_ignore_ascii_case(text.trim())).or_else(|| text.trim().parse().ok())
        }
        Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        _ => None,
    };
    index.map(Some).ok_or_else(|| {
        let path = format!("{path}.{written}");
        let text = match value {
            Value::Null => {
                let (line, position) = document.newtonsoft_place(&path);
                format!("Cannot convert null value to {type_name}. Path '{path}', line {line}, position {position}.")
            }
            Value::String(text) if text.trim().is_empty() => {
                let error = conversion(value, type_name, &path, document);
                format!("{error} Must specify valid information for parsing in the string.")
            }
            _ => {
                let error = conversion(value, type_name, &path, document);
                format!("{error} Requested value '{}' was not found.", value.as_str().unwrap_or_default())
            }
        };
        Fault::new(text, path).hint(format!("one of `{}`", names.join("`, `")))
    })
}

fn conversion(value: &Value, type_name: &str, path: &str, document: &Document) -> String {
    let (line, position) = document.newtonsoft_place(path);
    format!("Error converting value {value} to type '{type_name}'. Path '{path}', line {line}, position {position}.")
}

fn cast(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Object(_) => "JObject",
        Value::Array(_) => "JArray",
        _ => "JValue",
    };
    format!("Unable to cast object of type 'Newtonsoft.Json.Linq.{found}' to type 'Newtonsoft.Json.Linq.{wanted}'.")
}

pub(super) fn dotnet_type(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "System.String",
        Value::Bool(_) => "System.Boolean",
        Value::Number(number) if number.is_f64() => "System.Double",
        Value::Number(_) => "System.Int64",
        _ => "Newtonsoft.Json.Linq.JObject",
    }
}

/// Whether there is one binding, of this kind.
fn is_only<'a>(mut bindings: impl Iterator<Item = &'a Binding>, kind: &str) -> bool {
    bindings.next().is_some_and(|binding| binding.is(kind)) && bindings.next().is_none()
}
