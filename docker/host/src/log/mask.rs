//! Keeps secrets out of what people are shown, and may pass on.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

const MASK: &str = "***";
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-functions-key"];
/// Headers that begin like this say who the caller is.
const SECRET_PREFIX: &str = "x-ms-client-principal";
/// Shorter texts are too common to be looked for everywhere.
const LEAST_SECRET_BYTES: usize = 8;

/// `code=…` of an address, be its letters escaped, and what is secret in a connection string.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)((?:\b|%[0-9a-f]{2})(?:sig|AccountKey|SharedAccessKey|SharedAccessSignature|Password|(?:c|%63|%43)(?:o|%6f|%4f)(?:d|%64|%44)(?:e|%65|%45))=)[^&;\s"'\\#]+"#,
    )
    .ok()
});
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\b((?:authorization|cookie|proxy-authorization|set-cookie|x-functions-key|x-ms-client-principal[\w-]*): *)[^\r\n"]+"#,
    )
    .ok()
});
/// The name of a member of a JSON text, which may stand in another one, and the colon behind it.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(\\*)"(?:code|authorization|cookie|proxy-authorization|set-cookie|x-functions-key|x-ms-client-principal[\w-]*)\\*"\s*:\s*"#,
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
    let replaced = |text: String, pattern: &LazyLock<Option<Regex>>| match pattern.as_ref() {
        Some(pattern) => match pattern.replace_all(&text, format!("${{1}}{MASK}")) {
            Cow::Borrowed(_) => text,
            Cow::Owned(masked) => masked,
        },
        None => text,
    };
    replaced(replaced(without_members(text), &ASSIGNED), &LINE)
}

/// The same, without these secrets.
pub fn text_without(shown: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text(shown), |shown, secret| shown.replace(secret, MASK))
}

fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
        || name.get(..SECRET_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(SECRET_PREFIX))
}

/// The text with the values of secret members masked: each a string, or a list of strings. A text that was cut may end in one.
fn without_members(text: &str) -> String {
    let Some(member) = MEMBER.as_ref() else { return text.to_owned() };
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = member.captures(rest) {
        let depth = found.get(1).map_or(0, |slashes| slashes.len());
        let (before, behind) = rest.split_at(found.get(0).map_or(0, |whole| whole.end()));
        masked.push_str(before);
        rest = behind;
        // What stands between the values of a list, and before the first.
        while let Some(quote) = opening_quote(rest, depth) {
            let (start, value) = rest.split_at(quote);
            masked.push_str(start);
            let (end, next) = closing_quote(value, depth);
            masked.push_str(if end > 0 { MASK } else { "" });
            masked.push_str(&value[end..next]);
            rest = &value[next..];
        }
    }
    masked + rest
}

/// Where the next value begins, if nothing but a bracket or a comma stands before it.
fn opening_quote(text: &str, depth: usize) -> Option<usize> {
    let at = text.find(|letter: char| !matches!(letter, '[' | ',' | ' '))?;
    let quote = &text[at..];
    let slashes = quote.bytes().take_while(|byte| *byte == b'\\').count();
    // A name that follows a comma is no value: there would be a bracket or nothing before the first.
    (slashes == depth && quote[slashes..].starts_with('"') && !is_name(&quote[slashes + 1..], depth))
        .then_some(at + slashes + 1)
}

/// Whether a colon follows the text that begins here.
fn is_name(text: &str, depth: usize) -> bool {
    text[closing_quote(text, depth).1..].trim_start().starts_with(':')
}

/// Where the text that begins here ends, and what follows it begins: around a quote with no more backslashes than its level has.
fn closing_quote(text: &str, depth: usize) -> (usize, usize) {
    let mut slashes = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\\' => slashes += 1,
            b'"' if slashes <= depth => return (at - slashes, at + 1),
            _ => slashes = 0,
        }
    }
    (text.len(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_masked_wherever_they_stand() {
        for (given, shown) in [
            ("GET /api/hello?code=abc%2Bdef&name=Ada", "GET /api/hello?code=***&name=Ada"),
            ("/api/hello?a=1&CO%64e=abc", "/api/hello?a=1&CO%64e=***"),
            (r#"{"Query":{"code":"abc"},"zip-code":"1"}"#, r#"{"Query":{"code":"***"},"zip-code":"1"}"#),
            (
                r#"{"Headers":{"x-functions-key":["abc==","de"],"A":"b"}}"#,
                r#"{"Headers":{"x-functions-key":["***","***"],"A":"b"}}"#,
            ),
            (r#"{"Cookie":["a=\"b\"; c=d", "e"],"A":["b"]}"#, r#"{"Cookie":["***", "***"],"A":["b"]}"#),
            (r#"{"cookie":"a","authorization":"b","c":"d"}"#, r#"{"cookie":"***","authorization":"***","c":"d"}"#),
            (r#"{"X-MS-CLIENT-PRINCIPAL-ID":["a"],"code":5}"#, r#"{"X-MS-CLIENT-PRINCIPAL-ID":["***"],"code":5}"#),
            (r#"{"code":"\"a\u002Bc\""}"#, r#"{"code":"***"}"#),
            (r#""{\"Authorization\":\"Bearer a.b\"}""#, r#""{\"Authorization\":\"***\"}""#),
            (r#""{\"Cookie\":\"a=\\\"b\\\"\",\"x\":1}""#, r#""{\"Cookie\":\"***\",\"x\":1}""#),
            (r#"{"x-functions-key":["abc"#, r#"{"x-functions-key":["***"#),
            ("x-functions-key: abc, d\nA: b", "x-functions-key: ***\nA: b"),
            ("AccountName=a;AccountKey=abc==;X=1", "AccountName=a;AccountKey=***;X=1"),
            ("a decode=1 encode", "a decode=1 encode"),
        ] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(header("X-Functions-Key", "abc"), MASK);
        assert_eq!(header("x-ms-client-principal", "abc"), MASK);
        assert_eq!(text_without("you sent a-long-key", &["a-long-key".to_owned()]), "you sent ***");
    }
}
