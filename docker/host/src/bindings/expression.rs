//! Binding expressions: `%setting%` and `{name}` in the values of bindings (protocol.md#binding-expressions). Pure.

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::date_format;
use crate::app::Settings;
use crate::invocation::data::{BindingData, Value};
use dotnet_text::date::DateTime;
use dotnet_text::dotnet::{self, same_name};
use dotnet_text::json::Json;

/// Replaces every `%name%` by a setting. A percent sign without a partner stands for itself.
///
/// # Errors
/// In the words of the real host, when there is no such setting (recording TX-timer-missing-setting).
pub fn with_settings(text: &str, settings: &Settings) -> Result<String, String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        resolved.push_str(before);
        let Some((name, after)) = after.split_once('%') else {
            resolved.push('%');
            rest = after;
            continue;
        };
        let value = settings.get_filled(name).ok_or_else(|| format!("'%{name}%' does not resolve to a value."))?;
        resolved.push_str(value);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// A text with `{name}` expressions in it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) tokens: Vec<Token>,
}

/// One part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Text that stands for itself.
    Literal(String),
    /// `{a.b:format}`.
    Expression(Expression),
}

/// What stands between braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// `a` and `b` of `{a.b}`.
    pub(super) parts: Vec<String>,
    /// What stands behind the colon.
    format: Option<String>,
    builtin: Option<Builtin>,
}

/// Names that have a value of their own where binding data has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builtin {
    DateTime,
    RandGuid,
}

impl Template {
    /// Takes a text apart. `{{` and `}}` stand for one brace each.
    ///
    /// # Errors
    /// When braces do not pair, or no name stands between them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (token, used) = next_token(text, rest)?;
            match (tokens.last_mut(), token) {
                (Some(Token::Literal(before)), Token::Literal(more)) => before.push_str(&more),
                (_, token) => tokens.push(token),
            }
            rest = &rest[used..];
        }
        Ok(Self { tokens })
    }

    /// The text with every expression replaced by its value.
    ///
    /// # Errors
    /// In the words of the real host, when an expression has no value.
    pub fn resolve(&self, data: &BindingData, now: &NaiveDateTime) -> Result<String, String> {
        self.tokens
            .iter()
            .map(|token| match token {
                Token::Literal(text) => Ok(text.clone()),
                Token::Expression(expression) => expression.resolve(data, now),
            })
            .collect()
    }

    /// The text, if there is no expression in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [] => Some(""),
            [Token::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

impl Expression {
    fn parse(template: &str, text: &str) -> Result<Self, String> {
        let builtin = Builtin::find(text);
        let (path, format) = match (builtin, text.split_once(':')) {
            // Only what stands before the first dot reaches a built-in value, its format included.
            (Some(_), _) => {
                let first = text.split('.').next().unwrap_or_default();
                (first.split(':').next().unwrap_or_default(), first.split_once(':').map(|(_, format)| format))
            }
            (None, Some((path, format))) => (path, Some(format)),
            (None, None) => (text, None),
        };
        let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
        let invalid = || format!("Invalid template '{template}'. The parameter name '{text}' is invalid.");
        let is_name = |part: &String| part.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter));
        let first_is_plain = builtin.is_some() || parts.first().is_some_and(|first| !first.contains('-'));
        if parts.iter().any(|part| part.trim().is_empty()) || !parts.iter().all(is_name) || !first_is_plain {
            return Err(invalid());
        }
        Ok(Self { parts, format: format.filter(|format| !format.is_empty()).map(str::to_owned), builtin })
    }

    fn resolve(&self, data: &BindingData, now: &NaiveDateTime) -> Result<String, String> {
        let name = self.parts.first().map(String::as_str).unwrap_or_default();
        let format = self.format.as_deref();
        // Binding data goes before what the host has built in.
        match (data.get(name), self.builtin) {
            (Some(value), _) => self.of_value(value),
            (None, Some(Builtin::DateTime)) => Ok(date_format::format(now, format.unwrap_or(date_format::DEFAULT))),
            (None, Some(Builtin::RandGuid)) => Ok(guid(Uuid::new_v4(), format)),
            (None, None) => Err(format!("No value for named parameter '{name}'.")),
        }
    }

    fn of_value(&self, value: &Value) -> Result<String, String> {
        let name = self.parts.first().map(String::as_str).unwrap_or_default();
        let below = self.parts.get(1..).unwrap_or_default();
        match (value, below) {
            (Value::Json(json), below) => self.of_json(json, below),
            (_, [member, ..]) => Err(format!("Error while accessing '{member}': property doesn't exist.")),
            (Value::Text(text), []) => Ok(text.clone()),
            (Value::Date(date), []) => Ok(self.of_date(date)),
            // An optional route parameter that the URL lacks.
            (Value::Null, []) => Ok(String::new()),
            (Value::Http(_) | Value::Bytes(_), []) => Err(format!("No value for named parameter '{name}'.")),
        }
    }

    fn of_json(&self, value: &Json, below: &[String]) -> Result<String, String> {
        if let Some((member, below)) = below.split_first() {
            let found = value.as_object().and_then(|members| members.iter().find(|(name, _)| same_name(name, member)));
            let (_, value) =
                found.ok_or_else(|| format!("Error while accessing '{member}': property doesn't exist."))?;
            return self.of_json(value, below);
        }
        // A GUID is only a text here, and the one that `{sys.randguid:N}` asks to be written otherwise.
        let as_guid = |text: &str| Some(guid(Uuid::parse_str(text).ok()?, self.format.as_deref()));
        match value {
            Json::Date(date) => Ok(self.of_date(date)),
            Json::Text(text) if self.format.is_some() => Ok(as_guid(text).unwrap_or_else(|| text.clone())),
            scalar => Ok(dotnet::text(scalar).into_owned()),
        }
    }

    fn of_date(&self, date: &DateTime) -> String {
        date_format::format(&date.wall, self.format.as_deref().unwrap_or(date_format::DEFAULT))
    }
}

impl Builtin {
    fn find(text: &str) -> Option<Self> {
        let begins = |name: &str| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        if begins("rand-guid") {
            Some(Self::RandGuid)
        } else if begins("datetime") {
            Some(Self::DateTime)
        } else {
            None
        }
    }
}

/// The next token of `rest`, and how many bytes of it that is. `whole` is for messages.
fn next_token(whole: &str, rest: &str) -> Result<(Token, usize), String> {
    for (pair, brace) in [("{{", "{"), ("}}", "}")] {
        if rest.starts_with(pair) {
            return Ok((Token::Literal(brace.to_owned()), pair.len()));
        }
    }
    let position = whole.len() - rest.len() + 1;
    let unbalanced = |kind: &str| format!("Invalid template '{whole}'. Missing {kind} bracket at position {position}.");
    if rest.starts_with('}') {
        return Err(unbalanced("opening"));
    }
    let Some(inside) = rest.strip_prefix('{') else {
        let end = rest.find(['{', '}']).unwrap_or(rest.len());
        return Ok((Token::Literal(rest[..end].to_owned()), end));
    };
    let end =
        inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}')).ok_or_else(|| unbalanced("closing"))?;
    if end == 0 {
        return Err(format!("Invalid template '{whole}'. The parameter name at position {position} is empty."));
    }
    Ok((Token::Expression(Expression::parse(whole, &inside[..end])?), end + 2))
}

/// A GUID in one of .NET's formats: `D` (the default), `N`, `B`, `P`.
fn guid(id: Uuid, format: Option<&str>) -> String {
    match format.unwrap_or("D") {
        "N" | "n" => id.simple().to_string(),
        "B" | "b" => id.braced().to_string(),
        "P" | "p" => format!("({id})"),
        _ => id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::data::System;
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

    fn resolved(text: &str) -> Result<String, String> {
        Template::parse(text)?.resolve(&data(), &now())
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
            ("{a.when:MM}", "11"),
            ("{datetime}", "2024-11-01T10-02-03Z"),
            ("{DateTime:yyyy-MM-dd}", "2024-11-01"),
        ] {
            assert_eq!(resolved(text).as_deref(), Ok(expected), "{text}");
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
        assert_eq!(Template::parse("{datetime:yyyy}").unwrap().resolve(&data, &now()).as_deref(), Ok("mine"));
    }

    #[test]
    fn what_has_no_value_is_named() {
        assert_eq!(resolved("x/{customer}"), Err("No value for named parameter 'customer'.".to_owned()));
        assert_eq!(resolved("{a.nope}"), Err("Error while accessing 'nope': property doesn't exist.".to_owned()));
        assert_eq!(resolved("{name.x}"), Err("Error while accessing 'x': property doesn't exist.".to_owned()));
    }

    #[test]
    fn malformed_templates_are_refused() {
        for text in ["{", "x}", "{}", "{a", "{a{b}}", "{a b}", "{a..b}", "{a-b}", "{x/y}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_replace_percent_names() {
        let settings: Settings = [("Q", "orders"), ("Empty", "")].into_iter().collect();
        assert_eq!(with_settings("a-%q%-%Q%", &settings).as_deref(), Ok("a-orders-orders"));
        assert_eq!(with_settings("100%", &settings).as_deref(), Ok("100%"));
        assert_eq!(with_settings("%NOPE%", &settings), Err("'%NOPE%' does not resolve to a value.".to_owned()));
        assert!(with_settings("%Empty%", &settings).is_err());
    }
}
