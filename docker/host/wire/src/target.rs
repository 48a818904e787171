//! Request targets as Kestrel decodes them; pure (protocol.md#forwarding-request-line).

use std::borrow::Cow;

/// The target of a request, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The path with percent escapes undone (but for `%2F` and what is not UTF-8) and dot segments resolved: what routes are
    /// matched with.
    pub path: Cow<'a, str>,
    /// The query as the client wrote it, without its question mark.
    pub query: &'a str,
}

impl<'a> Target<'a> {
    /// Reads a path and a query. `None` is what Kestrel answers with 400: a NUL, or bytes above 127.
    #[must_use]
    pub fn parse(path: &'a str, query: Option<&'a str>) -> Option<Self> {
        let query = query.unwrap_or_default();
        if !path.is_ascii() || !query.is_ascii() {
            return None;
        }
        let path = if path.contains('%') { unescape(path, Escapes::Path).into() } else { Cow::Borrowed(path) };
        if path.contains('\0') {
            return None;
        }
        // Fast path: most paths have no dot.
        let has_dots = path.contains('.') && path.contains("/.");
        Some(Self { path: if has_dots { without_dot_segments(&path).into() } else { path }, query })
    }
}

/// A query taken apart: names in the order of their first occurrence, merged ignoring case; the spelling is that
/// of the second occurrence (recording FX-req-query-repeat). Empty pairs vanish.
#[must_use]
pub fn parse_query(query: &str) -> Vec<(String, Vec<String>)> {
    let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
    if query.is_empty() {
        return parameters;
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let [name, value] = [name, value].map(|text| unescape(&text.replace('+', " "), Escapes::Query));
        match parameters.iter_mut().find(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
            Some((known, values)) => {
                if values.len() == 1 {
                    *known = name;
                }
                values.push(value);
            }
            None => parameters.push((name, vec![value])),
        }
    }
    parameters
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// `%2F` stays as it is.
    Path,
    /// All are undone.
    Query,
}

/// Undoes percent escapes. Bytes that are not UTF-8 stay escaped, as they were written.
fn unescape(text: &str, kind: Escapes) -> String {
    let bytes = text.as_bytes();
    let mut plain = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(offset) = text[rest..].find('%') {
        let start = rest + offset;
        plain.push_str(&text[rest..start]);
        let mut decoded = Vec::new();
        let mut end = start;
        while let Some(byte) = escaped_byte(bytes, end) {
            if kind == Escapes::Path && byte == b'/' {
                break;
            }
            decoded.push(byte);
            end += 3;
        }
        if decoded.is_empty() {
            // Not an escape, or a slash: one character on.
            plain.push('%');
            rest = start + 1;
            continue;
        }
        let mut position = start;
        for chunk in decoded.utf8_chunks() {
            plain.push_str(chunk.valid());
            position += 3 * chunk.valid().len();
            let invalid = 3 * chunk.invalid().len();
            plain.push_str(&text[position..position + invalid]);
            position += invalid;
        }
        rest = end;
    }
    plain.push_str(&text[rest..]);
    plain
}

/// The byte that a percent escape at `index` means; `None` if there is not an escape.
#[must_use]
pub fn escaped_byte(bytes: &[u8], index: usize) -> Option<u8> {
    let digit = |offset: usize| char::from(*bytes.get(index + offset)?).to_digit(16);
    if bytes.get(index) != Some(&b'%') {
        return None;
    }
    u8::try_from(digit(1)? * 16 + digit(2)?).ok()
}

fn without_dot_segments(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.into_iter().enumerate() {
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if index == last {
                    segments.push("");
                }
            }
            other => segments.push(other),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_but_for_slashes_and_what_is_not_utf8() {
        for (sent, decoded) in [
            ("/api/%53imple", Some("/api/Simple")),
            ("/a%20b%C3%A9", Some("/a bé")),
            ("/a%2Fb%25", Some("/a%2Fb%")),
            ("/%ff%fe", Some("/%ff%fe")),
            ("/x/../y/%2e%2e/z/./w", Some("/z/w")),
            ("/x/..", Some("/")),
            ("/a%00", None),
            ("/é", None),
        ] {
            let target = Target::parse(sent, None);
            assert_eq!(target.as_ref().map(|target| &*target.path), decoded, "{sent}");
        }
    }

    #[test]
    fn values_of_a_query_are_merged_under_the_second_spelling_of_their_name() {
        let parameters = parse_query("a=1&A=2&flag&&b=x+y%20%2F&a=3");
        let expected = [("A", vec!["1", "2", "3"]), ("flag", vec![""]), ("b", vec!["x y /"])];
        let expected =
            expected.map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()));
        assert_eq!(parameters, expected);
    }
}
