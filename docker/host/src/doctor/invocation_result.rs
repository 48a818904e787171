//! Finds parts of a result that the host ignores, although its author surely meant them (protocol.md#the-result-object to
//! #http-return-value).

use std::collections::HashSet;

use crate::app::Diagnostic;
use crate::envelope::invocation_result::InvocationResult;
use crate::envelope::outputs::OutputBinding;
use crate::grammar::spelling::did_you_mean;
use dotnet_text::base64;
use dotnet_text::json::{self, Json, Object, RESULT_MAX_DEPTH};
use dotnet_text::letter_case::same_name;
use dotnet_text::number;

/// At most so many warnings of one kind are reported.
const MOST_WARNINGS: usize = 100;
/// And so many outputs are named to choose from.
const MOST_NAMES: usize = 10;
/// A longer text is not taken for base64 by accident.
const MOST_ACCIDENTAL_BYTES: usize = 256;
/// What counts in a result, and in a response among its outputs.
const MEMBERS: [&str; 3] = ["Outputs", "Logs", "ReturnValue"];
const RESPONSE: [&str; 3] = ["statusCode", "headers", "body"];
const RETURNED: [&str; 5] = ["statusCode", "status", "headers", "body", "enableContentNegotiation"];

/// The ignored parts of the result of an invocation with these output bindings, each with a hint. The result is valid all the same.
/// `compatible` is `FUNCTIONS_V2_COMPATIBILITY_MODE`.
pub fn warnings(result: &InvocationResult, bindings: &[OutputBinding<'_>], compatible: bool) -> Vec<Diagnostic> {
    let mut found = unknown(result, bindings);
    if let Some(outputs) = &result.outputs {
        let named_http = bindings.iter().filter(|binding| binding.kind == "http" && !binding.is_return());
        for binding in named_http.filter(|binding| !has_return_value(result, binding.name)) {
            match outputs.get(binding.name) {
                Some(response) => found.extend(of_response(response, binding.name)),
                None => found.push(missing(outputs, binding.name)),
            }
        }
        found.extend(dropped(outputs, bindings));
        found.extend(bindings.iter().filter_map(|binding| accidental_base64(outputs, binding)));
    } else if !compatible {
        found.extend(unread_response(result, bindings));
    }
    if bindings.iter().any(|binding| binding.kind == "http" && binding.is_return()) {
        found.extend(of_return_value(result));
    }
    found
}

/// Members of the result itself that mean nothing.
fn unknown(result: &InvocationResult, bindings: &[OutputBinding<'_>]) -> Vec<Diagnostic> {
    let is_output = |name: &str| bindings.iter().any(|binding| binding.name == name);
    let mistakes = result.unknown.iter().filter_map(|name| {
        let hint = if is_output(name) {
            format!("outputs stand in `Outputs`: {{\"Outputs\":{{\"{name}\":…}}}}")
        } else {
            format!("did you mean `{}`?", did_you_mean(name, &MEMBERS)?)
        };
        Some(Diagnostic::of_whole(format!("`{name}` means nothing in an answer and is ignored")).hint(hint))
    });
    let mistakes: Vec<Diagnostic> = mistakes.take(MOST_WARNINGS).collect();
    let is_empty = result.outputs.is_none() && result.return_value.is_none() && result.logs.is_empty();
    if !mistakes.is_empty() || !is_empty || result.unknown.is_empty() {
        return mistakes;
    }
    let example = match bindings.iter().find(|binding| binding.kind == "http" && !binding.is_return()) {
        Some(response) => format!("{{\"Outputs\":{{\"{}\":{{\"body\":\"…\"}}}}}}", response.name),
        None => "{\"Outputs\":{},\"Logs\":[],\"ReturnValue\":…}".to_owned(),
    };
    let only = listed(result.unknown.iter().map(String::as_str));
    let text = format!("Nothing in the answer counts: it has neither `Outputs` nor `ReturnValue`, only {only}");
    vec![Diagnostic::of_whole(text).hint(format!("answer with {example}"))]
}

/// An object `ReturnValue` may have the response as well (protocol.md#http-return-value).
fn has_return_value(result: &InvocationResult, name: &str) -> bool {
    matches!(&result.return_value, Some(Json::Object(members)) if members.get(name).is_some())
}

fn of_response(response: &Json, name: &str) -> Vec<Diagnostic> {
    let parsed = match response {
        Json::Text(text) if text.trim_start().starts_with('{') => json::parse_to_depth(text, RESULT_MAX_DEPTH).ok(),
        _ => None,
    };
    let Json::Object(members) = parsed.as_ref().unwrap_or(response) else { return Vec::new() };
    let status = members.iter().rev().find(|(key, _)| same_name(key, "statusCode")).map(|(_, value)| value);
    let mut found: Vec<Diagnostic> = status.and_then(|status| no_status(status, name)).into_iter().collect();
    let unknown = members.keys().filter(|key| !RESPONSE.iter().any(|known| same_name(key, known)));
    for key in unknown.take(MOST_WARNINGS) {
        if !same_name(key, "status") {
            found.push(ignored(&format!("Outputs.{name}"), key, &RESPONSE));
        } else if status.is_none() {
            found.push(Diagnostic::of_whole(format!(
                "Outputs.{name}.status is ignored: use statusCode\nThe caller gets 200. A response among `Outputs` has \
                 `statusCode`, `headers` and `body`; `status` counts only in a `ReturnValue`"
            )));
        }
    }
    found
}

/// A member of a response that counts for nothing.
fn ignored(response: &str, key: &str, known: &[&str]) -> Diagnostic {
    let hint = match did_you_mean(key, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if same_name(key, "cookies") => "send them as the header `Set-Cookie`".to_owned(),
        None => format!("a response has {}", listed(known.iter().copied())),
    };
    Diagnostic::of_whole(format!("{response}.{key} is ignored")).hint(hint)
}

/// A `ReturnValue` is a response if it has a body. What counts for nothing in it, and headers that .NET writes as the name of a type
/// (recordings PX2-res-header-array, PX2-res-headers-array).
fn of_return_value(result: &InvocationResult) -> Vec<Diagnostic> {
    let Some(Json::Object(members)) = &result.return_value else { return Vec::new() };
    let is_one_of = |key: &str, names: &[&str]| names.iter().any(|name| same_name(key, name));
    if !members.keys().any(|key| is_one_of(key, &["body"])) {
        return Vec::new();
    }
    let unknown = members.keys().filter(|key| !is_one_of(key, &RETURNED));
    let mut found: Vec<Diagnostic> =
        unknown.take(MOST_WARNINGS).map(|key| ignored("ReturnValue", key, &RETURNED)).collect();
    for (_, headers) in members.iter().filter(|(key, _)| is_one_of(key, &["headers"])) {
        match headers {
            Json::Array(_) => found.push(
                Diagnostic::of_whole("ReturnValue.headers is a list and is ignored")
                    .hint("write an object: {\"X-Name\": \"value\"}"),
            ),
            Json::Object(headers) => found.extend(headers.iter().filter_map(|(name, value)| {
                let kind = match value {
                    Json::Array(_) => "a list",
                    Json::Object(_) => "an object",
                    _ => return None,
                };
                let text =
                    format!("ReturnValue.headers.{name} is {kind}, so the caller gets the name of a .NET type for it");
                Some(Diagnostic::of_whole(text).hint("write one text"))
            })),
            _ => {}
        }
    }
    found
}

/// A status that is not an integer counts as 200 (recordings RX-sc-*); an array or an object fails elsewhere.
fn no_status(status: &Json, name: &str) -> Option<Diagnostic> {
    let is_number = match status {
        Json::Integer(number) => i32::try_from(*number).is_ok(),
        Json::Text(text) => number::parse_int(text).is_some(),
        Json::Null | Json::Undefined | Json::Array(_) | Json::Object(_) => true,
        _ => false,
    };
    (!is_number).then(|| {
        let text = format!("Outputs.{name}.statusCode is not a whole number, so the caller gets 200");
        Diagnostic::of_whole(text).hint("write it without quotes, fraction or words: 404")
    })
}

/// The caller gets 200 and `{}` (recordings R04, RX-outputs-empty-rv).
fn missing(outputs: &Object, name: &str) -> Diagnostic {
    let hint = match outputs.keys().find(|key| same_name(key, name)) {
        Some(spelling) => format!("names are compared letter by letter: `{name}`, not `{spelling}`"),
        None => format!("answer with {{\"Outputs\":{{\"{name}\":{{\"statusCode\":200,\"body\":\"…\"}}}}}}"),
    };
    let text =
        format!("`Outputs` has no `{name}`, the http output in function.json, so the caller gets 200 and `{{}}`");
    Diagnostic::of_whole(text).hint(hint)
}

/// Values that no output binding takes.
fn dropped(outputs: &Object, bindings: &[OutputBinding<'_>]) -> Vec<Diagnostic> {
    let names: Vec<&str> = bindings.iter().map(|binding| binding.name).collect();
    let responses: Vec<&str> = bindings.iter().filter(|it| it.kind == "http").map(|binding| binding.name).collect();
    let is_reported = |key: &str| responses.iter().any(|name| same_name(key, name));
    // A function may have many outputs, and a result as many values.
    let taken: HashSet<&str> = bindings.iter().filter(|it| !it.is_return()).map(|binding| binding.name).collect();
    let keys = outputs.keys().filter(|key| !taken.contains(key.as_str()));
    keys.filter(|key| key.as_str() == "$return" || !is_reported(key))
        .take(MOST_WARNINGS)
        .map(|key| {
            let hint = if key.as_str() == "$return" || names == ["$return"] {
                "the value of the output `$return` is the `ReturnValue` of the answer, beside `Outputs`".to_owned()
            } else if let Some(meant) = did_you_mean(key, &names) {
                format!("did you mean `{meant}`? Names are compared letter by letter")
            } else if names.is_empty() {
                "the function has no outputs: add one to its function.json".to_owned()
            } else {
                let more = names.len().saturating_sub(MOST_NAMES);
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                format!("the outputs of the function are {}{more}", listed(names.iter().copied().take(MOST_NAMES)))
            };
            let text = format!("`Outputs.{key}` is the value of no output in function.json and is dropped");
            Diagnostic::of_whole(text).hint(hint)
        })
        .collect()
}

/// A text that happens to be base64 is decoded (protocol.md#output-values rule 4). If that gives a text, it was meant.
fn accidental_base64(outputs: &Object, binding: &OutputBinding<'_>) -> Option<Diagnostic> {
    let Some(Json::Text(text)) = outputs.get(binding.name) else { return None };
    if binding.binary || binding.is_return() || binding.kind == "http" || text.len() > MOST_ACCIDENTAL_BYTES {
        return None;
    }
    let bytes = base64::decode(text).filter(|bytes| std::str::from_utf8(bytes).is_err())?;
    let text = format!(
        "`Outputs.{}` happens to be base64, so the {} bytes that it encodes are written, not the text",
        binding.name,
        bytes.len()
    );
    Some(Diagnostic::of_whole(text).hint("with \"dataType\": \"binary\" in its binding the text is written as it is"))
}

/// Without an output `$return` a `ReturnValue` is the body, not a response (protocol.md#http-return-value).
fn unread_response(result: &InvocationResult, bindings: &[OutputBinding<'_>]) -> Option<Diagnostic> {
    let Some(Json::Object(members)) = &result.return_value else { return None };
    let has = |name: &str| members.keys().any(|key| same_name(key, name));
    let is_response = has("body") && (has("status") || has("statusCode") || has("headers"));
    let http = bindings.iter().find(|binding| binding.kind == "http")?;
    (is_response && !bindings.iter().any(OutputBinding::is_return)).then(|| {
        let text = "`ReturnValue` is not a response here, so the caller gets 200 and the whole object";
        Diagnostic::of_whole(text).hint(format!(
            "give it as `Outputs.{}`, with `statusCode`; or name the http output `$return` in function.json",
            http.name
        ))
    })
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::invocation_result::{Verdict, judge};

    fn of(result: &str, name: &str, kind: &str) -> String {
        match judge(200, Some(b"application/json"), result.as_bytes()) {
            Ok(Verdict::Completes(result)) => {
                crate::doctor::tests::lines(&warnings(&result, &[OutputBinding { name, kind, binary: false }], false))
            }
            other => panic!("{result}: {other:?}"),
        }
    }

    #[test]
    fn a_status_without_a_status_code_is_named() {
        for result in [
            r#"{"Outputs":{"res":{"status":404,"body":"x"}}}"#,
            r#"{"Outputs":{"res":{"Status":404}}}"#,
            r#"{"Outputs":{"res":"{\"status\":404}"}}"#,
        ] {
            assert!(of(result, "res", "http").starts_with("Outputs.res.status is ignored: use statusCode"), "{result}");
        }
    }

    #[test]
    fn an_output_that_is_missing_is_named() {
        assert!(of(r#"{"Outputs":{}}"#, "res", "http").contains("`Outputs` has no `res`"));
        assert!(of(r#"{"Outputs":{"Res":{}}}"#, "res", "http").contains("`res`, not `Res`"));
    }

    #[test]
    fn of_values_that_no_output_takes_a_hundred_are_named() {
        let values: Vec<String> = (0..=MOST_WARNINGS).map(|number| format!(r#""unknown-{number}":0"#)).collect();
        let found = of(&format!(r#"{{"Outputs":{{"res":{{}},{}}}}}"#, values.join(",")), "res", "http");
        assert_eq!(found.matches("is dropped").count(), MOST_WARNINGS, "{found}");
    }

    #[test]
    fn of_mistakes_of_any_kind_a_hundred_are_named() {
        let many = |text: &str| {
            (0..=MOST_WARNINGS).map(|number| format!("\"{text}{number}\":0")).collect::<Vec<_>>().join(",")
        };
        for result in [
            format!("{{{}}}", many("Output")),
            format!(r#"{{"Outputs":{{"res":{{{}}}}}}}"#, many("a")),
            format!(r#"{{"Outputs":{{"res":{{}}}},"ReturnValue":{{"body":"",{}}}}}"#, many("a")),
        ] {
            for name in ["res", "$return"] {
                let found = of(&result, name, "http");
                assert!(found.lines().filter(|line| line.contains("ignored")).count() <= MOST_WARNINGS, "{found}");
            }
        }
    }

    #[test]
    fn members_that_mean_nothing_are_named() {
        for (result, part) in [
            (r#"{"message":"hello"}"#, "neither `Outputs` nor `ReturnValue`, only `message`"),
            (r#"{"Output":{}}"#, "did you mean `Outputs`?"),
            (r#"{"return_value":1}"#, "did you mean `ReturnValue`?"),
            (r#"{"Outputs":{"res":{}},"Log":["x"]}"#, "did you mean `Logs`?"),
            (r#"{"res":{"body":"x"}}"#, r#"`Outputs`: {"Outputs":{"res":…}}"#),
            (r#"{"Outputs":{"res":{"status_code":404}}}"#, "did you mean `statusCode`?"),
            (r#"{"Outputs":{"res":{"content":"x"}}}"#, "a response has `statusCode`, `headers`, `body`"),
            (r#"{"Outputs":{"res":{"statusCode":201.0}}}"#, "statusCode is not a whole number"),
            (r#"{"Outputs":{"res":{"statusCode":"abc"}}}"#, "statusCode is not a whole number"),
            (r#"{"ReturnValue":{"status":404,"body":"x"}}"#, "`ReturnValue` is not a response here"),
            (r#"{"Outputs":{"res":{},"message":"x"}}"#, "the outputs of the function are `res`"),
            (r#"{"Outputs":{"res":{},"$return":"x"}}"#, "is the `ReturnValue` of the answer"),
        ] {
            assert!(of(result, "res", "http").contains(part), "{result}: {}", of(result, "res", "http"));
        }
        assert!(of(r#"{"Outputs":{"Message":"x"}}"#, "message", "queue").contains("did you mean `message`?"));
        assert!(of(r#"{"Outputs":{"res":{}}}"#, "$return", "http").contains("`$return` is the `ReturnValue`"));
    }

    #[test]
    fn what_a_returned_response_makes_of_its_members_is_named() {
        for (result, part) in [
            (
                r#"{"body":"","headers":{"X-A":["b"]}}"#,
                "ReturnValue.headers.X-A is a list, so the caller gets the name of a .NET",
            ),
            (r#"{"body":"","headers":{"X-A":{}}}"#, "ReturnValue.headers.X-A is an object"),
            (r#"{"body":"","headers":[]}"#, "ReturnValue.headers is a list and is ignored"),
            (
                r#"{"body":"","cookies":[]}"#,
                "ReturnValue.cookies is ignored\nhint: send them as the header `Set-Cookie`",
            ),
            (r#"{"body":"","isBase64Encoded":true}"#, "ReturnValue.isBase64Encoded is ignored"),
            (r#"{"body":"","status_code":1}"#, "did you mean `statusCode`?"),
        ] {
            let found = of(&format!(r#"{{"Outputs":{{}},"ReturnValue":{result}}}"#), "$return", "http");
            assert!(found.contains(part), "{result}: {found}");
        }
        let sound = r#"{"Outputs":{},"ReturnValue":{"status":200,"headers":{"X-A":"b"},"Body":null}}"#;
        assert_eq!(of(sound, "$return", "http"), "");
        assert_eq!(of(r#"{"ReturnValue":{"cookies":[]}}"#, "$return", "http"), "", "the object is the body");
    }

    #[test]
    fn a_text_that_happens_to_be_base64_is_named() {
        assert!(of(r#"{"Outputs":{"message":"test"}}"#, "message", "queue").contains("the 3 bytes"));
        assert_eq!(of(r#"{"Outputs":{"message":"aGVsbG8="}}"#, "message", "queue"), "", "hello");
        assert_eq!(of(r#"{"Outputs":{"message":"hello"}}"#, "message", "queue"), "");
    }

    #[test]
    fn nothing_is_said_about_what_counts() {
        for result in [
            r#"{"Outputs":{"res":{"status":404,"StatusCode":404}}}"#,
            r#"{"Outputs":{"res":{"body":"x"}}}"#,
            r#"{"ReturnValue":"x"}"#,
            r#"{"Outputs":{},"ReturnValue":{"res":{"body":"x"}}}"#,
        ] {
            assert_eq!(of(result, "res", "http"), "", "{result}");
        }
        assert_eq!(of(r#"{"Outputs":{}}"#, "message", "queue"), "");
        assert_eq!(of(r#"{"Outputs":{}}"#, "$return", "http"), "");
    }
}
