//! Keeps secrets out of what people are shown, and may pass on.

use std::sync::LazyLock;

use regex::Regex;

/// What stands for a secret.
const MASK: &str = "***";
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-functions-key"];
/// Shorter texts are too common to be looked for everywhere.
const LEAST_SECRET_BYTES: usize = 8;

/// `code=…` of an address, and what is secret in a connection string.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b(code|sig|AccountKey|SharedAccessKey|SharedAccessSignature|Password)=[^&;\s"'\\#]+"#).ok()
});
/// A member of a JSON text, which may stand in another one, with or without a list around the value.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)((?:\\*")(?:code|authorization|cookie|proxy-authorization|set-cookie|x-functions-key)\\*"\s*:\s*\[?\s*(?:\\*")+)(?:[^"\\]|\\[^"\\])+"#,
    )
    .ok()
});

/// The value of a header line as it may be shown.
pub fn header(name: &str, value: &str) -> String {
    if is_secret(name) { MASK.to_owned() } else { text(value) }
}

/// The secrets in a header line that a text behind it may repeat.
pub fn secrets(name: &str, value: &str) -> Option<String> {
    (is_secret(name) && value.len() >= LEAST_SECRET_BYTES).then(|| value.to_owned())
}

/// A text as it may be shown.
pub fn text(text: &str) -> String {
    let masked = ASSIGNED.as_ref().map_or(text.into(), |it| it.replace_all(text, format!("${{1}}={MASK}")));
    MEMBER.as_ref().map_or(masked.clone(), |it| it.replace_all(&masked, format!("${{1}}{MASK}"))).into_owned()
}

/// The same, without these secrets.
pub fn text_without(shown: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text(shown), |shown, secret| shown.replace(secret, MASK))
}

fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_masked_wherever_they_stand() {
        for (given, shown) in [
            ("GET /api/hello?code=abc%2Bdef&name=Ada", "GET /api/hello?code=***&name=Ada"),
            (r#"{"Query":{"code":"abc"},"zip-code":"1"}"#, r#"{"Query":{"code":"***"},"zip-code":"1"}"#),
            (
                r#"{"Headers":{"x-functions-key":["abc=="],"A":"b"}}"#,
                r#"{"Headers":{"x-functions-key":["***"],"A":"b"}}"#,
            ),
            (r#"{"code":"\"a\u002Bc\""}"#, r#"{"code":"\"***\""}"#),
            (r#""{\"Authorization\":\"Bearer a.b\"}""#, r#""{\"Authorization\":\"***\"}""#),
            ("AccountName=a;AccountKey=abc==;X=1", "AccountName=a;AccountKey=***;X=1"),
            ("a decode=1 encode", "a decode=1 encode"),
        ] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(header("X-Functions-Key", "abc"), MASK);
        assert_eq!(text_without("you sent a-long-key", &["a-long-key".to_owned()]), "you sent ***");
    }
}
