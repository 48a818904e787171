//! What an answer says that the host ignores, although its author surely meant it (protocol section 5.4).

use super::answer::Answer;
use super::dotnet::same_name;
use super::json::{self, ANSWER_MAX_DEPTH, Json, Object};
use super::outputs::OutputBinding;

/// The oversights in an answer to an invocation with these output bindings, each with a hint. The answer is valid all the same.
#[must_use]
pub fn oversights(answer: &Answer, bindings: &[OutputBinding<'_>]) -> Vec<String> {
    let Some(outputs) = &answer.outputs else { return Vec::new() };
    let named_http = bindings.iter().filter(|binding| binding.kind == "http" && !binding.is_return());
    named_http
        .filter(|binding| !has_return_value(answer, binding.name))
        .filter_map(|it| oversight(outputs, it.name))
        .collect()
}

/// An object `ReturnValue` may have the response as well (protocol section 5.5).
fn has_return_value(answer: &Answer, name: &str) -> bool {
    matches!(&answer.return_value, Some(Json::Object(members)) if members.get(name).is_some())
}

fn oversight(outputs: &Object, name: &str) -> Option<String> {
    let Some(response) = outputs.get(name) else { return Some(missing(outputs, name)) };
    let parsed = match response {
        Json::Text(text) if text.trim_start().starts_with('{') => json::parse_to_depth(text, ANSWER_MAX_DEPTH).ok(),
        _ => None,
    };
    let Json::Object(members) = parsed.as_ref().unwrap_or(response) else { return None };
    let has = |member: &str| members.keys().any(|key| same_name(key, member));
    (has("status") && !has("statusCode")).then(|| {
        format!(
            "Outputs.{name}.status is ignored: use statusCode\nThe caller gets 200. A response among `Outputs` has `statusCode`, \
             `headers` and `body`; `status` counts only in a `ReturnValue` (protocol section 5.4)"
        )
    })
}

/// The caller gets 200 and `{}` (recordings R04, R18, RX-outputs-empty-rv).
fn missing(outputs: &Object, name: &str) -> String {
    let hint = match outputs.keys().find(|key| same_name(key, name)) {
        Some(spelling) => format!("names are compared letter by letter: `{name}`, not `{spelling}`"),
        None => format!("answer with {{\"Outputs\":{{\"{name}\":{{\"statusCode\":200,\"body\":\"…\"}}}}}}"),
    };
    format!(
        "`Outputs` has no `{name}`, the http output in function.json, so the caller gets 200 and `{{}}`\nhint: {hint}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Verdict, judge};
    use super::*;

    fn of(answer: &str, name: &str, kind: &str) -> String {
        match judge(200, Some(b"application/json"), answer.as_bytes()) {
            Ok(Verdict::Answered(answer)) => {
                oversights(&answer, &[OutputBinding { name, kind, binary: false }]).join("\n")
            }
            other => panic!("{answer}: {other:?}"),
        }
    }

    #[test]
    fn a_status_without_a_status_code_is_named() {
        for answer in [
            r#"{"Outputs":{"res":{"status":404,"body":"x"}}}"#,
            r#"{"Outputs":{"res":{"Status":404}}}"#,
            r#"{"Outputs":{"res":"{\"status\":404}"}}"#,
        ] {
            assert!(of(answer, "res", "http").starts_with("Outputs.res.status is ignored: use statusCode"), "{answer}");
        }
    }

    #[test]
    fn an_output_that_is_missing_is_named() {
        assert!(of(r#"{"Outputs":{}}"#, "res", "http").contains("`Outputs` has no `res`"));
        assert!(of(r#"{"Outputs":{"Res":{}}}"#, "res", "http").contains("`res`, not `Res`"));
    }

    #[test]
    fn nothing_is_said_about_what_counts() {
        for answer in [
            r#"{"Outputs":{"res":{"status":404,"StatusCode":404}}}"#,
            r#"{"Outputs":{"res":{"body":"x"}}}"#,
            r#"{"ReturnValue":"x"}"#,
            r#"{"Outputs":{},"ReturnValue":{"res":{"body":"x"}}}"#,
        ] {
            assert_eq!(of(answer, "res", "http"), "", "{answer}");
        }
        assert_eq!(of(r#"{"Outputs":{}}"#, "message", "queue"), "");
        assert_eq!(of(r#"{"Outputs":{}}"#, "$return", "http"), "");
    }
}
