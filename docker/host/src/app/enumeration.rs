//! Values of function.json that Newtonsoft's reader converts, and its words where it cannot.

use serde_json::{Map, Value};

use super::diagnostic::Diagnostic;
use dotnet_text::document::Document;

/// The index in `names` of an enumeration's value: a name ignoring case with spaces around it, or a number. These are the
/// rules of Newtonsoft's reader, and its words.
pub(super) fn enumeration(
    raw: &Map<String, Value>,
    name: &str,
    path: &str,
    type_name: &str,
    names: &[&str],
    document: &Document,
) -> Result<Option<usize>, Diagnostic> {
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
        Diagnostic::new(text, path).hint(format!("one of `{}`", names.join("`, `")))
    })
}

pub(super) fn conversion(value: &Value, type_name: &str, path: &str, document: &Document) -> String {
    let (line, position) = document.newtonsoft_place(path);
    format!("Error converting value {value} to type '{type_name}'. Path '{path}', line {line}, position {position}.")
}

pub(super) fn cast(value: &Value, wanted: &str) -> String {
    let found = match value {
        Value::Object(_) => "JObject",
        Value::Array(_) => "JArray",
        _ => "JValue",
    };
    format!("Unable to cast object of type 'Newtonsoft.Json.Linq.{found}' to type 'Newtonsoft.Json.Linq.{wanted}'.")
}
