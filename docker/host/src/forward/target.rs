//! Request targets as .NET's URI class writes them to the handler; pure (protocol.md#forwarding-request-line).

use dotnet_text::percent::{escaped_byte, is_path_byte, is_unreserved, push, push_escape};
use dotnet_text::query::{self, join_values};
use wire::Target;
use wire::target::without_dot_segments;

/// The target that the handler sees for this path and query.
pub fn forwarded(target: &Target<'_>) -> String {
    let mut written = String::with_capacity(target.path.len() + target.query.len() + 1);
    // Spaces at the end of a URL are not a part of it (recording PX2-value-i).
    let is_end = |character| target.query.is_empty() && matches!(character, ' ' | '\t' | '\n' | '\r');
    let path = target.path.trim_end_matches(is_end);
    write_path(path, &mut written);
    // A backslash that has become a slash may stand beside dots.
    if path.contains('\\') {
        written = without_dot_segments(&written);
    }
    write_query(target.query, &mut written);
    written
}

/// The target that the handler of the deprecated `httpWorker` section sees: the function's name instead of the path
/// (protocol.md#the-httpworker-section).
pub fn for_function(target: &Target<'_>, name: &str) -> String {
    let mut written = String::from("/");
    write_path(name, &mut written);
    write_query(target.query, &mut written);
    written
}

/// The path as .NET's URI class writes it. What stands behind a decoded `#` or `?` is lost, a backslash becomes a slash.
fn write_path(path: &str, out: &mut String) {
    let path = &path[..path.bytes().position(|byte| matches!(byte, b'#' | b'?')).unwrap_or(path.len())];
    let bytes = path.as_bytes();
    let mut index = 0;
    while let Some(length) =
        bytes[index..].iter().position(|byte| !(is_path_byte(*byte) || matches!(byte, b'[' | b']')))
    {
        // A run that begins in the middle of a character is empty.
        out.push_str(path.get(index..index + length).unwrap_or_default());
        index += length;
        match bytes[index] {
            b'%' => match escaped_byte(&bytes[index..]) {
                Some(unreserved) if is_unreserved(unreserved) => {
                    out.push(char::from(unreserved));
                    index += 2;
                }
                Some(_) => out.push('%'),
                None => out.push_str("%25"),
            },
            b'\\' => out.push('/'),
            byte => push_escape(byte, out),
        }
        index += 1;
    }
    out.push_str(&path[index..]);
}

/// The query, taken apart and written anew: repeated values joined by commas, empty ones of several left out.
fn write_query(query: &str, out: &mut String) {
    for (index, (name, values)) in query::parse(query).iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        escape_query(name, out);
        out.push('=');
        escape_query(&join_values(values), out);
    }
}

fn escape_query(text: &str, out: &mut String) {
    text.bytes().for_each(|byte| push(byte, is_unreserved(byte) || b"!$()*,;@".contains(&byte), out));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(target: &str) -> String {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        Target::parse(path, query).map_or("400".to_owned(), |target| forwarded(&target))
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
            ("/a\\..%5Cb", "/b"),
            ("/a%20%09?", "/a"),
            ("/a%20?q=1", "/a%20?q=1"),
            ("/a%23b", "/a"),
            ("/a%3Fb?q=1", "/a?q=1"),
            ("/%ff%fe", "/%ff%fe"),
            ("/x/../y/%2e%2e/z/./w", "/z/w"),
            ("/x/..", "/"),
            ("/a%00", "400"),
        ] {
            assert_eq!(written(sent), seen, "{sent}");
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
            assert_eq!(written(&format!("/?{sent}")), format!("/{seen}"), "{sent}");
        }
    }

    #[test]
    fn the_old_section_has_the_name_for_a_path() {
        let target = Target::parse("/api/other/7", Some("q=1")).expect("plain");
        assert_eq!(for_function(&target, "Routed"), "/Routed?q=1");
    }
}
