//! Keeps secrets out of what people are shown, and may pass on.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

const MASK: &str = "***";
/// Headers whose values are secret, as a pattern: keys, and who the caller is.
const HEADERS: &str = "authorization|cookie|ocp-apim-subscription-key|proxy-authorization|set-cookie|x-api-key|x-functions-key|\
                       x-ms-auth-token|x-ms-client-principal[\\w-]*|x-ms-token[\\w-]*|x-zumo-auth";
/// Shorter texts are too common to be looked for everywhere.
const LEAST_SECRET_BYTES: usize = 8;

/// `code=` of an address, be its letters or its equals sign escaped, and what is secret in a connection string, whose values end with
/// a semicolon.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let escaped = |letter: char| {
        let [lower, upper] = [letter, letter.to_ascii_uppercase()].map(|letter| format!("%(?:25)*{:x}", letter as u32));
        format!("(?:{letter}|{lower}|{upper})")
    };
    let code: String = "code".chars().map(escaped).collect();
    Regex::new(&format!(
        r"(?i)(?:^|\W|%[0-9a-f]{{2}}|\\u[0-9a-f]{{4}})(?:(AccountKey|SharedAccessKey|SharedAccessSignature|Password)|sig|x-functions-key|{code})(?:[ +]|%00|%20|\[\]|%5b%5d)*(=|%(?:25)*3d)"
    ))
    .ok()
});
/// The value of a header line that is secret, and what stands before it.
static LINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r#"(?i)\b((?:{HEADERS}): *)[^\r\n"]+"#)).ok());
/// The name of a member of a JSON text, which may stand in another one, and the colon behind it.
static MEMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(r#"(?i)(\\*)"(?:[\s?&;]|amp;)*(?:code|sig|{HEADERS})(?:\s|\\+u0000|\[\])*\\*"\s*:\s*"#)).ok()
});
/// The name of a header whose value is secret.
static HEADER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("(?i)^(?:{HEADERS})$")).ok());

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
    if !may_name_a_secret(text) {
        return text.to_owned();
    }
    let masked = without_assigned(&without_members(text));
    match LINE.as_ref().map(|pattern| pattern.replace_all(&masked, format!("${{1}}{MASK}"))) {
        Some(Cow::Owned(masked)) => masked,
        _ => masked,
    }
}

/// The same, without these secrets.
pub fn text_without(shown: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text(shown), |shown, secret| shown.replace(secret, MASK))
}

/// Whether the patterns have to be asked, which takes a hundred times as long: most lines of a log have none of this.
fn may_name_a_secret(text: &str) -> bool {
    const PARTS: [&str; 10] = ["auth", "code", "cookie", "key", "password", "sig", "x-ms-", "%25", "%4", "%6"];
    let lower = text.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
}

fn is_secret(name: &str) -> bool {
    HEADER.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

/// The text with what is assigned to secret names masked.
fn without_assigned(text: &str) -> String {
    let Some(pattern) = ASSIGNED.as_ref() else { return text.to_owned() };
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = pattern.captures(rest) {
        let (before, value) = rest.split_at(found.get(0).map_or(0, |whole| whole.end()));
        let end = assigned_end(value, found.get(1).is_some(), &found[2] != "=");
        masked.push_str(before);
        masked.push_str(if end > 0 { MASK } else { "" });
        rest = &value[end..];
    }
    masked + rest
}

/// Where a value ends that begins here: one of a connection string with a semicolon, too, and one in an escaped address with an
/// escaped ampersand. A quote belongs to it unless something follows that would follow a JSON text.
fn assigned_end(text: &str, has_semicolons: bool, is_escaped: bool) -> usize {
    let mut slashes = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'&' | b'<' | b'>' => return at,
            b';' if has_semicolons => return at,
            b'%' if is_escaped && text[at..].starts_with("%26") => return at,
            b'\\' if text[at..].starts_with("\\u0026") => return at,
            b'"' | b'\'' if text[at + 1..].bytes().next().is_none_or(|next| b",:;}])\"'\\ \r\n".contains(&next)) => {
                return at - slashes;
            }
            _ if byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        slashes = if byte == b'\\' { slashes + 1 } else { 0 };
    }
    text.len()
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
            ("/a?%63ode=abc&%43%4F%44%45=def", "/a?%63ode=***&%43%4F%44%45=***"),
            ("/a?to=%2Fb%3Fcode%3Dabc%26d%3De&x=y", "/a?to=%2Fb%3Fcode%3D***%26d%3De&x=y"),
            ("/a?a=1&amp;code=abc&code[]=d&code =e", "/a?a=1&amp;code=***&code[]=***&code =***"),
            ("/a?code=a;b\\c\"d'e HTTP/1.1", "/a?code=*** HTTP/1.1"),
            ("/a?code='abc' and /b?x-functions-key=\"abc\"", "/a?code=***' and /b?x-functions-key=***\""),
            (r#"{"Url":"/a?code=a\"b","x":"/b?code=c"}"#, r#"{"Url":"/a?code=***","x":"/b?code=***"}"#),
            (
                r#"{"u":"{\"v\":\"/a?b\u0026code=c\u0026d\",\"e\":1}"}"#,
                r#"{"u":"{\"v\":\"/a?b\u0026code=***\u0026d\",\"e\":1}"}"#,
            ),
            (r#"{"amp;code":"abc","code[]":"abc","sig":"abc"}"#, r#"{"amp;code":"***","code[]":"***","sig":"***"}"#),
            ("x-ms-token-aad-id-token: abc", "x-ms-token-aad-id-token: ***"),
            ("a decode=1 encode", "a decode=1 encode"),
            ("/a?%43%4f%44%45=abc", "/a?%43%4f%44%45=***"),
            ("/a?%2563%256f%2564%2565%253dabc", "/a?%2563%256f%2564%2565%253d***"),
            ("nothing to see", "nothing to see"),
        ] {
            assert_eq!(text(given), shown);
        }
        assert_eq!(header("X-Functions-Key", "abc"), MASK);
        assert_eq!(header("x-ms-client-principal", "abc"), MASK);
        assert_eq!(header("X-Api-Key", "abc"), MASK);
        assert_eq!(header("x-api-keys", "abc"), "abc");
        assert_eq!(text_without("you sent a-long-key", &["a-long-key".to_owned()]), "you sent ***");
    }
}
