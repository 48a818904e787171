//! What a value becomes as queue messages (protocol.md#queue-output).

use super::output_value::OutputValue;
use crate::app::Diagnostic;
use dotnet_text::json::{self, Json, RESULT_MAX_DEPTH};

/// The bodies of the messages that a value means, before the queue's own base64 (recordings R19-*, R21-*, R22-*).
///
/// An array is one message an element, nulls skipped; a text that begins and ends like JSON is parsed and written anew, and
/// fails if it cannot be.
pub fn messages(value: OutputValue) -> Result<Vec<Vec<u8>>, Diagnostic> {
    let value = match value {
        OutputValue::Bytes(bytes) => return Ok(vec![bytes]),
        OutputValue::Json(value) => value,
    };
    let elements = match value {
        Json::Array(elements) => elements,
        Json::Text(text) if looks_like_json(&text) => match parse(&text)? {
            Json::Array(elements) => elements,
            other => vec![other],
        },
        other => vec![other],
    };
    // A date is stored as its .NET text (recording R19-date).
    Ok(elements
        .into_iter()
        .filter(|element| !element.is_null())
        .map(|element| json::into_text(element).into_bytes())
        .collect())
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

fn parse(text: &str) -> Result<Json, Diagnostic> {
    json::parse_to_depth(text, RESULT_MAX_DEPTH).map_err(|error| {
        Diagnostic::of_whole(format!("the queue message looks like JSON but is not: {error}"))
            .hint("send base64 of the exact bytes wanted, or text that does not begin and end like JSON")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Option<Vec<String>> {
        let value = OutputValue::Json(json::parse(json).unwrap());
        let texts = |bodies: Vec<Vec<u8>>| bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect();
        messages(value).ok().map(texts)
    }

    #[test]
    fn expands_values_to_messages() {
        for (value, expected) in [
            (r#""Hello,World""#, Some(&["Hello,World"][..])),
            (r#""[1,""#, Some(&["[1,"])),
            (r#""{x}""#, None),
            (r#""[1,2]""#, Some(&["1", "2"])),
            (r#""{\"k\":1}""#, Some(&["{\n  \"k\": 1\n}"])),
            (r#""2020-01-01T00:00:00Z""#, Some(&["01/01/2020 00:00:00"])),
            (r#""""#, Some(&[""])),
            (r#"["aGk=","test"]"#, Some(&["aGk=", "test"])),
            (r#"[1,{"a":1},"x!",null,true]"#, Some(&["1", "{\n  \"a\": 1\n}", "x!", "True"])),
            ("[]", Some(&[])),
            ("1.5", Some(&["1.5"])),
            ("100", Some(&["100"])),
            ("true", Some(&["True"])),
        ] {
            assert_eq!(
                of(value),
                expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect()),
                "{value}"
            );
        }
        assert_eq!(messages(OutputValue::Bytes(b"hi".to_vec())), Ok(vec![b"hi".to_vec()]));
    }
}
