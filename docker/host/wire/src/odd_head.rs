//! Heads of requests that `httparse` refuses and Kestrel takes: control characters, odd names, more than one space. They are seldom, and
//! read more slowly; pure (protocol.md#what-kestrel-answers).

use std::ops::Range;

use dotnet_text::media_type::is_token_byte;
use httparse::Error;
use memchr::{memchr, memchr2};

/// A request as it stands in a text.
#[derive(Debug)]
pub struct OddHead {
    pub method: String,
    pub target: String,
    pub is_old: bool,
    /// Where names and values are. A line whose name is not a token is left out: .NET's client does not send it on.
    pub lines: Vec<[Range<usize>; 2]>,
    /// Where the head ends.
    pub end: usize,
}

/// Reads the head of a request of at most so many lines. `None` if its end has not come yet.
///
/// # Errors
/// If what has come is not the beginning of a request for Kestrel either.
pub fn read(text: &[u8], most_lines: usize) -> Result<Option<OddHead>, Error> {
    let begin = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let Some((first, mut end)) = line(text, begin) else { return Ok(None) };
    let (method, target, is_old) = request_line(&text[first])?;
    let mut lines = Vec::new();
    loop {
        let Some((place, next)) = line(text, end) else { return Ok(None) };
        end = next;
        if place.is_empty() {
            break;
        }
        let parts = header_line(&text[place.clone()]).ok_or(Error::HeaderName)?;
        if lines.len() == most_lines {
            return Err(Error::TooManyHeaders);
        }
        lines.push(parts.map(|part| place.start + part.start..place.start + part.end));
    }
    lines.retain(|[name, _]| text[name.clone()].iter().all(|byte| is_token_byte(*byte)));
    Ok(Some(OddHead { method, target, is_old, lines, end }))
}

/// Where the line that begins at `start` is, without its end, and where the next one begins.
fn line(text: &[u8], start: usize) -> Option<(Range<usize>, usize)> {
    let end = start + memchr(b'\n', text.get(start..)?)?;
    let is_returned = text[start..end].ends_with(b"\r");
    Some((start..end - usize::from(is_returned), end + 1))
}

/// Method and target, and whether the request is of HTTP/1.0. Several spaces may stand before the version.
fn request_line(line: &[u8]) -> Result<(String, String, bool), Error> {
    let text = std::str::from_utf8(line).map_err(|_| Error::Token)?;
    let mut parts = text.splitn(3, ' ');
    let mut part = || parts.next().ok_or(Error::Token);
    let (method, target, version) = (part()?, part()?, part()?.trim_start_matches(' '));
    let is_sound = !method.is_empty() && method.bytes().all(is_token_byte) && !target.is_empty();
    if !is_sound || version.contains(' ') || line.contains(&b'\0') {
        return Err(Error::Token);
    }
    match version {
        "HTTP/1.1" => Ok((method.to_owned(), target.to_owned(), false)),
        "HTTP/1.0" => Ok((method.to_owned(), target.to_owned(), true)),
        // Others are looked for where they are about as long.
        _ if matches!(version.len(), 7 | 8) => Err(Error::Version),
        _ => Err(Error::Token),
    }
}

/// Where name and value are in a line of a header or of a trailer, if Kestrel takes it.
pub fn header_line(line: &[u8]) -> Option<[Range<usize>; 2]> {
    let name = memchr(b':', line).filter(|length| *length > 0)?;
    let is_name_byte = |byte: &u8| byte.is_ascii() && !matches!(byte, b'\0' | b' ' | b'\t' | b'\r');
    let value = &line[name + 1..];
    if !line[..name].iter().all(is_name_byte) || memchr2(b'\0', b'\r', value).is_some() {
        return None;
    }
    let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let before = value.iter().take_while(is_blank).count();
    let after = value[before..].iter().rev().take_while(is_blank).count();
    Some([0..name, name + 1 + before..line.len() - after])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kestrel_takes_is_read() {
        let text = b"\r\nGET /a\x01b  HTTP/1.1\r\nHost: x\r\nx@y: 1\r\nX-A:\t a\x01\x7f \r\nEmpty:\n\r\nrest";
        let head = read(text, 4).expect("sound").expect("complete");
        assert_eq!((head.method.as_str(), head.target.as_str(), head.is_old), ("GET", "/a\u{1}b", false));
        let lines: Vec<_> = head.lines.into_iter().map(|line| line.map(|part| &text[part])).collect();
        assert_eq!(lines, [[&b"Host"[..], b"x"], [b"X-A", b"a\x01\x7f"], [b"Empty", b""]]);
        assert_eq!(&text[head.end..], b"rest");
        assert!(read(&text[..head.end - 1], 4).is_ok_and(|head| head.is_none()));
        assert_eq!(read(text, 3).err(), Some(Error::TooManyHeaders));
        let head = read(b"GET /a\rb\t HTTP/1.1\r\n\r\n", 0).expect("sound").expect("complete");
        assert_eq!(head.target, "/a\rb\t");
    }

    #[test]
    fn what_kestrel_refuses_is_refused() {
        for (line, error) in [
            ("/a b HTTP/1.1", Error::Token),
            ("/a ", Error::Token),
            ("/a", Error::Token),
            (" /a HTTP/1.1", Error::Token),
            ("/a\0 HTTP/1.1", Error::Token),
            ("/a HTTP/2", Error::Token),
            ("/a HTTP/1.10", Error::Token),
            ("/a HTTP/1.1\r", Error::Token),
            ("/a FOO/1.1", Error::Version),
            ("/a HTTP/2.0", Error::Version),
        ] {
            assert_eq!(read(format!("GET {line}\r\n\r\n").as_bytes(), 1).err(), Some(error), "{line}");
        }
        for line in ["a", ": a", "a b: c", "a : b", " a: b", "\u{e9}: a", "a: \0", "a: b\rc"] {
            assert_eq!(header_line(line.as_bytes()), None, "{line:?}");
        }
    }
}
