//! Values of function.json that Newtonsoft's reader converts to a .NET type, and its words where it cannot.

use serde_json::Value;

use super::diagnostic::Diagnostic;
use dotnet_text::document::Document;
use dotnet_text::json::text_of;

const RETRY_OPTIONS: &str = "Microsoft.Azure.WebJobs.Script.Description.RetryOptions";

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
        let text = text.trim();
        let named = self.names.iter().position(|known| known.eq_ignore_ascii_case(text));
        named.or_else(|| text.parse().ok().map(index_of_number))
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
            Value::String(text) => match of.index_of(text) {
                Some(index) => return Ok(Some(index)),
                None if text.trim().is_empty() => {
                    self.not_converted(type_name, "Must specify valid information for parsing in the string.")
                }
                None => self.not_converted(type_name, &format!("Requested value '{text}' was not found.")),
            },
            value => match value.as_i64() {
                Some(number) => return Ok(Some(index_of_number(number))),
                None => self.placed(&format!("Unexpected token {} when parsing enum.", self.token())),
            },
        };
        Err(Diagnostic::new(message, &self.path).hint(format!("one of `{}`", of.names.join("`, `"))))
    }

    /// Fails unless there is an object with a retry policy, or nothing.
    pub fn retry_options(&self) -> Result<(), Diagnostic> {
        let message = match self.value {
            Value::Object(_) | Value::Null => return Ok(()),
            Value::String(text) if text.is_empty() => return Ok(()),
            Value::Array(_) => self.placed(&format!(
                "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '{RETRY_OPTIONS}' because the type \
                 requires a JSON object (e.g. {{\"name\":\"value\"}}) to deserialize correctly.\n\
                 To fix this error either change the JSON to a JSON object (e.g. {{\"name\":\"value\"}}) or change the \
                 deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) \
                 like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type \
                 to force it to deserialize from a JSON array.\n"
            )),
            scalar => {
                let reason = format!("Could not cast or convert from {} to {RETRY_OPTIONS}.", dotnet_type(scalar));
                self.not_converted(RETRY_OPTIONS, &reason)
            }
        };
        Err(Diagnostic::new(message, &self.path).hint("write an object: {\"strategy\": …, \"maxRetryCount\": …}"))
    }

    /// That the value does not convert, and what .NET says of the reason.
    pub fn not_converted(&self, type_name: &str, reason: &str) -> String {
        let shown = match self.value {
            Value::String(text) => format!("\"{text}\""),
            Value::Null => "{null}".to_owned(),
            value => text_of(value).unwrap_or_default(),
        };
        let error = self.placed(&format!("Error converting value {shown} to type '{type_name}'."));
        format!("{error} {reason}").trim_end().to_owned()
    }

    /// A message with the path and the place that Newtonsoft's reader adds to each.
    fn placed(&self, message: &str) -> String {
        let (line, position) = self.document.newtonsoft_place(&self.path);
        let space = if message.ends_with('\n') { "" } else { " " };
        format!("{message}{space}Path '{}', line {line}, position {position}.", self.path)
    }

    /// The name of the token with which the value begins, if it is not a whole number.
    const fn token(&self) -> &'static str {
        match self.value {
            Value::Array(_) => "StartArray",
            Value::Object(_) => "StartObject",
            Value::Bool(_) => "Boolean",
            Value::Number(_) => "Float",
            Value::String(_) => "String",
            Value::Null => "Null",
        }
    }
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

pub(super) const fn linq_type(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "Newtonsoft.Json.Linq.JObject",
        Value::Array(_) => "Newtonsoft.Json.Linq.JArray",
        _ => "Newtonsoft.Json.Linq.JValue",
    }
}

pub(super) fn dotnet_type(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "System.String",
        Value::Bool(_) => "System.Boolean",
        Value::Number(number) if number.is_f64() => "System.Double",
        Value::Number(_) => "System.Int64",
        other => linq_type(other),
    }
}

/// A number without a name has an index beyond all names.
fn index_of_number(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
