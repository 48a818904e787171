//! A text without its escapes, and where each byte of it stands in the text as it is.

use std::ops::Range;

/// Escapes within escapes of another kind; those of one kind are taken at once, however deep they are.
const MOST_KINDS: usize = 6;
const ENTITIES: [(&str, u8); 5] = [("amp;", b'&'), ("lt;", b'<'), ("gt;", b'>'), ("quot;", b'"'), ("apos;", b'\'')];

/// A text without its escapes.
#[derive(Debug)]
pub struct Plain {
    bytes: Vec<u8>,
    /// What each byte was made of; empty where nothing is escaped, as in most lines of a log: then each was itself.
    spans: Vec<Range<usize>>,
}

impl Plain {
    /// In lower case and without line ends, to be compared: base64 is often broken into lines.
    pub fn of(text: &str) -> Self {
        let mut plain = Self::unescaped(text.to_ascii_lowercase());
        plain.bytes.make_ascii_lowercase();
        if plain.bytes.iter().any(|byte| is_line_end(*byte)) {
            plain = plain.joined();
        }
        plain
    }

    fn joined(&self) -> Self {
        let kept = || (0..self.bytes.len()).filter(|at| !is_line_end(self.bytes[*at]));
        Self {
            bytes: kept().map(|at| self.bytes[at]).collect(),
            spans: kept().map(|at| self.span(at..at + 1)).collect(),
        }
    }

    /// In the case that it has.
    pub fn unescaped(text: impl Into<String>) -> Self {
        let mut plain = Self { bytes: text.into().into_bytes(), spans: Vec::new() };
        for _ in 0..MOST_KINDS {
            if !plain.bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&')) || !plain.unescape() {
                break;
            }
        }
        plain
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_text(self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Where these bytes stand in the text.
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        if self.spans.is_empty() {
            return range;
        }
        let spans = &self.spans[range];
        spans.first().map_or(0, |first| first.start)..spans.last().map_or(0, |last| last.end)
    }

    /// Takes out one layer of escapes; `false` if there are none.
    fn unescape(&mut self) -> bool {
        let mut plain =
            Self { bytes: Vec::with_capacity(self.bytes.len()), spans: Vec::with_capacity(self.bytes.len()) };
        let (mut at, mut end_of_run) = (0, 0);
        while let Some(byte) = self.bytes.get(at) {
            let escape = match byte {
                b'%' => percent(&self.bytes[at..]),
                b'\\' if at >= end_of_run => {
                    let slashes = self.bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
                    end_of_run = at + slashes;
                    backslash(&self.bytes[end_of_run..]).map(|(byte, length)| (byte, slashes + length))
                }
                b'&' => entity(&self.bytes[at..]),
                _ => None,
            };
            let (byte, length) = escape.unwrap_or((*byte, 1));
            plain.bytes.push(byte);
            plain.spans.push(self.span(at..at + length));
            at += length;
        }
        let is_changed = plain.bytes.len() < self.bytes.len();
        *self = plain;
        is_changed
    }
}

/// `%6b`, `%256b`, `%25256b`: what it stands for, and its length.
fn percent(text: &[u8]) -> Option<(u8, usize)> {
    let mut at = 1;
    while text[at..].starts_with(b"25") {
        at += 2;
    }
    Some((hexadecimal(text.get(at..at + 2)?)?, at + 2))
}

/// What follows the backslashes of `\u006b`, `\u{6b}`, `\x6b`, `\/`, `\"`, `\n`, however many there are; one line end is as good
/// as another.
fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'u' | b'U', b'0', b'0', digits @ ..] => Some((hexadecimal(digits.get(..2)?)?, 5)),
        [b'u' | b'U', b'{', rest @ ..] => {
            let end = rest.iter().take(8).position(|byte| *byte == b'}')?;
            Some((hexadecimal(&rest[..end])?, end + 3))
        }
        [b'x' | b'X', digits @ ..] => Some((hexadecimal(digits.get(..2)?)?, 3)),
        [mark @ (b'/' | b'"' | b'\''), ..] => Some((*mark, 1)),
        [b'n' | b'r', ..] => Some((b'\n', 1)),
        _ => None,
    }
}

/// `&#107;`, `&#x6b;`, `&amp;`, and `&amp;#107;`.
fn entity(text: &[u8]) -> Option<(u8, usize)> {
    let mut at = 1;
    while starts_with(&text[at..], "amp;") {
        at += 4;
    }
    let rest = &text[at..];
    if let Some(number) = rest.strip_prefix(b"#") {
        let end = number.iter().take(8).position(|byte| *byte == b';')?;
        let number = std::str::from_utf8(&number[..end]).ok()?;
        let byte = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u8::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return Some((byte.ok()?, at + end + 2));
    }
    if let Some((name, byte)) = ENTITIES.iter().find(|(name, _)| starts_with(rest, name)) {
        return Some((*byte, at + name.len()));
    }
    (at > 1).then_some((b'&', at))
}

/// Whether a text begins like this, ignoring case.
fn starts_with(text: &[u8], head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head.as_bytes()))
}

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        String::from_utf8_lossy(Plain::of(text).bytes()).into_owned()
    }

    #[test]
    fn escapes_are_taken_out_however_deep_they_are() {
        assert_eq!(plain("A%42%2543%252544"), "abcd");
        assert_eq!(plain(r#"\u0061\\\\u0062\x63\/\\\"d\'"#), "abc/\"d'");
        assert_eq!(plain(r"\u{61}\\u{000062}\U{43}\u{}\u{161}\u{61"), r"abc\u{}\u{161}\u{61");
        assert_eq!(plain("&#97;&#x62;&amp;amp;#99;&amp;&lt;"), "abc&<");
        assert_eq!(plain("%5cu0061%26%2397;\\u002561"), "aaa");
        assert_eq!(plain("100 % of \\ and & and %zz \\uzz &#x;"), "100 % of \\ and & and %zz \\uzz &#x;");
    }

    #[test]
    fn a_text_keeps_its_case_unless_it_is_to_be_compared() {
        assert_eq!(Plain::unescaped(r"A%2Bb%3D%4D\U004e&AMP;&#X4F;").into_text(), "A+b=MN&O");
        assert_eq!(plain(r"A%2Bb%3D%4D\U004e&AMP;&#X4F;"), "a+b=mn&o");
    }

    #[test]
    fn a_place_is_that_in_the_text() {
        let text = "x%2561\\\\u0062y";
        assert_eq!(Plain::of(text).bytes(), b"xaby");
        assert_eq!(&text[Plain::of(text).span(1..3)], "%2561\\\\u0062");
    }

    #[test]
    fn many_layers_are_no_work() {
        let deep = format!("%{}61", "25".repeat(500_000));
        assert_eq!(plain(&deep), "a");
        assert_eq!(plain(&format!("{}u0061", "\\".repeat(500_000))), "a");
        assert_eq!(plain(&"\\".repeat(500_000)).len(), 500_000);
        assert_eq!(plain(&format!("&{}", "amp;".repeat(500_000))), "&");
    }
}
