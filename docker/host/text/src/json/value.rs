//! A JSON value.

use indexmap::IndexMap;
use serde_json::{Number, Value};

use crate::date::DateTime;
use crate::number::{float_text, parse_boolean};

/// The members of an object in the order of their first appearance; of a name given twice the last value counts
/// (recordings DX-json-duplicate, RX-outputs-key-twice).
pub type Object = IndexMap<String, Json>;

/// A JSON value, with as many kinds as Newtonsoft.Json has.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Json {
    /// `null`.
    #[default]
    Null,
    /// `undefined`, and the gap in `[1,,2]`: a null that is written as it came.
    Undefined,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Integer(i64),
    /// A longer integer, as its shortest decimal text.
    BigInteger(String),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string that does not look like a date and time.
    Text(String),
    /// A string that looks like an ISO date and time (protocol.md#the-result-object).
    Date(DateTime),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

impl Json {
    /// Whether this is `null` or `undefined`.
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null | Json::Undefined)
    }

    /// The value as a boolean, as Newtonsoft.Json reads one: any number is one, and the words in any case with spaces around them.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            Json::Integer(number) => Some(*number != 0),
            Json::BigInteger(_) => Some(true),
            Json::Float(number) => Some(*number != 0.0),
            Json::Text(text) => parse_boolean(text),
            _ => None,
        }
    }

    /// How many levels of arrays and objects this has.
    pub fn depth(&self) -> usize {
        match self {
            Json::Array(elements) => 1 + elements.iter().map(Json::depth).max().unwrap_or(0),
            Json::Object(members) => 1 + members.values().map(Json::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The text, if this is a string and not a date.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The noun for messages to people, such as `a string`.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Undefined => "undefined",
            Json::Bool(_) => "a boolean",
            Json::Integer(_) | Json::BigInteger(_) | Json::Float(_) => "a number",
            Json::Text(_) | Json::Date(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

/// Dates become texts again, and what no JSON number can be, such as `Infinity`, its text.
impl From<Json> for Value {
    fn from(value: Json) -> Value {
        match value {
            Json::Null | Json::Undefined => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Integer(number) => Value::from(number),
            Json::BigInteger(digits) => digits.parse().map_or(Value::String(digits), Value::Number),
            Json::Float(number) => {
                Number::from_f64(number).map_or_else(|| Value::String(float_text(number)), Value::Number)
            }
            Json::Text(text) => Value::String(text),
            Json::Date(date) => Value::String(date.iso()),
            Json::Array(elements) => elements.into_iter().map(Value::from).collect(),
            Json::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

/// An object of the given members.
pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
