//! One binding of a function.json (protocol.md#binding-keys).

use serde_json::{Map, Value};

use super::diagnostic::Diagnostic;
use super::enumeration::{cast, enumeration};
use super::settings::Settings;
use crate::grammar::queue_name;
use crate::grammar::{self, blob_path::BlobPattern};
use dotnet_text::document::Document;

/// One element of `bindings`.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// `name`, as written; empty when absent.
    pub name: String,
    /// `type`.
    pub kind: BindingKind,
    /// `type`, as written; empty when absent.
    pub type_name: String,
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

/// The types of bindings that something here depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingKind {
    HttpTrigger,
    Http,
    TimerTrigger,
    QueueTrigger,
    Queue,
    BlobTrigger,
    Blob,
    EventHubTrigger,
    ServiceBusTrigger,
    CosmosDbTrigger,
    Other,
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

impl BindingKind {
    /// The kind of a `type`, ignoring case.
    pub fn of(type_name: &str) -> Self {
        match type_name.to_ascii_lowercase().as_str() {
            "httptrigger" => Self::HttpTrigger,
            "http" => Self::Http,
            "timertrigger" => Self::TimerTrigger,
            "queuetrigger" => Self::QueueTrigger,
            "queue" => Self::Queue,
            "blobtrigger" => Self::BlobTrigger,
            "blob" => Self::Blob,
            "eventhubtrigger" => Self::EventHubTrigger,
            "servicebustrigger" => Self::ServiceBusTrigger,
            "cosmosdbtrigger" => Self::CosmosDbTrigger,
            _ => Self::Other,
        }
    }
}

impl Binding {
    /// Whether it starts the function.
    pub fn is_trigger(&self) -> bool {
        self.direction == Direction::In && self.type_name.to_ascii_lowercase().ends_with("trigger")
    }

    /// A property by its name ignoring case.
    pub fn property(&self, name: &str) -> Option<&Value> {
        property(&self.raw, name)
    }

    /// The queue of a trigger: only settings are replaced in its name.
    ///
    /// # Errors
    /// In the words of the real host, as a reason why the function is not loaded.
    pub fn queue(&self, settings: &Settings) -> Result<String, grammar::Error> {
        queue_name::check(&settings.expand(self.text("queueName").unwrap_or_default())?.to_lowercase())
    }

    /// The blobs of a trigger.
    ///
    /// # Errors
    /// As [`Binding::queue`].
    pub fn blob_pattern(&self, settings: &Settings) -> Result<BlobPattern, grammar::Error> {
        BlobPattern::parse(&settings.expand(self.text("path").unwrap_or_default())?)
    }

    /// A property that is a text, by its name ignoring case.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }
}

/// The one enumeration of a binding that may not be `null`.
const DIRECTION: &str = "Microsoft.Azure.WebJobs.Script.Description.BindingDirection";

pub(super) fn read(raw: &Value, path: &str, document: &Document) -> Result<Binding, Diagnostic> {
    let raw = raw
        .as_object()
        .ok_or_else(|| Diagnostic::new(cast(raw, "JObject"), path).hint("a binding is an object: {…}"))?;
    let text = |name: &str| property(raw, name).and_then(Value::as_str).map(str::to_owned);
    let choice = |name: &str, type_name: &str, names: &[&str]| enumeration(raw, name, path, type_name, names, document);
    let direction = choice("direction", DIRECTION, &["in", "out", "inout"]).map_err(|fault| {
        match text("direction").filter(|written| !written.is_empty()) {
            Some(written) => Diagnostic {
                message: format!("'{written}' is not a valid binding direction. {}", fault.message),
                ..fault
            },
            None => fault,
        }
    })?;
    let nullable = |name: &str| format!("System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.{name}]");
    let data_type = choice("dataType", &nullable("DataType"), &["string", "binary", "stream"])?;
    let cardinality = choice("cardinality", &nullable("Cardinality"), &["one", "many"])?;
    let type_name = text("type").unwrap_or_default();
    Ok(Binding {
        name: text("name").unwrap_or_default(),
        kind: BindingKind::of(&type_name),
        type_name,
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

/// A member of an object by its name ignoring case; the exact name wins.
pub(super) fn property<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}
