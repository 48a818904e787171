//! Lines and columns.

use std::fmt;

/// A line and a column, both from 1, as editors show them. Written `line:column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Position {
    /// Where the byte at the offset `at` stands.
    pub fn of(text: &str, at: usize) -> Self {
        let (line, start) = line_of(text, at);
        Self { line, column: text[start..at].chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// A place as Newtonsoft.Json reports it: the line, from 1, and the characters before it in this line, counted in UTF-16.
pub(crate) fn newtonsoft_place(text: &str, at: usize) -> (usize, usize) {
    let (line, start) = line_of(text, at);
    (line, text[start..at].encode_utf16().count())
}

/// The number of the line in which the byte at the offset `at` stands, from 1, and where that line begins. A line ends as it does
/// to Newtonsoft.Json: with a line feed, a carriage return, or both.
fn line_of(text: &str, at: usize) -> (usize, usize) {
    let bytes = &text.as_bytes()[..at];
    let is_end = |index: usize| match bytes[index] {
        b'\n' => true,
        b'\r' => bytes.get(index + 1) != Some(&b'\n'),
        _ => false,
    };
    (0..bytes.len()).filter(|index| is_end(*index)).fold((1, 0), |(line, _), end| (line + 1, end + 1))
}
