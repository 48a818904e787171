//! The values of binding expressions (protocol.md#binding-expressions). Pure.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::date_format;
use crate::envelope::data::{BindingData, Value};
use crate::grammar;
use crate::grammar::expression::{Builtin, Expression, Template, Token};
use dotnet_text::date::DateTime;
use dotnet_text::json::{self, Json};
use dotnet_text::letter_case::same_name;

/// Why an expression cannot be resolved, in the words of the real host.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("No value for named parameter '{0}'.")]
    NoValue(String),
    #[error("Error while accessing '{0}': property doesn't exist.")]
    NoMember(String),
    #[error(transparent)]
    Format(#[from] date_format::BadFormat),
    #[error("Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".")]
    GuidFormat,
    #[error(transparent)]
    Grammar(#[from] grammar::Error),
}

/// The text with every expression replaced by its value.
pub fn resolve(template: &Template, data: &BindingData, now: &NaiveDateTime) -> Result<String, Error> {
    template
        .tokens
        .iter()
        .map(|token| match token {
            Token::Literal(text) => Ok(text.clone()),
            Token::Expression(expression) => value_of(expression, data, now),
        })
        .collect()
}

fn value_of(expression: &Expression, data: &BindingData, now: &NaiveDateTime) -> Result<String, Error> {
    let name = expression.parts.first().map(String::as_str).unwrap_or_default();
    let format = expression.format.as_deref();
    // Binding data goes before what the host has built in.
    match (data.get(name), expression.builtin) {
        (Some(value), _) => of_value(expression, value),
        (None, Some(Builtin::DateTime)) => Ok(date_format::format(now, format.unwrap_or(date_format::DEFAULT))?),
        (None, Some(Builtin::RandGuid)) => guid(Uuid::new_v4(), format),
        (None, None) => Err(Error::NoValue(name.to_owned())),
    }
}

fn of_value(expression: &Expression, value: &Value) -> Result<String, Error> {
    let name = expression.parts.first().map(String::as_str).unwrap_or_default();
    let below = expression.parts.get(1..).unwrap_or_default();
    match (value, below) {
        (Value::Json(json), below) => of_json(expression, json, below),
        (_, [member, ..]) => Err(Error::NoMember(member.to_owned())),
        (Value::Text(text), []) => Ok(text.clone()),
        (Value::Date(date), []) => of_date(expression, date),
        // An optional route parameter that the URL lacks.
        (Value::Null, []) => Ok(String::new()),
        (Value::Http(_) | Value::Bytes(_), []) => Err(Error::NoValue(name.to_owned())),
    }
}

fn of_json(expression: &Expression, value: &Json, below: &[String]) -> Result<String, Error> {
    if let Some((member, below)) = below.split_first() {
        let found = value.as_object().and_then(|members| members.iter().find(|(name, _)| same_name(name, member)));
        let (_, value) = found.ok_or_else(|| Error::NoMember(member.clone()))?;
        return of_json(expression, value, below);
    }
    // A GUID is only a text here, and the one that `{sys.randguid:N}` asks to be written otherwise.
    let as_guid = |text: &str| Some(guid(Uuid::parse_str(text).ok()?, expression.format.as_deref()));
    match value {
        Json::Date(date) => of_date(expression, date),
        Json::Text(text) if expression.format.is_some() => as_guid(text).unwrap_or_else(|| Ok(text.clone())),
        scalar => Ok(json::text(scalar).into_owned()),
    }
}

fn of_date(expression: &Expression, date: &DateTime) -> Result<String, Error> {
    Ok(date_format::format(&date.wall, expression.format.as_deref().unwrap_or(date_format::DEFAULT))?)
}

/// A GUID in one of .NET's formats: `D` (the default), `N`, `B`, `P`, `X`.
fn guid(id: Uuid, format: Option<&str>) -> Result<String, Error> {
    Ok(match format.unwrap_or("D") {
        "D" | "d" => id.to_string(),
        "N" | "n" => id.simple().to_string(),
        "B" | "b" => id.braced().to_string(),
        "P" | "p" => format!("({id})"),
        "X" | "x" => {
            let (a, b, c, bytes) = id.as_fields();
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
            format!("{{0x{a:08x},0x{b:04x},0x{c:04x},{{{}}}}}", bytes.join(","))
        }
        _ => return Err(Error::GuidFormat),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::data::System;
    use dotnet_text::json;

    fn data() -> BindingData {
        let mut data = BindingData::default();
        data.set("name", "a.txt");
        data.set(
            "a",
            Value::Json(json::parse(r#"{"b":"AB","n":{"x":1.0,"ok":true},"when":"2024-11-01T10:00:00Z"}"#).unwrap()),
        );
        data.set("headers", Value::Json(json::parse(r#"{"X-H":"H"}"#).unwrap()));
        data.set("DequeueCount", 3_i64);
        data.set("opt", Value::Null);
        let utc_now = DateTime { wall: now(), zone: dotnet_text::date::Zone::Utc };
        data.set_system(&System { method_name: "F".to_owned(), utc_now, rand_guid: GUID.to_owned() });
        data
    }

    const GUID: &str = "00000000-0000-4000-8000-00000000000a";

    fn now() -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2024, 11, 1).unwrap().and_hms_opt(10, 2, 3).unwrap()
    }

    fn resolved(text: &str) -> Result<String, Error> {
        resolve(&Template::parse(text)?, &data(), &now())
    }

    #[test]
    fn expressions_have_the_values_of_binding_data() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("in/{name}", "in/a.txt"),
            ("{NAME}-{a.b}-{A.N.X}-{a.n.ok}", "a.txt-AB-1-True"),
            ("{headers.x-h}", "H"),
            ("{dequeuecount}", "3"),
            ("in/{opt}.txt", "in/.txt"),
            ("{{{name}}}", "{a.txt}"),
            ("{sys.methodname}", "F"),
            ("{sys.utcnow}", "2024-11-01T10-02-03Z"),
            ("{sys.utcnow:yyyy}", "2024"),
            ("{sys.randguid}", GUID),
            ("{sys.randguid:N}", "0000000000004000800000000000000a"),
            ("{sys.randguid:x}", "{0x00000000,0x0000,0x4000,{0x80,0x00,0x00,0x00,0x00,0x00,0x00,0x0a}}"),
            ("{a.when:MM}", "11"),
            ("{datetime}", "2024-11-01T10-02-03Z"),
            ("{DateTime:yyyy-MM-dd}", "2024-11-01"),
        ] {
            assert_eq!(resolved(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_random_guid_is_another() {
        let text = resolved("{rand-guid}{rand-guid:N}{rand-guid:B}").unwrap();
        assert_eq!(text.len(), 36 + 32 + 38);
        assert_ne!(resolved("{rand-guid}"), resolved("{rand-guid}"));
    }

    #[test]
    fn trigger_data_hides_what_is_built_in() {
        let mut data = data();
        data.set("DateTime", "mine");
        let resolved = |text: &str| resolve(&Template::parse(text).unwrap(), &data, &now());
        assert_eq!(resolved("{datetime}"), Ok("mine".to_owned()));
        // With a format it is another name.
        assert_eq!(resolved("{datetime:yyyy}"), Ok(now().format("%Y").to_string()));
    }

    #[test]
    fn formats_that_are_none_fail() {
        assert!(matches!(resolved("{datetime:q}"), Err(Error::Format(_))));
        assert_eq!(resolved("{rand-guid:q}"), Err(Error::GuidFormat));
    }

    #[test]
    fn what_has_no_value_is_named() {
        assert_eq!(resolved("x/{customer}"), Err(Error::NoValue("customer".to_owned())));
        assert_eq!(resolved("{a.nope}"), Err(Error::NoMember("nope".to_owned())));
        assert_eq!(resolved("{name.x}"), Err(Error::NoMember("x".to_owned())));
    }
}
