//! Request targets: as Kestrel reads them, and as .NET's URI class writes them to the handler; pure (protocol.md#forwarding-request-line).

use std::borrow::Cow;

use dotnet_text::dotnet::join_values;

/// The target of a request, read.
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
        // A path without a full stop is told quicker.
        let has_dots = path.contains('.') && path.contains("/.");
        Some(Self { path: if has_dots { without_dot_segments(&path).into() } else { path }, query })
    }

    /// The target that the handler sees for this path and query.
    #[must_use]
    pub fn forwarded(&self) -> String {
        let mut target = String::with_capacity(self.path.len() + self.query.len() + 1);
        write_path(&self.path, &mut target);
        write_query(self.query, &mut target);
        target
    }

    /// The target that the handler of the deprecated `httpWorker` section sees: the function's name in place of the path
    /// (protocol.md#the-httpworker-section).
    #[must_use]
    pub fn for_function(&self, name: &str) -> String {
        let mut target = String::from("/");
        write_path(name, &mut target);
        write_query(self.query, &mut target);
        target
    }
}

/// A query taken apart: names in the order of their first occurrence, merged without regard to letter case; the spelling is that
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

/// The path as .NET's URI class writes it. What stands behind a decoded `#` or `?` is lost, a backslash becomes a slash.
fn write_path(path: &str, out: &mut String) {
    let path = &path[..path.bytes().position(|byte| matches!(byte, b'#' | b'?')).unwrap_or(path.len())];
    let bytes = path.as_bytes();
    let mut index = 0;
    while let Some(length) = bytes[index..].iter().position(|byte| !stays_in_path(*byte)) {
        // In the midst of a character the run is empty, and no text.
        out.push_str(path.get(index..index + length).unwrap_or_default());
        index += length;
        match bytes[index] {
            b'%' => match escaped_byte(bytes, index) {
                Some(unreserved) if is_unreserved(unreserved) => {
                    out.push(char::from(unreserved));
                    index += 2;
                }
                Some(_) => out.push('%'),
                None => out.push_str("%25"),
            },
            b'\\' => out.push('/'),
            byte => write_escape(byte, out),
        }
        index += 1;
    }
    out.push_str(&path[index..]);
}

const fn stays_in_path(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@' | b'/' | b'[' | b']')
}

/// The query, taken apart and written anew: repeated values joined by commas, empty ones of several left out.
fn write_query(query: &str, out: &mut String) {
    for (index, (name, values)) in parse_query(query).iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        escape_query(name, out);
        out.push('=');
        escape_query(&join_values(values), out);
    }
}

fn escape_query(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if is_unreserved(byte) || b"!$()*,;@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write_escape(byte, out);
        }
    }
}

fn write_escape(byte: u8, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
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

fn escaped_byte(bytes: &[u8], index: usize) -> Option<u8> {
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

    fn forwarded(target: &str) -> String {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Target::parse(path, query).map_or("400".to_owned(), |target| target.forwarded())
    }

    #[test]
    fn paths_are_decoded_and_written_anew() {
        for (sent, seen) in [
            ("/api/%53imple", "/api/Simple"),
            ("/a%20b%C3%A9%22%3C%3E%7B%7C%5E", "/a%20b%C3%A9%22%3C%3E%7B%7C%5E"),
            ("/%5Ba%5D", "/[a]"),
            ("/!$&'()*+,;=:@~-._", "/!$&'()*+,;=:@~-._"),
            ("/a%2Fb", "/a%2Fb"),
            ("/a%25b", "/a%25b"),
            ("/a%2520b", "/a%20b"),
            ("/a%5Cb", "/a/b"),
            ("/a%23b", "/a"),
            ("/a%3Fb?q=1", "/a?q=1"),
            ("/%ff%fe", "/%ff%fe"),
            ("/x/../y/%2e%2e/z/./w", "/z/w"),
            ("/x/..", "/"),
            ("/a%00", "400"),
        ] {
            assert_eq!(forwarded(sent), seen, "{sent}");
        }
    }

    #[test]
    fn queries_are_taken_apart_and_written_anew() {
        for (sent, seen) in [
            ("a=1&a=2&flag&code=K", "?a=1,2&flag=&code=K"),
            ("a=1&A=2&b=3&a=4", "?A=1,2,4&b=3"),
            ("flag&=v&&x=", "?flag=&=v&x="),
            ("", ""),
            ("a[]=/:'", "?a%5B%5D=%2F%3A%27"),
            ("a=3%2C4", "?a=3,4"),
            ("a=1&a=&a=2&b=&b=", "?a=1,2&b="),
            ("a=1?b=2", "?a=1%3Fb%3D2"),
            ("a=x+y%20z", "?a=x%20y%20z"),
            ("a=%ff", "?a=%25ff"),
            ("a=%C3%A9%zz", "?a=%C3%A9%25zz"),
        ] {
            assert_eq!(forwarded(&format!("/?{sent}")), format!("/{seen}"), "{sent}");
        }
    }

    #[test]
    fn the_old_section_has_the_name_for_a_path() {
        let target = Target::parse("/api/other/7", Some("q=1")).expect("plain");
        assert_eq!(target.for_function("Routed"), "/Routed?q=1");
    }
}
