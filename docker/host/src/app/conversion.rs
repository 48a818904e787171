//! Values of function.json that Newtonsoft's reader converts to a .NET type, and its words where it cannot.

use chrono::TimeDelta;
use serde_json::Value;

use super::diagnostic::Diagnostic;
use dotnet_text::document::Document;
use dotnet_text::json::text_of;
use dotnet_text::letter_case::is_one_of;
use dotnet_text::{date, number, time_span};

/// A member of an object that is read into a .NET type.
pub(super) struct Member<'a> {
    pub value: &'a Value,
    pub path: String,
    pub document: &'a Document,
}

/// A .NET enumeration: its full name, and the names of its values from 0 on.
pub(super) struct Enumeration {
    pub type_name: &'static str,
    pub names: &'static [&'static str],
}

impl Enumeration {
    /// The index of a value that a text names: by its name ignoring case with spaces around it, or by its number.
    pub fn index_of(&self, text: &str) -> Option<usize> {
        number::enumeration(text, self.names).map(|number| index_of_number(number.into()))
    }

    fn can_be_null(&self) -> bool {
        self.type_name.starts_with("System.Nullable")
    }
}

impl Member<'_> {
    /// A text; a number or a boolean is one too, in .NET's spelling; `None` for `null`.
    pub fn text(&self) -> Result<Option<String>, Diagnostic> {
        if matches!(self.value, Value::Array(_) | Value::Object(_)) {
            let text = self.placed(&format!("Error reading string. Unexpected token: {}.", self.token()));
            return Err(Diagnostic::new(text, &self.path).hint("write a text: \"…\""));
        }
        Ok(text_of(self.value))
    }

    /// The index of an enumeration's value. Any number is one.
    pub fn choice(&self, of: &Enumeration) -> Result<Option<usize>, Diagnostic> {
        let type_name = of.type_name;
        let message = match self.value {
            Value::Null if of.can_be_null() => return Ok(None),
            Value::Null => self.placed(&format!("Cannot convert null value to {type_name}.")),
            Value::String(text) if of.can_be_null() && text.is_empty() => return Ok(None),
            Value::String(text) if is_date(text) => self.placed("Unexpected token Date when parsing enum."),
            Value::String(text) => match of.index_of(text) {
                Some(index) => return Ok(Some(index)),
                None => self.without_value(of, text),
            },
            value if is_big_integer(value) => self.not_cast_to(type_name),
            value => match value.as_i64() {
                Some(number) => return Ok(Some(index_of_number(number))),
                None => self.placed(&format!("Unexpected token {} when parsing enum.", self.token())),
            },
        };
        Err(Diagnostic::new(message, &self.path).hint(format!("one of `{}`", of.names.join("`, `"))))
    }

    /// A number without a fraction: texts are read, and floats rounded to the nearest, halves to the even one.
    pub fn integer(&self) -> Result<Option<i32>, Diagnostic> {
        let too_large = || self.placed(&format!("Could not convert to integer: {}.", self.shown())) + " " + TOO_LARGE;
        let number = match self.value {
            Value::Null => return Ok(None),
            Value::String(text) if text.is_empty() => return Ok(None),
            value if is_big_integer(value) => Err(TOO_LARGE.to_owned()),
            Value::String(text) if !is_date(text) => number::parse_int(text)
                .ok_or_else(|| self.placed(&format!("Could not convert string to integer: {text}."))),
            Value::Number(number) => number
                .as_i64()
                .or_else(|| number.as_f64().map(|float| float.round_ties_even() as i64))
                .and_then(|number| i32::try_from(number).ok())
                .ok_or_else(too_large),
            _ => Err(self.placed(&format!("Error reading integer. Unexpected token: {}.", self.token()))),
        };
        number.map(Some).map_err(|text| Diagnostic::new(text, &self.path).hint("write a whole number"))
    }

    /// Fails unless the value is one that .NET takes for a boolean.
    pub fn boolean(&self) -> Result<(), Diagnostic> {
        let text = match self.value {
            Value::Bool(_) | Value::Number(_) => return Ok(()),
            Value::String(text) if is_one_of(text.trim(), &["true", "false"]) => return Ok(()),
            Value::String(text) if !text.is_empty() && !is_date(text) => {
                self.placed(&format!("Could not convert string to boolean: {text}."))
            }
            Value::String(text) if is_date(text) => self.placed("Error reading boolean. Unexpected token: Date."),
            Value::Null | Value::String(_) => {
                let error = self.placed("Error converting value {null} to type 'System.Boolean'.");
                format!("{error} Null object cannot be converted to a value type.")
            }
            _ => self.placed(&format!("Error reading boolean. Unexpected token: {}.", self.token())),
        };
        Err(Diagnostic::new(text, &self.path).hint("write `true` or `false`"))
    }

    /// A time span, which is a text.
    pub fn span(&self) -> Result<Option<TimeDelta>, Diagnostic> {
        const TYPE: &str = "System.Nullable`1[System.TimeSpan]";
        let text = match self.value {
            Value::Null => return Ok(None),
            Value::String(text) if text.is_empty() => return Ok(None),
            Value::Array(_) | Value::Object(_) => self.not_deserialized(TYPE, PRIMITIVE),
            Value::String(text) if let Ok(span) = time_span::parse(text) => return Ok(Some(span)),
            _ => self.not_cast_to(TYPE),
        };
        Err(Diagnostic::new(text, &self.path).hint("write it as hours, minutes and seconds: `00:00:10`"))
    }

    /// The number of an enumeration's value that no converter of its own reads: a boolean is a number, too.
    pub fn number_of(&self, of: &Enumeration) -> Result<i32, Diagnostic> {
        let type_name = of.type_name;
        let text = match self.value {
            Value::Bool(value) => return Ok(i32::from(*value)),
            Value::Number(number) if let Some(number) = number.as_i64() => return Ok(number as i32),
            Value::Null => self.not_converted(type_name, "Value cannot be null. (Parameter 'value')."),
            Value::Array(_) | Value::Object(_) => self.not_deserialized(type_name, PRIMITIVE),
            Value::String(text) if !is_date(text) => match number::enumeration(text, of.names) {
                Some(number) => return Ok(number),
                None => self.without_value(of, text),
            },
            _ => self.not_converted(
                type_name,
                "The value passed in must be an enum base or an underlying type for an enum, such as an Int32. (Parameter 'value').",
            ),
        };
        Err(Diagnostic::new(text, &self.path).hint(format!("one of `{}`", of.names.join("`, `"))))
    }

    /// Why a text is not the name of a value.
    fn without_value(&self, of: &Enumeration, text: &str) -> String {
        let reason = match text {
            text if is_long_integer(text) => TOO_LARGE,
            text if text.trim().is_empty() => "Must specify valid information for parsing in the string.",
            text => &format!("Requested value '{text}' was not found."),
        };
        self.not_converted(of.type_name, reason)
    }

    /// Fails unless there is an object, which will be one of this .NET type, or nothing.
    pub fn object_of(&self, type_name: &str) -> Result<(), Diagnostic> {
        let message = match self.value {
            Value::Object(_) | Value::Null => return Ok(()),
            Value::String(text) if text.is_empty() => return Ok(()),
            Value::Array(_) => self.not_deserialized(type_name, OBJECT),
            _ => self.not_cast_to(type_name),
        };
        Err(Diagnostic::new(message, &self.path).hint("write an object: {…}"))
    }

    /// Fails unless there is an object, which stays JSON, or null.
    pub fn json_object(&self) -> Result<(), Diagnostic> {
        if matches!(self.value, Value::Object(_) | Value::Null) {
            return Ok(());
        }
        let found = linq_type(self.value);
        let text = self.placed(&format!(
            "Deserialized JSON type '{found}' is not compatible with expected type 'Newtonsoft.Json.Linq.JObject'."
        ));
        Err(Diagnostic::new(text, &self.path).hint("write an object: {…}"))
    }

    /// That the value's own type does not become the one that is wanted.
    fn not_cast_to(&self, type_name: &str) -> String {
        let bare = type_name.strip_prefix("System.Nullable`1[").and_then(|rest| rest.strip_suffix(']'));
        let (found, wanted) = (dotnet_type(self.value), bare.unwrap_or(type_name));
        self.not_converted(type_name, &format!("Could not cast or convert from {found} to {wanted}."))
    }

    /// That a list or an object stands where .NET's type requires something else. By then an object's first name has been read.
    fn not_deserialized(&self, type_name: &str, required: &str) -> String {
        let message = not_deserialized(self.value, type_name, required);
        let first = self.value.as_object().and_then(|members| members.keys().next());
        match first.filter(|name| !name.starts_with('$')) {
            Some(name) => {
                let path = format!("{}.{name}", self.path);
                at_place(&message, &path, self.document.newtonsoft_place_of_name(&path))
            }
            None => self.placed(&message),
        }
    }

    /// That the value does not convert, and what .NET says of the reason.
    pub fn not_converted(&self, type_name: &str, reason: &str) -> String {
        let shown = match self.value {
            Value::String(text) if !is_date(text) => format!("\"{text}\""),
            Value::Null => "{null}".to_owned(),
            _ => self.shown(),
        };
        let error = self.placed(&format!("Error converting value {shown} to type '{type_name}'."));
        format!("{error} {reason}").trim_end().to_owned()
    }

    /// The text of a scalar in .NET's spelling.
    fn shown(&self) -> String {
        text_of(self.value).unwrap_or_default()
    }

    /// A message with the path and the place that Newtonsoft's reader adds to each.
    fn placed(&self, message: &str) -> String {
        at_place(message, &self.path, self.document.newtonsoft_place(&self.path))
    }

    /// The name of the token with which the value begins, if it is not a whole number.
    fn token(&self) -> &'static str {
        match self.value {
            Value::Array(_) => "StartArray",
            Value::Object(_) => "StartObject",
            Value::Bool(_) => "Boolean",
            Value::Number(_) => "Float",
            Value::String(text) if is_date(text) => "Date",
            Value::String(_) => "String",
            Value::Null => "Null",
        }
    }
}

fn at_place(message: &str, path: &str, (line, position): (usize, usize)) -> String {
    let space = if message.ends_with('\n') { "" } else { " " };
    format!("{message}{space}Path '{path}', line {line}, position {position}.")
}

/// What a type requires that is not what stands there, and what a list or an object would have to be changed to.
const OBJECT: &str = "a JSON object (e.g. {\"name\":\"value\"})";
const PRIMITIVE: &str = "a JSON primitive value (e.g. string, number, boolean, null)";
const TOO_LARGE: &str = "Value was either too large or too small for an Int32.";

fn not_deserialized(value: &Value, type_name: &str, required: &str) -> String {
    let (found, other, attribute) = if value.is_array() {
        (
            "array (e.g. [1,2,3])",
            "to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be \
             deserialized from a JSON array",
            "JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array",
        )
    } else {
        (
            "object (e.g. {\"name\":\"value\"})",
            "so that it is a normal .NET type (e.g. not a primitive type like integer, not a collection type like an array or \
             List<T>) that can be deserialized from a JSON object",
            "JsonObjectAttribute can also be added to the type to force it to deserialize from a JSON object",
        )
    };
    format!(
        "Cannot deserialize the current JSON {found} into type '{type_name}' because the type requires {required} to deserialize \
         correctly.\nTo fix this error either change the JSON to {required} or change the deserialized type {other}. {attribute}.\n"
    )
}

/// Whether Newtonsoft's reader has made a date of a text.
pub(super) fn is_date(text: &str) -> bool {
    date::recognise(text).is_some()
}

/// Whether a value is a whole number that .NET's 64 bits cannot hold; beyond 2^64 it is a float here.
fn is_big_integer(value: &Value) -> bool {
    matches!(value, Value::Number(number) if !number.is_f64() && number.as_i64().is_none())
}

/// Whether a text is a whole number that 32 bits cannot hold.
fn is_long_integer(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && number::parse_int(text).is_none()
}

/// A value that is cast to a text, without a reader and so without a place.
pub(super) fn cast_to_text(value: Option<&Value>, path: &str) -> Result<Option<String>, Diagnostic> {
    let kind = match value {
        Some(Value::Array(_)) => "Array",
        Some(Value::Object(_)) => "Object",
        scalar => return Ok(scalar.and_then(text_of)),
    };
    Err(Diagnostic::new(format!("Can not convert {kind} to String."), path).hint("write a text: \"…\""))
}

/// That a value is not of the kind that it is cast to.
pub(super) fn not_cast(value: &Value, wanted: &str) -> String {
    format!("Unable to cast object of type '{}' to type 'Newtonsoft.Json.Linq.{wanted}'.", linq_type(value))
}

const fn linq_type(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "Newtonsoft.Json.Linq.JObject",
        Value::Array(_) => "Newtonsoft.Json.Linq.JArray",
        _ => "Newtonsoft.Json.Linq.JValue",
    }
}

pub(super) fn dotnet_type(value: &Value) -> &'static str {
    match value {
        Value::String(text) if is_date(text) => "System.DateTime",
        Value::String(_) => "System.String",
        Value::Bool(_) => "System.Boolean",
        Value::Number(number) if number.is_f64() => "System.Double",
        number if is_big_integer(number) => "System.Numerics.BigInteger",
        Value::Number(_) => "System.Int64",
        other => linq_type(other),
    }
}

/// Why a value is no text, to .NET.
pub(super) fn not_text(value: &Value) -> Option<String> {
    if matches!(value, Value::Array(_) | Value::Object(_)) {
        return Some(format!("Cannot cast {} to Newtonsoft.Json.Linq.JToken.", linq_type(value)));
    }
    is_big_integer(value).then(|| "Object must implement IConvertible.".to_owned())
}

/// A boolean as .NET converts one: any number is one, and the words in any case with spaces around them.
pub(super) fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Null => Err("Null object cannot be converted to a value type.".to_owned()),
        Value::String(text) if is_date(text) => Err("Invalid cast from 'DateTime' to 'Boolean'.".to_owned()),
        Value::String(text) => {
            number::parse_boolean(text).ok_or_else(|| format!("String '{text}' was not recognized as a valid Boolean."))
        }
        other => not_text(other).map_or_else(|| Ok(text_of(other).is_none_or(|number| number != "0")), Err),
    }
}

/// A number without a name has an index beyond all names.
fn index_of_number(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
