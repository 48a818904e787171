//! Request targets as Kestrel decodes them; pure (protocol.md#forwarding-request-line).

use std::borrow::Cow;

use dotnet_text::percent::unescape_path;

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
    pub fn parse(path: &'a str, query: Option<&'a str>) -> Option<Self> {
        let query = query.unwrap_or_default();
        if !path.is_ascii() || !query.is_ascii() {
            return None;
        }
        let path = if path.contains('%') { unescape_path(path).into() } else { Cow::Borrowed(path) };
        if path.contains('\0') {
            return None;
        }
        // Fast path: most paths have no dot.
        let has_dots = path.contains('.') && path.contains("/.");
        Some(Self { path: if has_dots { without_dot_segments(&path).into() } else { path }, query })
    }
}

/// A path from its root on, without `.` and `..`.
pub fn without_dot_segments(path: &str) -> String {
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
}
