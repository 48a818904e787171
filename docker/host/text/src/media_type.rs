//! Media types as .NET's HTTP libraries read and write them.

use std::ops::Range;

/// A `Content-Type` taken apart at its semicolons; nothing is checked yet.
#[derive(Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// What stands before the first semicolon, such as `text/plain`.
    pub essence: &'a str,
    /// The names of the parameters, and the values of those that have one, quotes included.
    pub parameters: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> MediaType<'a> {
    /// Takes a `Content-Type` apart, spaces around the parts removed.
    pub fn split(content_type: &'a str) -> Self {
        let mut parts = parts(content_type).map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let parameter = |part: &'a str| match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (part, None),
        };
        Self { essence, parameters: parts.map(parameter).collect() }
    }

    /// The value of the first parameter with this name, quotes included.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).and_then(|(_, value)| *value)
    }

    /// Type and subtype, if they are tokens.
    fn kinds(&self) -> Option<String> {
        let (kind, subkind) = self.essence.split_once('/')?;
        let (kind, subkind) = (kind.trim_end(), subkind.trim_start());
        (is_token(kind) && is_token(subkind)).then(|| [kind, "/", subkind].concat())
    }
}

/// The type and subtype of a `Content-Type`, if the whole of it is well formed: of two headers joined by a comma, or with a
/// malformed parameter, nothing is known (recording DX-body-badtype).
pub fn of(content_type: &str) -> Option<String> {
    let media_type = MediaType::split(content_type);
    let is_sound =
        |(name, value): &(&str, Option<&str>)| is_token(name) && value.is_none_or(|it| is_token(it) || is_quoted(it));
    // Only spaces and tabs may stand between its parts.
    if content_type.contains(|letter: char| letter.is_whitespace() && !matches!(letter, ' ' | '\t')) {
        return None;
    }
    media_type.kinds().filter(|_| media_type.parameters.iter().all(is_sound))
}

/// A `Content-Type` as .NET's client writes it: `text/plain ;  x=y` becomes `text/plain; x=y` (recording FX-req-type-params). `None`
/// if it refuses it, be it for a semicolon at the end.
pub fn normal(content_type: &str) -> Option<String> {
    let mut normal = of(content_type)?;
    for (name, value) in MediaType::split(content_type).parameters {
        normal.extend(["; ", name]);
        normal.extend(value.iter().flat_map(|value| ["=", *value]));
    }
    Some(normal)
}

/// Whether the `Content-Type` gives UTF-16 as its charset, the only one beside UTF-8 that the host writes texts in.
pub fn is_utf16(content_type: &str) -> bool {
    charset(content_type).is_some_and(|charset| content_type[charset].trim_matches('"').eq_ignore_ascii_case("utf-16"))
}

/// The `Content-Type` with `charset=utf-8` in the place of another charset, else at its end, even behind what is not a media type
/// (recordings R10, RX-hdr-content-type-*).
pub fn with_utf8(content_type: &str) -> String {
    let Some(charset) = charset(content_type) else { return format!("{content_type}; charset=utf-8") };
    if content_type[charset.clone()].trim_matches('"').eq_ignore_ascii_case("utf-8") {
        return content_type.to_owned();
    }
    format!("{}utf-8{}", &content_type[..charset.start], &content_type[charset.end..])
}

/// Whether a text is a token of HTTP, such as a header's name.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether a byte may stand in a token: looked up, since every header line of every response passes here.
pub const fn is_token_byte(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < table.len() {
            table[byte] = matches!(
                byte as u8,
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
            );
            byte += 1;
        }
        table
    };
    TABLE[byte as usize]
}

/// Whether a text is a quoted string of HTTP: the only quote in it that no backslash precedes is its last character.
fn is_quoted(text: &str) -> bool {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    text.starts_with('"') && end.is_some_and(|end| end + 2 == text.len())
}

/// The parts between the semicolons that are not in quotes.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    text.split(move |character: char| {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes => is_escaped = true,
            '"' => in_quotes = !in_quotes,
            _ => {}
        }
        character == ';' && !in_quotes
    })
}

/// Where the value of the `charset` parameter of a media type stands.
fn charset(content_type: &str) -> Option<Range<usize>> {
    let media_type = MediaType::split(content_type);
    media_type.kinds()?;
    let value = media_type.parameter("charset")?;
    let start = value.as_ptr() as usize - content_type.as_ptr() as usize;
    Some(start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_types() {
        for (content_type, expected) in [
            ("text/plain", "text/plain"),
            ("text / plain ", "text/plain"),
            ("Text/Plain; charset=utf-8", "Text/Plain"),
            ("a/b ; c ; d = e;f=\"g;,\\\" h\" ", "a/b"),
            ("application/vnd.x+json", "application/vnd.x+json"),
        ] {
            assert_eq!(of(content_type).as_deref(), Some(expected), "{content_type}");
        }
    }

    #[test]
    fn malformed_types() {
        for content_type in [
            "",
            "nonsense",
            "a/",
            "/b",
            "a/b c",
            "a/b,a/b",
            "a/b;",
            "a/b; ",
            "a/b; c=",
            "a/b; =d",
            "a/b; c=d e",
            "a/b; c=\"d",
            "a/b; c=\"d\\\"",
            "a/b; c=\"d\"e\"",
            "a/b; c=\"",
            "ä/b",
        ] {
            assert_eq!(of(content_type), None, "{content_type}");
        }
    }

    #[test]
    fn types_are_written_anew() {
        for (content_type, expected) in [
            ("text/plain ;  x=y", Some("text/plain; x=y")),
            ("a / b;c;e = \"f;g\"", Some("a/b; c; e=\"f;g\"")),
            ("a/b;", None),
            ("a/b;;c=d", None),
            ("a/b; c=", None),
            ("a/b; =c", None),
            ("a/b; c d", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(normal(content_type).as_deref(), expected, "{content_type}");
        }
    }

    #[test]
    fn the_charset_becomes_utf_8() {
        for (content_type, expected) in [
            ("text/html", "text/html; charset=utf-8"),
            ("nonsense", "nonsense; charset=utf-8"),
            ("nonsense; charset=latin1", "nonsense; charset=latin1; charset=utf-8"),
            ("text/html; charset=\"utf-8\"", "text/html; charset=\"utf-8\""),
            ("text/html; charset=iso-8859-1", "text/html; charset=utf-8"),
            ("text/html; Charset=UTF-8", "text/html; Charset=UTF-8"),
            ("a/b; x=y; charset=latin1 ; z=w", "a/b; x=y; charset=utf-8 ; z=w"),
            ("a/b; x=y", "a/b; x=y; charset=utf-8"),
        ] {
            assert_eq!(with_utf8(content_type), expected);
        }
    }

    #[test]
    fn tokens() {
        assert!(is_token("X-A_b.9~"));
        for text in ["", "a b", "a:", "a/b", "é", "\"a\""] {
            assert!(!is_token(text), "{text}");
        }
    }
}
