//! What the host hands to a handler: the values of input bindings, and binding data (protocol.md#value-encoding and #metadata-filter).

use super::http_request::HttpRequest;
use dotnet_text::date::DateTime;
use dotnet_text::json::into_text;
use dotnet_text::json::{self, Json, Object};
use dotnet_text::letter_case::fold_case;
use indexmap::IndexMap;
use std::sync::Arc;

/// A value as the .NET host would hold it, as finely as its encoding needs (protocol.md#value-encoding).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing: `"null"` in `Data`, left out of `Metadata`.
    Null,
    /// An HTTP request: an object in `Data`, left out of `Metadata`.
    Http(Arc<HttpRequest>),
    /// Bytes: base64 in a JSON string.
    Bytes(bytes::Bytes),
    /// A date and time: an ISO 8601 string without fractions of a second.
    Date(DateTime),
    /// A string, URI or GUID: JSON text in a JSON string.
    Text(String),
    /// An object is written as it is, anything else as JSON text in a JSON string.
    Json(Json),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Json(Json::Integer(number))
    }
}

/// Binding data: what feeds `Metadata` and the `{name}` expressions of function.json. Names are compared ignoring
/// case; of names that differ only in case the first spelling stays and the last value counts (protocol.md#metadata-filter).
#[derive(Debug, Clone, Default)]
pub struct BindingData {
    entries: IndexMap<String, (String, Value)>,
    /// Whether a property of the trigger's text has taken the place of the host's own object.
    hides_system: bool,
}

impl BindingData {
    /// Sets `name` to `value`, keeping an earlier spelling of the name.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.entries.get_mut(&fold_case(name)) {
            Some(entry) => entry.1 = value,
            None => {
                self.entries.insert(fold_case(name), (name.to_owned(), value));
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(&fold_case(name)).map(|(_, value)| value)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(&fold_case(name))
    }

    /// The entries in the order of their first appearance, in their own spelling.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.values().map(|(name, value)| (name.as_str(), value))
    }

    /// Sets the host's own object, `sys`, or `$sys` where the trigger, the query or the route has defined `sys`
    /// (recordings DX-clash-reserved, DX-clash-sys-object, DX-clash-sys-query). To be called anew for each attempt.
    pub fn set_system(&mut self, system: &System) {
        if self.hides_system {
            return;
        }
        let name = match self.get("sys") {
            Some(Value::Json(Json::Object(members))) if is_system(members) => "sys",
            Some(_) => "$sys",
            None => "sys",
        };
        self.set(name, Value::Json(system.to_json()));
    }

    /// Adds the properties of a trigger's text that is not a HTTP body: the host does so when its own object is there already, so
    /// that a property `sys` takes its place (recording D04 has properties behind `sys`).
    pub fn add_properties_over_system(&mut self, text: &str) {
        self.add_properties(text);
        self.hides_system = self.contains("sys");
    }

    /// Adds the top-level properties of a trigger value that is the text of a JSON object (protocol.md#metadata-filter): objects as
    /// objects, everything else as its .NET text; arrays and nulls are left out. Another text adds
    /// nothing (recordings DX-json-array, DX-json-scalar).
    pub fn add_properties(&mut self, text: &str) {
        let trimmed = text.trim();
        if !(trimmed.starts_with('{') && trimmed.ends_with('}')) {
            return;
        }
        let Ok(members) = properties(trimmed) else { return };
        for (name, value) in members {
            match value {
                Json::Null | Json::Undefined => {}
                Json::Object(_) => self.set(&name, Value::Json(value)),
                scalar => self.set(&name, into_text(scalar)),
            }
        }
    }
}

/// The members of the object that `text` is, arrays as null: they are left out and may be large.
fn properties(text: &str) -> Result<Object, json::Error> {
    let mut reader = json::Reader::new(text, json::DEFAULT_MAX_DEPTH).with_first_places();
    let mut members = Object::new();
    reader.object(|name, reader| {
        let value = if reader.at_array()? { reader.skip().map(|()| Json::Null)? } else { reader.value()? };
        members.insert(name, value);
        Ok(())
    })?;
    reader.end()?;
    Ok(members)
}

/// The host's own entry in the binding data of one attempt.
#[derive(Debug, Clone)]
pub struct System {
    pub method_name: String,
    pub utc_now: DateTime,
    pub rand_guid: String,
}

impl System {
    fn to_json(&self) -> Json {
        json::object([
            (SYSTEM_MEMBERS[0], Json::Text(self.method_name.clone())),
            (SYSTEM_MEMBERS[1], Json::Date(self.utc_now)),
            (SYSTEM_MEMBERS[2], Json::Text(self.rand_guid.clone())),
        ])
    }
}

const SYSTEM_MEMBERS: [&str; 3] = ["MethodName", "UtcNow", "RandGuid"];

/// Whether `members` is what [`System::to_json`] made: a user's `sys` has other members, or texts where this has a date.
fn is_system(members: &Object) -> bool {
    members.keys().eq(SYSTEM_MEMBERS.iter()) && matches!(members.get("UtcNow"), Some(Json::Date(_)))
}
