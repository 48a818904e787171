//! Header lines, in the order and the spelling in which they came or are to be sent.

use std::collections::HashMap;
use std::fmt;
use std::mem::{replace, take};
use std::ops::Range;

use crate::name::{Name, Table, is_same};
use dotnet_text::media_type::is_token;

const COLON: &[u8] = b": ";
const LINE_END: &[u8] = b"\r\n";
/// Room for the lines of most lists that are read, those that are added included.
const USUAL_LINES: usize = 16;
/// A head with more names that are not known is not looked through for one that it has twice.
const MAX_UNKNOWN_NAMES: usize = 16;
/// Room for the text of those that are added.
const ADDED_BYTES: usize = 64;

/// A list of header lines. Names are compared ignoring case.
///
/// The text of all lines is in one piece, and an index says where in it each line is: a message has one buffer for its headers,
/// however many they are.
#[derive(Clone, Default)]
pub struct Headers {
    text: Vec<u8>,
    indexes: Vec<Index>,
}

/// One header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The name: a token, so ASCII.
    pub name: &'a [u8],
    /// The value, without spaces around it.
    pub value: &'a [u8],
    /// Which of the known names it has.
    pub known: Option<Name>,
}

/// What a line can be called: a known name, the name of another line, or any text.
pub trait LineName {
    /// The name as it is written.
    fn text(&self) -> &[u8];

    /// Which of the known names it is.
    fn known(&self) -> Option<Name>;
}

/// Where the name and the value of a line are.
#[derive(Clone, Debug)]
struct Index {
    name: Range<usize>,
    value: Range<usize>,
    known: Option<Name>,
}

impl Headers {
    /// An empty list with room for this many lines, of this many bytes together.
    pub fn with_capacity(lines: usize, bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), indexes: Vec::with_capacity(lines) }
    }

    /// The same list without lines, and with room for those of most heads.
    pub(super) fn emptied(mut self) -> Self {
        self.text.clear();
        self.indexes.clear();
        self.indexes.reserve(USUAL_LINES);
        self
    }

    /// Adds the line with name and value at these places of a text, with which [`Self::of_text`] is to end.
    pub(super) fn add_read(&mut self, text: &[u8], [name, value]: [Range<usize>; 2]) {
        self.indexes.push(Index { known: Name::of(&text[name.clone()]), name, value });
    }

    /// The list of the lines that were read of this text.
    pub(super) fn of_text(mut self, text: &[u8]) -> Self {
        self.text.reserve(text.len() + ADDED_BYTES);
        self.text.extend_from_slice(text);
        self
    }

    /// Puts a byte in the place of each of these in the values.
    pub(super) fn replace_in_values(&mut self, replaced: &[u8], byte: u8) {
        for index in &self.indexes {
            let value = self.text[index.value.clone()].iter_mut();
            value.filter(|old| replaced.contains(old)).for_each(|old| *old = byte);
        }
    }

    /// The value of the first line with this name.
    pub fn get(&self, name: Name) -> Option<&[u8]> {
        self.find(name).map(|index| &self.text[index.value.clone()])
    }

    /// The value of the first line with this name, which may be any.
    pub fn named(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|line| line.is_called(name)).map(|line| line.value)
    }

    /// The value of the first line with this name, if it is text.
    pub fn text(&self, name: Name) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    /// The values of all lines with this name.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        let named = self.indexes.iter().filter(move |index| index.known == Some(name));
        named.map(|index| &self.text[index.value.clone()])
    }

    /// The known names among those of the lines.
    pub(crate) fn known(&self) -> impl Iterator<Item = Name> {
        self.indexes.iter().filter_map(|index| index.known)
    }

    /// Whether there is no byte above 127.
    pub fn are_ascii(&self) -> bool {
        // All text at once is quicker to look at, but there may be lines in it that were taken out.
        self.text.is_ascii() || self.iter().all(|line| line.value.is_ascii())
    }

    /// Whether there is a line with this name.
    pub fn contains(&self, name: Name) -> bool {
        self.find(name).is_some()
    }

    /// Whether a line with this name lists this token, as `Connection: keep-alive, Upgrade` does.
    pub fn lists(&self, name: Name, token: &str) -> bool {
        let lists = |value: &[u8]| {
            let mut tokens = value.split(|byte| *byte == b',');
            tokens.any(|listed| is_same(listed.trim_ascii(), token.as_bytes()))
        };
        self.all(name).any(lists)
    }

    /// Adds a line at the end.
    pub fn push(&mut self, name: impl LineName, value: impl AsRef<[u8]>) {
        self.add(name.text(), name.known(), value.as_ref());
    }

    fn add(&mut self, name: &[u8], known: Option<Name>, value: &[u8]) {
        let start = self.text.len();
        write_line(name, value, &mut self.text);
        let (name_end, value_end) = (start + name.len(), self.text.len() - LINE_END.len());
        self.indexes.push(Index { name: start..name_end, value: name_end + COLON.len()..value_end, known });
    }

    /// Appends to the value of the first line with this name; adds a line if there is none.
    pub fn append(&mut self, name: impl LineName, separator: &str, value: impl AsRef<[u8]>) {
        let (name, known) = (name.text(), name.known());
        let same = self.indexes.iter().position(|index| match known {
            Some(_) => index.known == known,
            None => is_same(&self.text[index.name.clone()], name),
        });
        let Some(index) = same else { return self.add(name, known, value.as_ref()) };
        let before = self.text[self.indexes[index].value.clone()].to_vec();
        self.indexes[index].value = self.write_text(&[&before, separator.as_bytes(), value.as_ref()]);
    }

    /// Takes out all lines with this name.
    pub fn remove(&mut self, name: Name) {
        self.indexes.retain(|index| index.known != Some(name));
    }

    /// Keeps only the lines that fit.
    pub fn retain(&mut self, mut fits: impl FnMut(Line<'_>) -> bool) {
        self.indexes.retain(|index| fits(index.line(&self.text)));
    }

    /// Puts these lines behind all others.
    pub fn put_last(&mut self, is_last: impl Fn(&Line<'_>) -> bool) {
        let Self { text, indexes } = self;
        indexes.sort_by_key(|index| is_last(&index.line(text)));
    }

    /// Gives the lines of a response the names and the order in which the real host hands them on: known names in their spelling, others in
    /// that of their first line, behind which all others of its name stand (recording Y68).
    pub fn respell(&mut self) {
        if self.may_repeat_a_name() {
            self.gather();
        }
        for at in 0..self.indexes.len() {
            let Index { name, known, .. } = &self.indexes[at];
            let Some(known) = known.filter(|known| known.is_respelt()) else { continue };
            if self.text[name.clone()] != *known.as_ref() {
                self.indexes[at].name = self.write_text(&[known.as_ref()]);
            }
        }
    }

    /// Whether two lines have the same name, as in few heads. Where many names are not known it is not looked for, and said to be so.
    pub fn may_repeat_a_name(&self) -> bool {
        let mut bits = 0;
        let is_repeated = |name: Name| {
            let is_there = bits & name.bit() != 0;
            bits |= name.bit();
            is_there
        };
        let unknown = || self.iter().filter(|line| line.known.is_none());
        let is_found_again =
            |(at, line): (usize, Line<'_>)| unknown().skip(at + 1).any(|other| is_same(other.name, line.name));
        self.known().any(is_repeated)
            || unknown().count() > MAX_UNKNOWN_NAMES
            || unknown().enumerate().any(is_found_again)
    }

    /// Puts the lines of each name behind its first one, and gives them its spelling.
    fn gather(&mut self) {
        // By their names in small letters: a head may have thousands of lines.
        let mut first: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut gathered = Vec::with_capacity(self.indexes.len());
        for at in 0..self.indexes.len() {
            let name = self.text[self.indexes[at].name.clone()].to_ascii_lowercase();
            let first = *first.entry(name).or_insert(at);
            gathered.push((first, Index { name: self.indexes[first].name.clone(), ..self.indexes[at].clone() }));
        }
        gathered.sort_by_key(|(first, _)| *first);
        self.indexes = gathered.into_iter().map(|(_, index)| index).collect();
    }

    /// About how many bytes the lines are.
    pub const fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// The lines.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        self.indexes.iter().map(|index| index.line(&self.text))
    }

    /// Writes the lines as they are sent. Those that lie one behind the other, as most do, are copied together.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut run = 0..0;
        for index in &self.indexes {
            match index.whole(&self.text) {
                Some(whole) if whole.start == run.end => run.end = whole.end,
                Some(whole) => out.extend_from_slice(&self.text[replace(&mut run, whole)]),
                None => {
                    out.extend_from_slice(&self.text[take(&mut run)]);
                    index.line(&self.text).write(out);
                }
            }
        }
        out.extend_from_slice(&self.text[run]);
    }

    fn find(&self, name: Name) -> Option<&Index> {
        self.indexes.iter().find(|index| index.known == Some(name))
    }

    fn write_text(&mut self, parts: &[&[u8]]) -> Range<usize> {
        let start = self.text.len();
        parts.iter().for_each(|part| self.text.extend_from_slice(part));
        start..self.text.len()
    }
}

impl Index {
    fn line<'a>(&self, text: &'a [u8]) -> Line<'a> {
        Line { name: &text[self.name.clone()], value: &text[self.value.clone()], known: self.known }
    }

    /// Where the whole line is, if the text has it as it is sent.
    fn whole(&self, text: &[u8]) -> Option<Range<usize>> {
        let is_whole =
            text.get(self.name.end..self.value.start) == Some(COLON) && text[self.value.end..].starts_with(LINE_END);
        is_whole.then(|| self.name.start..self.value.end + LINE_END.len())
    }
}

impl<'a> Line<'a> {
    /// Whether the line has this name.
    pub fn has_name(&self, name: Name) -> bool {
        self.known == Some(name)
    }

    /// Whether the line has a name of this table.
    pub fn is_in(&self, table: Table) -> bool {
        self.known.is_some_and(|known| known.is_in(table))
    }

    /// Whether the line has this name, which may be any.
    pub fn is_called(&self, name: &str) -> bool {
        is_same(self.name, name.as_bytes())
    }

    /// The name as text.
    pub fn name(&self) -> &'a str {
        // Names are tokens: the parser has checked them.
        std::str::from_utf8(self.name).unwrap_or_default()
    }

    /// Writes the line as it is sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_line(self.name, self.value, out);
    }
}

impl LineName for Name {
    fn text(&self) -> &[u8] {
        self.as_ref()
    }

    fn known(&self) -> Option<Name> {
        Some(*self)
    }
}

impl LineName for Line<'_> {
    fn text(&self) -> &[u8] {
        self.name
    }

    fn known(&self) -> Option<Name> {
        self.known
    }
}

impl<T: AsRef<[u8]> + ?Sized> LineName for &T {
    fn text(&self) -> &[u8] {
        self.as_ref()
    }

    fn known(&self) -> Option<Name> {
        Name::of(self.as_ref())
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |line: Line<'_>| (line.name().to_owned(), String::from_utf8_lossy(line.value).into_owned());
        out.debug_map().entries(self.iter().map(text)).finish()
    }
}

/// Writes one line as it is sent.
pub fn write_line(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    out.extend_from_slice(COLON);
    out.extend_from_slice(value);
    out.extend_from_slice(LINE_END);
}

/// Whether Kestrel sends this as a value: it has no byte above 127, and no control character but tabs.
pub fn is_sendable(value: &[u8]) -> bool {
    let is_bad = |byte: u8| !byte.is_ascii() || (byte.is_ascii_control() && byte != b'\t');
    // Without a way out in the middle: that is many bytes at a time.
    !value.iter().fold(false, |is_found, byte| is_found | is_bad(*byte))
}

/// Whether a name and a value make a header line: a token, and nothing that would end the line or is not ASCII.
pub fn is_sound(name: &str, value: &str) -> bool {
    is_token(name) && value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_order_and_their_spelling() {
        let mut headers = Headers::default();
        headers.push("cookie", "1");
        headers.push("B", "2");
        headers.push("COOKIE", "3");
        assert_eq!(headers.all(Name::Cookie).collect::<Vec<_>>(), [b"1", b"3"]);
        let mut text = Vec::new();
        headers.write(&mut text);
        assert_eq!(text, b"cookie: 1\r\nB: 2\r\nCOOKIE: 3\r\n");
        headers.remove(Name::Cookie);
        assert!(!headers.contains(Name::Cookie) && headers.iter().all(|line| line.is_called("b")));
        headers.push("Vary", "4");
        headers.push("C", "5");
        headers.put_last(|line| line.has_name(Name::Vary));
        assert!(headers.iter().map(|line| line.value).eq([b"2", b"5", b"4"]));
    }

    #[test]
    fn lines_of_a_response_have_their_spelling_and_stand_together() {
        let mut headers = Headers::default();
        for name in ["grpc-status", "x-A", "cookie", "GRPC-TIMEOUT", "X-a", "COOKIE", "proxy-Features"] {
            headers.push(name, "");
        }
        headers.respell();
        let names: Vec<_> = headers.iter().map(|line| line.name()).collect();
        assert_eq!(names, ["Grpc-Status", "x-A", "x-A", "Cookie", "Cookie", "Grpc-Timeout", "proxy-Features"]);
    }

    #[test]
    fn values_are_appended_to_the_line_that_is_there() {
        let mut headers = Headers::default();
        for (name, separator, value) in [("Host", "", "1"), ("b", " ", "2"), ("host", ", ", "3"), ("B", "; ", "")] {
            headers.append(name, separator, value);
        }
        let mut text = Vec::new();
        headers.write(&mut text);
        assert_eq!(text, b"Host: 1, 3\r\nb: 2; \r\n");
    }

    #[test]
    fn lists_are_taken_apart() {
        let mut headers = Headers::default();
        headers.push("Connection", "keep-alive , Upgrade");
        headers.push("connection", "TE");
        assert!(["KEEP-ALIVE", "upgrade", "te"].iter().all(|token| headers.lists(Name::Connection, token)));
        assert!(!headers.lists(Name::Connection, "close"));
    }

    #[test]
    fn what_would_end_a_line_is_not_sound() {
        assert!(is_sound("X-A", "b\tc ~"));
        for (name, value) in [("", "x"), ("a b", "x"), ("a:", "x"), ("a", "x\r\ny"), ("a", "é"), ("a", "\0")] {
            assert!(!is_sound(name, value), "{name:?}: {value:?}");
        }
    }
}
