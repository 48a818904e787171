//! What counts as a result of an invocation in default mode (protocol.md#gatekeeping and #the-result-object).

use crate::app::{Diagnostic, Rule};
use dotnet_text::encoding;
use dotnet_text::json::{self, Json, MetadataError, Object, RESULT_MAX_DEPTH, Reader, without_metadata};
use dotnet_text::letter_case::{is_one_of, same_name};
use dotnet_text::media_type::{MediaType, is_token};
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct InvocationResult {
    pub outputs: Option<Object>,
    /// `Logs`, to be logged before the outputs are converted (recording RX-logs-on-failure).
    pub logs: Vec<String>,
    /// `ReturnValue`; null when missing.
    pub return_value: Option<Json>,
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Completes(InvocationResult),
    /// A 2xx with nothing in it: the real host never completes the invocation, until `functionTimeout`
    /// (recordings R16 to R16e, RX-status-204-body).
    NeverCompletes,
}

/// Why a response is not a result.
#[derive(Debug, PartialEq)]
pub struct Refused {
    pub rule: Rule,
    pub reason: Diagnostic,
}

/// Judges a handler's complete response by its status, `Content-Type` and body, in the order of protocol.md#gatekeeping.
pub fn judge(status: u16, content_type: Option<&[u8]>, body: &[u8]) -> Result<Verdict, Refused> {
    let gatekeeping = |reason| Refused { rule: Rule::Gatekeeping, reason };
    if !(200..300).contains(&status) {
        let hint =
            "a handler answers an invocation with 2xx; a status for the caller goes into `Outputs.<name>.statusCode`";
        let reason = Diagnostic::of_whole(format!("the handler answered with status {status}")).hint(hint);
        return Err(gatekeeping(reason));
    }
    if status == 204 || body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Verdict::NeverCompletes);
    }
    let content_type = content_type.map(String::from_utf8_lossy).unwrap_or_default();
    if !is_json(&content_type) {
        let named = if content_type.is_empty() {
            "no `Content-Type`".into()
        } else {
            format!("`Content-Type: {content_type}`")
        };
        let hint = "answer with `Content-Type: application/json` and an object of `Outputs`, `Logs` and `ReturnValue`";
        let reason = Diagnostic::of_whole(format!("the handler answered with {named}")).hint(hint);
        return Err(gatekeeping(reason));
    }
    let text = decode(body, &content_type).map_err(gatekeeping)?;
    read(&text).map_err(|error| {
        let reason = Diagnostic::of_whole(format!("the handler's answer cannot be read: {error}"))
            .hint("answer with an object of `Outputs`, `Logs` and `ReturnValue`, such as {\"Outputs\":{\"res\":{\"body\":\"hello\"}}}");
        Refused { rule: Rule::ResultObject, reason }
    })
}

/// Whether a response looks like that of an ordinary web server, which expected another request than the envelope. An object in
/// it shows that the envelope is known.
pub fn is_plain_http(status: u16, content_type: Option<&[u8]>, body: &[u8]) -> bool {
    let is_labelled_json = || is_json(&content_type.map(String::from_utf8_lossy).unwrap_or_default());
    match status {
        404 | 405 | 501 => true,
        200..300 => !is_labelled_json() && !body.trim_ascii_start().starts_with(b"{"),
        _ => false,
    }
}

/// The media types of the JSON formatter, and every range that holds one (recordings RX-type-*).
fn is_json(content_type: &str) -> bool {
    let MediaType { essence, parameters } = MediaType::split(content_type);
    let is_sound = |(name, value): &(&str, Option<&str>)| is_token(name) || (name.is_empty() && value.is_none());
    let known = ["application/json", "text/json", "*/*", "application/*", "text/*"];
    parameters.iter().all(is_sound) && is_one_of(essence, &known)
}

/// UTF-16 when the charset says so, else UTF-8, and invalid bytes are an error (recordings RX-type-json-badcharset,
/// RX-json-gzip). A byte order mark overrules the charset.
fn decode<'a>(body: &'a [u8], content_type: &str) -> Result<Cow<'a, str>, Diagnostic> {
    if body.starts_with(&[0xFF, 0xFE]) || body.starts_with(&[0xFE, 0xFF]) {
        return Ok(encoding::decode(body));
    }
    let charset = MediaType::split(content_type).parameter("charset").unwrap_or_default();
    if charset.trim_matches('"').eq_ignore_ascii_case("utf-16") {
        let (pairs, odd) = body.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let text = String::from_utf16(&units).ok().filter(|_| odd.is_empty());
        return text
            .map(Cow::Owned)
            .ok_or_else(|| Diagnostic::of_whole("the handler's answer is labelled `utf-16` but is not UTF-16"));
    }
    std::str::from_utf8(body).map(Cow::Borrowed).map_err(|error| {
        Diagnostic::of_whole(format!("the handler's answer is not UTF-8 at byte {}", error.valid_up_to()))
            .hint("answer in UTF-8 and without `Content-Encoding`")
    })
}

/// Newtonsoft.Json takes an empty string for null where it wants an object or an array.
pub(super) fn counts_as_null(value: &Json) -> bool {
    value.is_null() || value.as_text() == Some("")
}

/// Why a result is not an object of `Outputs`, `Logs` and `ReturnValue`.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Json(#[from] json::Error),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("{what} is {kind}, not {wanted}")]
    Kind { what: &'static str, kind: &'static str, wanted: &'static str },
}

impl Unreadable {
    fn kind(what: &'static str, value: &Json, wanted: &'static str) -> Self {
        Self::Kind { what, kind: value.kind(), wanted }
    }
}

/// Reads the object; what follows it is ignored (recordings RX-json-trailing, RX-json-two).
fn read(text: &str) -> Result<Verdict, Unreadable> {
    let mut reader = Reader::new(text, RESULT_MAX_DEPTH);
    if !reader.at_object()? {
        return match reader.value()? {
            value if counts_as_null(&value) => Ok(Verdict::NeverCompletes),
            other => Err(Unreadable::kind("it", &other, "an object")),
        };
    }
    let mut result = InvocationResult::default();
    let mut mistyped = None;
    let mut is_beginning = true;
    reader.object(|name, reader| {
        let is_metadata = is_beginning && name.starts_with('$');
        is_beginning = is_metadata;
        if same_name(&name, "Outputs") {
            read_outputs(&mut result, reader.value()?).unwrap_or_else(|error| mistyped = Some(error));
        } else if same_name(&name, "Logs") {
            read_logs(&mut result, reader.value_without_dates()?).unwrap_or_else(|error| mistyped = Some(error));
        } else if same_name(&name, "ReturnValue") {
            read_return_value(&mut result, reader.value()?).unwrap_or_else(|error| mistyped = Some(error));
        } else if is_metadata {
            let with_another =
                Json::Object([(name, reader.value()?), (String::new(), Json::Null)].into_iter().collect());
            without_metadata(with_another).map_or_else(|error| mistyped = Some(error.into()), drop);
        } else {
            result.unknown.push(name.to_string());
            reader.skip()?;
        }
        Ok(())
    })?;
    mistyped.map_or(Ok(Verdict::Completes(result)), Err)
}

/// Of a name given twice the second value is laid over the first (recordings RX-outputs-both-cases, RX-outputs-key-twice).
fn read_outputs(result: &mut InvocationResult, value: Json) -> Result<(), Unreadable> {
    match without_metadata(value)? {
        value if counts_as_null(&value) => result.outputs = None,
        Json::Object(members) => {
            let outputs = result.outputs.get_or_insert_default();
            for (name, value) in members {
                outputs.insert(name, without_metadata(value)?);
            }
        }
        other => return Err(Unreadable::kind("`Outputs`", &other, "an object")),
    }
    Ok(())
}

/// Of a name given twice the last value counts; but a list or an object cannot be read over a value of another kind.
fn read_return_value(result: &mut InvocationResult, value: Json) -> Result<(), Unreadable> {
    if let Some(before) = result.return_value.as_ref().filter(|before| !can_be_read_over(before, &value)) {
        return Err(Unreadable::Kind { what: "the second `ReturnValue`", kind: value.kind(), wanted: before.kind() });
    }
    result.return_value = Some(without_metadata(value)?).filter(|value| !value.is_null());
    Ok(())
}

/// Whether Newtonsoft.Json, which looks at what a member of any type is already, reads another value into it.
pub(super) const fn can_be_read_over(before: &Json, value: &Json) -> bool {
    match value {
        Json::Array(_) => matches!(before, Json::Null | Json::Array(_)),
        Json::Object(_) => matches!(before, Json::Null | Json::Object(_)),
        _ => true,
    }
}

/// Numbers, booleans and nulls count as texts, anything else in the array does not (recordings RX-logs-*).
fn read_logs(result: &mut InvocationResult, value: Json) -> Result<(), Unreadable> {
    let lines = match value {
        value if counts_as_null(&value) => return Ok(()),
        Json::Array(lines) => lines,
        other => return Err(Unreadable::kind("`Logs`", &other, "an array of strings")),
    };
    for line in lines {
        result.logs.push(match line {
            // What .NET's logger makes of a null message.
            Json::Null => "[null]".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Array(_) | Json::Object(_) | Json::Undefined => {
                return Err(Unreadable::kind("a line of `Logs`", &line, "a string"));
            }
            scalar => json::into_text(scalar),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> InvocationResult {
        match judge(200, Some(b"application/json"), body.as_bytes()) {
            Ok(Verdict::Completes(result)) => result,
            other => panic!("{body}: {other:?}"),
        }
    }

    fn fails(status: u16, content_type: &str, body: &[u8]) -> bool {
        judge(status, Some(content_type.as_bytes()).filter(|value| !value.is_empty()), body).is_err()
    }

    #[test]
    fn an_ordinary_web_server_is_told_from_a_handler() {
        let is_plain = |status, content_type: &str, body: &str| {
            is_plain_http(status, Some(content_type.as_bytes()), body.as_bytes())
        };
        assert!(is_plain(404, "text/plain", "no such page") && is_plain(200, "text/html", "<p>hello"));
        assert!(!is_plain(200, "text/html", r#" {"Outputs":{}}"#) && !is_plain(200, "application/json", "hello"));
        assert!(!is_plain(500, "text/html", "<p>a bug"));
    }

    #[test]
    fn a_refusal_names_the_rule() {
        let rule = |status, body: &str| judge(status, Some(b"application/json"), body.as_bytes()).unwrap_err().rule;
        assert_eq!((rule(500, r#"{"output":"status"}"#), rule(200, "[]")), (Rule::Gatekeeping, Rule::ResultObject));
    }

    #[test]
    fn takes_any_2xx_and_nothing_else() {
        for status in [200, 201, 202, 203, 206, 226, 299] {
            assert!(!fails(status, "application/json", b"{}"), "{status}");
        }
        for status in [300, 304, 400, 401, 404, 429, 500, 501, 503, 600] {
            assert!(fails(status, "application/json", b"{}"), "{status}");
        }
    }

    #[test]
    fn never_completes_without_content() {
        for (status, body) in [(200, ""), (204, ""), (204, "{}"), (200, " \r\n"), (200, "null"), (200, "''"), (201, "")]
        {
            assert_eq!(
                judge(status, Some(b"application/json"), body.as_bytes()),
                Ok(Verdict::NeverCompletes),
                "{status} {body}"
            );
        }
        assert_eq!(judge(200, None, b""), Ok(Verdict::NeverCompletes));
    }

    #[test]
    fn wants_a_json_media_type() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/json",
            "*/*",
            "application/json; charset=nonsense",
            "application/json; charset=iso-8859-1",
        ] {
            assert!(!fails(200, good, b"{}"), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "text/html",
            "application/octet-stream",
            "application/problem+json",
            "application/vnd.x+json",
            "application/x-www-form-urlencoded",
            "application/xml",
            "json",
            "application/json; =",
        ] {
            assert!(fails(200, bad, b"{}"), "{bad}");
        }
        assert!(fails(200, "application/json; charset=utf-16", b"{}}"));
        assert!(!fails(200, "application/json; charset=utf-16", b"{\0}\0"));
        assert!(fails(200, "application/json", b"\x1f\x8b\x08\0\xff"));
    }

    #[test]
    fn reads_leniently() {
        let result = of(
            "\u{feff}{'outputs':{'res':{body:'x'}},/*c*/LOGS:['a',1,true,null,'2020-01-01T00:00:00Z'],returnvalue:5,other:[{}]} rest",
        );
        assert_eq!(result.logs, ["a", "1", "true", "[null]", "2020-01-01T00:00:00Z"]);
        assert_eq!(result.return_value, Some(Json::Integer(5)));
        assert!(result.outputs.unwrap().contains_key("res"));
        assert_eq!(of("{}"), InvocationResult::default());
        assert_eq!(of(r#"{"Outputs":null,"Logs":null,"ReturnValue":null}"#), InvocationResult::default());
        assert_eq!(of(r#"{"Outputs":"","Logs":""}"#), InvocationResult::default());
        assert_eq!(of(r#"{"Outputs":{"a":{"$type":"x"}}}"#), of(r#"{"Outputs":{"a":{}}}"#));
        assert_eq!(of(r#"{"$type":"x","$id":5,"ReturnValue":{"a":1},"ReturnValue":{}}"#), of(r#"{"ReturnValue":{}}"#));
        assert_eq!(of(r#"{"Outputs":{"a":undefined},"ReturnValue":undefined}"#), of(r#"{"Outputs":{"a":null}}"#));
        assert_eq!(of(r#"{"a":1,"$type":[]}"#).unknown, ["a", "$type"]);
        assert_eq!(of(r#"{"Outputs":{"a":1,"a":2},"outputs":{"b":3}}"#).outputs.unwrap().len(), 2);
    }

    #[test]
    fn refuses_what_is_no_envelope() {
        for body in [
            "[]",
            "\"x\"",
            "5",
            "true",
            "{\"a\":",
            "{\"Outputs\":[]}",
            "{\"Outputs\":\"x\"}",
            "{\"Logs\":\"x\"}",
            "{\"ReturnValue\":{\"$type\":[]}}",
            "{\"Logs\":5}",
            "{\"Logs\":{}}",
            "{\"Logs\":[\"a\",{}]}",
            "{\"Logs\":[,]}",
            "{\"$type\":[]}",
            "{\"$id\":\"1\",\"$values\":[],\"ReturnValue\":1}",
            "{\"ReturnValue\":1,\"returnValue\":[]}",
            "hello",
        ] {
            assert!(fails(200, "application/json", body.as_bytes()), "{body}");
        }
    }
}
