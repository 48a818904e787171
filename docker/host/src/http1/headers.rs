//! Header lines, in the order and the spelling in which they came or are to be sent.

use bytes::Bytes;

/// `Accept`.
pub const ACCEPT: &str = "Accept";
/// `Connection`.
pub const CONNECTION: &str = "Connection";
/// `Content-Length`.
pub const CONTENT_LENGTH: &str = "Content-Length";
/// `Content-Type`.
pub const CONTENT_TYPE: &str = "Content-Type";
/// `Date`.
pub const DATE: &str = "Date";
/// `Expect`.
pub const EXPECT: &str = "Expect";
/// `Host`.
pub const HOST: &str = "Host";
/// `Server`.
pub const SERVER: &str = "Server";
/// `Transfer-Encoding`.
pub const TRANSFER_ENCODING: &str = "Transfer-Encoding";
/// `User-Agent`.
pub const USER_AGENT: &str = "User-Agent";

/// A list of header lines. Names are compared without regard to letter case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Line>);

/// One header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name: a token, so ASCII.
    pub name: Bytes,
    /// The value, without blanks around it.
    pub value: Bytes,
}

impl Headers {
    /// An empty list with room for so many lines.
    #[must_use]
    pub fn with_capacity(lines: usize) -> Self {
        Self(Vec::with_capacity(lines))
    }

    /// The value of the first line with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The value of the first line with this name, if it is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// The values of all lines with this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |line| line.has_name(name)).map(|line| &*line.value)
    }

    /// Whether there is a line with this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether a line with this name lists this token, as `Connection: keep-alive, Upgrade` does.
    #[must_use]
    pub fn lists(&self, name: &str, token: &str) -> bool {
        let mut tokens = self.all(name).flat_map(|value| value.split(|byte| *byte == b','));
        tokens.any(|listed| listed.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.0.push(Line { name: name.into(), value: value.into() });
    }

    /// Adds a line in the place of all that have its name.
    pub fn set(&mut self, name: &'static str, value: impl Into<Bytes>) {
        self.remove(name);
        self.push(name, value);
    }

    /// Takes out all lines with this name; the value of the first.
    pub fn remove(&mut self, name: &str) -> Option<Bytes> {
        let first = self.0.iter().find(|line| line.has_name(name))?.value.clone();
        self.0.retain(|line| !line.has_name(name));
        Some(first)
    }

    /// Keeps only the lines that fit.
    pub fn retain(&mut self, fits: impl FnMut(&Line) -> bool) {
        self.0.retain(fits);
    }

    /// The lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Line> {
        self.0.iter()
    }

    /// The lines, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Line> {
        self.0.iter_mut()
    }

    /// Writes the lines as they are sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|line| line.write(out));
    }
}

impl Line {
    /// Whether the line has this name.
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The name as text.
    #[must_use]
    pub fn name(&self) -> &str {
        // Names are tokens; that is checked where they come in.
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// Writes the line as it is sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_line(&self.name, &self.value, out);
    }
}

impl FromIterator<(Bytes, Bytes)> for Headers {
    fn from_iter<T: IntoIterator<Item = (Bytes, Bytes)>>(lines: T) -> Self {
        Self(lines.into_iter().map(|(name, value)| Line { name, value }).collect())
    }
}

/// Writes one line as it is sent.
pub fn write_line(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    for part in [name, b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Whether a name and a value make a header line: a token, and nothing that would end the line or is not ASCII.
#[must_use]
pub fn is_sound(name: &str, value: &str) -> bool {
    is_token(name) && value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

/// Whether a text is a token of HTTP.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_order_and_their_spelling() {
        let mut headers = Headers::default();
        headers.push("x-One", "1");
        headers.push("B", "2");
        headers.push("X-ONE", "3");
        assert_eq!(headers.all("X-One").collect::<Vec<_>>(), [b"1", b"3"]);
        let mut text = Vec::new();
        headers.write(&mut text);
        assert_eq!(text, b"x-One: 1\r\nB: 2\r\nX-ONE: 3\r\n");
        assert_eq!(headers.remove("x-one").as_deref(), Some(&b"1"[..]));
        assert!(!headers.contains("X-One") && headers.contains("b"));
    }

    #[test]
    fn lists_are_taken_apart() {
        let mut headers = Headers::default();
        headers.push("Connection", "keep-alive , Upgrade");
        headers.push("connection", "TE");
        assert!(["KEEP-ALIVE", "upgrade", "te"].iter().all(|token| headers.lists(CONNECTION, token)));
        assert!(!headers.lists(CONNECTION, "close"));
    }

    #[test]
    fn what_would_end_a_line_is_not_sound() {
        assert!(is_sound("X-A", "b\tc ~"));
        for (name, value) in [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\ny"), ("a", "é"), ("a", "\0")] {
            assert!(!is_sound(name, value), "{name:?}: {value:?}");
        }
    }
}
