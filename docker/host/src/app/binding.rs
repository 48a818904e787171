//! One binding of a function.json (protocol.md#binding-keys).

use serde_json::{Map, Value};

use super::conversion::{self, Enumeration, Member, cast_to_text, not_cast};
use super::diagnostic::Diagnostic;
use super::settings::Settings;
use crate::grammar::queue_name;
use crate::grammar::{self, blob_path::BlobPattern};
use dotnet_text::document::Document;
use dotnet_text::json::text_of;

#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// Where it stands in function.json: `bindings[0]`.
    pub place: String,
    pub name: String,
    pub kind: BindingKind,
    pub type_name: String,
    pub direction: Direction,
    pub data_type: Option<DataType>,
    /// Whether an event trigger takes many events at a time (`cardinality`).
    pub takes_many: bool,
    pub connection: Option<String>,
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
    EventGridTrigger,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
    InOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    String,
    Binary,
    Stream,
}

impl BindingKind {
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
            "eventgridtrigger" => Self::EventGridTrigger,
            _ => Self::Other,
        }
    }
}

impl Binding {
    pub fn is_trigger(&self) -> bool {
        self.direction != Direction::Out && self.type_name.to_ascii_lowercase().ends_with("trigger")
    }

    /// Where one of its properties stands in function.json.
    pub fn at(&self, property: &str) -> String {
        format!("{}.{property}", self.place)
    }

    pub fn property(&self, name: &str) -> Option<&Value> {
        property(&self.raw, name)
    }

    /// The queue of a trigger: only settings are replaced in its name.
    pub fn queue(&self, settings: &Settings) -> Result<String, grammar::Error> {
        queue_name::check(&settings.expand(&self.text("queueName").unwrap_or_default())?.to_lowercase())
    }

    pub fn blob_pattern(&self, settings: &Settings) -> Result<BlobPattern, grammar::Error> {
        BlobPattern::parse(&settings.expand(&self.text("path").unwrap_or_default())?)
    }

    /// A property as .NET makes a text of it, by its name ignoring case.
    pub fn text(&self, name: &str) -> Option<String> {
        self.property(name).and_then(text_of)
    }

    /// Whether a property is true, by its name ignoring case.
    pub fn is_on(&self, name: &str, default: bool) -> bool {
        self.property(name).and_then(|value| conversion::boolean(value).ok()).unwrap_or(default)
    }
}

const DIRECTION: Enumeration = Enumeration {
    type_name: "Microsoft.Azure.WebJobs.Script.Description.BindingDirection",
    names: &["in", "out", "inout"],
};
const DATA_TYPE: Enumeration = Enumeration {
    type_name: "System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.DataType]",
    names: &["undefined", "string", "binary", "stream"],
};
const CARDINALITY: Enumeration = Enumeration {
    type_name: "System.Nullable`1[Microsoft.Azure.WebJobs.Script.Description.Cardinality]",
    names: &["one", "many"],
};

/// The .NET type of `properties`, which no binding of a custom handler needs.
const PROPERTIES: &str = "System.Collections.Generic.Dictionary`2[System.String,System.Object]";

pub(super) fn read(raw: &Value, place: &str, document: &Document) -> Result<Binding, Diagnostic> {
    let members = raw
        .as_object()
        .ok_or_else(|| Diagnostic::new(not_cast(raw, "JObject"), place).hint("a binding is an object: {…}"))?;
    read_members(members, place, document).map_err(|diagnostic| blame_direction(diagnostic, members, place))
}

/// The real host looks at the direction whenever anything in a binding does not convert (recording Z1-function-json-464).
fn blame_direction(diagnostic: Diagnostic, members: &Map<String, Value>, place: &str) -> Diagnostic {
    match cast_to_text(members.get("direction"), &format!("{place}.direction")) {
        Err(direction) => direction,
        Ok(Some(written)) if !written.is_empty() && DIRECTION.index_of(&written).is_none() => Diagnostic {
            message: format!("'{written}' is not a valid binding direction. {}", diagnostic.message),
            ..diagnostic
        },
        Ok(_) => diagnostic,
    }
}

/// The members in the order of the file: the first that does not convert is the error.
fn read_members(members: &Map<String, Value>, place: &str, document: &Document) -> Result<Binding, Diagnostic> {
    let mut binding = Binding {
        place: place.to_owned(),
        name: String::new(),
        kind: BindingKind::Other,
        type_name: String::new(),
        direction: Direction::In,
        data_type: None,
        takes_many: false,
        connection: None,
        raw: members.clone(),
    };
    for (name, value) in members {
        let member = Member { value, path: format!("{place}.{name}"), document };
        match name.to_ascii_lowercase().as_str() {
            "name" => binding.name = member.text()?.unwrap_or_default(),
            "type" => binding.type_name = member.text()?.unwrap_or_default(),
            "connection" => binding.connection = member.text()?,
            "direction" => {
                binding.direction = match member.choice(&DIRECTION)? {
                    Some(1) => Direction::Out,
                    Some(2) => Direction::InOut,
                    _ => Direction::In,
                }
            }
            "datatype" => {
                binding.data_type = member.choice(&DATA_TYPE)?.and_then(|index| match index {
                    1 => Some(DataType::String),
                    2 => Some(DataType::Binary),
                    3 => Some(DataType::Stream),
                    _ => None,
                })
            }
            "cardinality" => binding.takes_many = member.choice(&CARDINALITY)? == Some(1),
            "properties" => member.object_of(PROPERTIES)?,
            "raw" => member.json_object()?,
            "istrigger" | "isreturn" => member.boolean()?,
            _ => {}
        }
    }
    binding.kind = BindingKind::of(&binding.type_name);
    Ok(binding)
}

/// A member of an object by its name ignoring case; the exact name wins.
pub(super) fn property<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}
