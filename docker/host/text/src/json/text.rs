//! Values as .NET's `ToString` writes them.

use std::borrow::Cow;

use serde_json::Value;

use super::value::Json;
use super::write::to_indented;
use crate::date::recognise;
use crate::number::float_text;

/// The .NET text of a value: `True`, `1` for `1.0`, `11/01/2024 10:00:00`, indented JSON for objects and arrays, nothing for
/// null (protocol.md#metadata-filter, #named-http-output; recordings RX-body-*, RX-raw-body-*).
pub fn text(value: &Json) -> Cow<'_, str> {
    match value {
        Json::Null | Json::Undefined => "".into(),
        Json::Bool(true) => "True".into(),
        Json::Bool(false) => "False".into(),
        Json::Integer(number) => number.to_string().into(),
        Json::BigInteger(digits) => digits.into(),
        Json::Float(number) => float_text(*number).into(),
        Json::Text(text) => text.into(),
        Json::Date(date) => date.invariant().into(),
        Json::Array(_) | Json::Object(_) => to_indented(value).into(),
    }
}

/// The same for a value that is given up, so that a long text is not copied.
pub fn into_text(value: Json) -> String {
    match value {
        Json::Text(text) => text,
        other => text(&other).into_owned(),
    }
}

/// The .NET text of a value in one of an app's files, where a text that looks like a date has been read as one. `None` for null,
/// lists and objects.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(if *value { "True" } else { "False" }.to_owned()),
        // A whole number written with a fraction loses it: `2.0` becomes `2` (recording CX-version-number).
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => Some(float_text(float)),
            _ => Some(number.to_string()),
        },
        Value::String(text) => Some(recognise(text).map_or_else(|| text.clone(), |date| date.invariant())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use serde_json::json;

    #[test]
    fn values_have_the_text_that_dotnet_gives_them() {
        for (value, expected) in [
            ("null", ""),
            ("true", "True"),
            ("false", "False"),
            ("-5", "-5"),
            ("12345678901234567890", "12345678901234567890"),
            ("1.0", "1"),
            ("1e21", "1E+21"),
            ("'a b'", "a b"),
            ("'2024-11-01T10:00:00.5Z'", "11/01/2024 10:00:00"),
            ("[]", "[]"),
            ("{a:[1]}", "{\n  \"a\": [\n    1\n  ]\n}"),
        ] {
            let value = parse(value).unwrap();
            assert_eq!(text(&value), expected);
            assert_eq!(into_text(value), expected);
        }
    }

    #[test]
    fn values_of_files_have_the_same_text() {
        for (value, expected) in [
            (json!(null), None),
            (json!([1]), None),
            (json!({}), None),
            (json!(true), Some("True")),
            (json!(2.0), Some("2")),
            (json!(1e21), Some("1E+21")),
            (json!(7), Some("7")),
            (json!("x"), Some("x")),
            (json!("2024-01-02T03:04:05"), Some("01/02/2024 03:04:05")),
        ] {
            assert_eq!(text_of(&value).as_deref(), expected);
        }
    }
}
