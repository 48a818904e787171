//! Why a text is not JSON, in the words of Newtonsoft.Json.

use std::fmt;

use super::position::{Position, newtonsoft_place};

/// Why a text is not JSON, and where. Its text is what Newtonsoft.Json says, path and place included
/// (protocol.md#other-keys; recordings CX-hostjson-invalid, CX-hostjson-array, CX-hostjson-breaks, JX-bad-BadJson).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Where a person should look: at what has no end, or behind the value that lacks a comma.
    pub position: Position,
    path: String,
    line: usize,
    characters: usize,
}

/// What is wrong with a text that is not JSON. Its text is a sentence of Newtonsoft.Json.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// Another character stands where a value should be.
    #[error("Unexpected character encountered while parsing value: {0}.")]
    ExpectedValue(char),
    /// Another character stands where a comma or the end of the list or object should be.
    #[error("After parsing a value an unexpected character was encountered: {0}.")]
    ExpectedComma(char),
    /// A list or an object is closed by the bracket of the other: the name of that token, and of what is open.
    #[error("JsonToken {0} is not valid for closing JsonType {1}.")]
    WrongBracket(&'static str, &'static str),
    /// No colon follows a name.
    #[error("Invalid character after parsing property name. Expected ':' but got: {}.", .0.unwrap_or('\0'))]
    ExpectedColon(Option<char>),
    /// A name cannot begin with this character.
    #[error("Invalid property identifier character: {0}.")]
    ExpectedName(char),
    /// A name without quotes cannot have this character.
    #[error("Invalid JavaScript property identifier character: {0}.")]
    BadName(char),
    /// A word that begins like this value, and is another.
    #[error("Error parsing {0} value.")]
    BadWord(&'static str),
    /// A number cannot have this character.
    #[error("Unexpected character encountered while parsing number: {0}.")]
    InNumber(char),
    /// Digits and signs in an order that makes no number.
    #[error("Input string '{0}' is not a valid number.")]
    BadNumber(String),
    /// A backslash stands before a character that has no meaning behind one.
    #[error("Bad JSON escape sequence: \\{0}.")]
    BadEscape(char),
    /// Anything but four hexadecimal digits follows `\u`.
    #[error("Invalid Unicode escape sequence: \\u{0}.")]
    BadUnicodeEscape(String),
    /// The closing quote, which this is, is missing.
    #[error("Unterminated string. Expected delimiter: {0}.")]
    UnclosedString(char),
    /// The text ends in a name without quotes.
    #[error("Unexpected end while parsing unquoted property name.")]
    UnclosedName,
    /// The text ends before a word such as `true` could.
    #[error("Unexpected end when reading JSON.")]
    UnexpectedEnd,
    /// The text ends in an escape `\u`.
    #[error("Unexpected end while parsing Unicode escape sequence.")]
    UnclosedEscape,
    /// A comment does not end.
    #[error("Unexpected end while parsing comment.")]
    UnclosedComment,
    /// A slash that begins no comment.
    #[error("Error parsing comment. Expected: *, got {}.", .0.map(String::from).unwrap_or_default())]
    BadComment(Option<char>),
    /// What begins with this bracket does not end.
    #[error("Unexpected end of content while loading JObject.")]
    Unclosed(char),
    /// There are more levels of lists and objects than so many.
    #[error("The reader's MaxDepth of {0} has been exceeded.")]
    TooDeep(usize),
    /// Something follows the value.
    #[error("Additional text encountered after finished reading JSON content: {0}.")]
    Trailing(char),
    /// An opening brace, and nothing more.
    #[error("Error reading JObject from JsonReader.")]
    OnlyBrace,
    /// There is no value.
    #[error("Error reading JObject from JsonReader.")]
    Empty,
    /// The value is not an object, but what Newtonsoft.Json has this name for.
    #[error("Error reading JObject from JsonReader. Current JsonReader item is not an object: {0}.")]
    NotAnObject(&'static str),
}

impl Error {
    /// An error that Newtonsoft.Json notices at one offset in bytes, and people should look for at another.
    pub(crate) fn new(kind: ErrorKind, text: &str, at: usize, shown_at: usize) -> Self {
        let (line, characters) = newtonsoft_place(text, at);
        // Before anything is read there is no line to Newtonsoft.Json.
        let is_start = characters == 0 && matches!(kind, ErrorKind::ExpectedValue(_) | ErrorKind::Empty);
        let position = Position::of(text, shown_at);
        Self { kind, position, path: String::new(), line: if is_start { 0 } else { line }, characters }
    }

    /// The same with another kind.
    pub(crate) fn of_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Whether it was noticed in the very value that is being read, and not in one below it.
    pub(super) const fn is_here(&self) -> bool {
        self.path.is_empty()
    }

    /// The same error with the step of its path that leads to where it was noticed.
    pub(super) fn below(mut self, step: &str) -> Self {
        let separator = if step.is_empty() || self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{separator}{}", self.path);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, line, characters, .. } = self;
        write!(out, "{kind} Path '{path}', line {line}, position {characters}.")
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use crate::document::Document;
    use crate::json::{Position, RESULT_MAX_DEPTH, parse, parse_to_depth};

    #[test]
    fn files_are_refused_in_recorded_words() {
        for (text, message) in [
            (
                "{ \"version\": \"2.0\", ",
                "Unexpected end of content while loading JObject. Path 'version', line 1, position 20.",
            ),
            (
                "{\"version\": \"2.0\"",
                "Unexpected end of content while loading JObject. Path 'version', line 1, position 17.",
            ),
            (
                "{ \"bindings\": [",
                "Unexpected end of content while loading JObject. Path 'bindings', line 1, position 15.",
            ),
            ("{", "Error reading JObject from JsonReader. Path '', line 1, position 1."),
            ("", "Error reading JObject from JsonReader. Path '', line 0, position 0."),
            ("Hello World", "Unexpected character encountered while parsing value: H. Path '', line 0, position 0."),
            ("test", "Error parsing boolean value. Path '', line 1, position 1."),
        ] {
            assert_eq!(Document::parse_object(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn every_kind_of_error_has_the_words_and_the_place_of_newtonsoft() {
        for (text, message) in [
            ("{\"a\": @}", "Unexpected character encountered while parsing value: @. Path 'a', line 1, position 6."),
            ("{a:}", "Unexpected character encountered while parsing value: }. Path 'a', line 1, position 3."),
            (
                "{\n  \"a\": [1, {\"b\": 2 \"c\"}]\n}",
                "After parsing a value an unexpected character was encountered: \". Path 'a[1].b', line 2, position 19.",
            ),
            (
                "{\"a\" 1}",
                "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 1, position 5.",
            ),
            ("{a:1,,}", "Invalid property identifier character: ,. Path 'a', line 1, position 5."),
            ("{a}", "Invalid JavaScript property identifier character: }. Path '', line 1, position 2."),
            ("[tru]", "Error parsing boolean value. Path '', line 1, position 4."),
            ("[nul1]", "Error parsing null value. Path '', line 1, position 4."),
            ("[1, -Infinitx]", "Error parsing -Infinity value. Path '[0]', line 1, position 12."),
            ("[1, 2;]", "Unexpected character encountered while parsing number: ;. Path '[0]', line 1, position 5."),
            ("[1-2]", "Input string '1-2' is not a valid number. Path '[0]', line 1, position 4."),
            (r#"{"a": "C:\Users"}"#, r"Bad JSON escape sequence: \U. Path 'a', line 1, position 11."),
            (r#"["\u12g4"]"#, r"Invalid Unicode escape sequence: \u12g4. Path '', line 1, position 4."),
            ("{\"a\": \"x", "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 8."),
            ("['x", "Unterminated string. Expected delimiter: '. Path '', line 1, position 3."),
            ("1 /* x", "Unexpected end while parsing comment. Path '', line 1, position 6."),
            ("1 /xy", "Error parsing comment. Expected: *, got x. Path '', line 1, position 3."),
            (
                "{} x",
                "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 3.",
            ),
            (
                "{\"a\": [{\"b\": 1]]}",
                "JsonToken EndArray is not valid for closing JsonType Object. Path 'a[0]', line 1, position 15.",
            ),
            ("{\"a\": ]", "JsonToken EndArray is not valid for closing JsonType Object. Path '', line 1, position 7."),
            ("{a", "Unexpected end while parsing unquoted property name. Path '', line 1, position 2."),
            ("{a: nu", "Unexpected end when reading JSON. Path 'a', line 1, position 6."),
            ("['\\u00", "Unexpected end while parsing Unicode escape sequence. Path '', line 1, position 4."),
            ("{/}", "Unexpected end while parsing comment. Path '', line 1, position 2."),
            ("[1}", "JsonToken EndObject is not valid for closing JsonType Array. Path '', line 1, position 3."),
            ("[[1]", "Unexpected end of content while loading JObject. Path '[0]', line 1, position 4."),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn depth_is_an_error_at_the_bracket_that_goes_too_far() {
        let error = parse_to_depth(&"[".repeat(RESULT_MAX_DEPTH + 1), RESULT_MAX_DEPTH).unwrap_err().to_string();
        assert!(error.starts_with("The reader's MaxDepth of 256 has been exceeded. Path '[0][0]"), "{error}");
        assert!(error.ends_with("line 1, position 257."), "{error}");
    }

    #[test]
    fn lines_end_with_a_carriage_return_a_line_feed_or_both() {
        for line_end in ["\n", "\r", "\r\n"] {
            let error = parse(&format!("[{line_end}{line_end} 1 2]")).unwrap_err();
            assert_eq!(error.position, Position { line: 3, column: 3 }, "behind the value that lacks a comma");
            assert!(error.to_string().ends_with("Path '[0]', line 3, position 3."), "{error}");
        }
    }

    #[test]
    fn characters_are_counted_as_each_reader_counts_them() {
        let error = parse("[\"😀é\" x]").unwrap_err();
        assert_eq!(error.position, Position { line: 1, column: 6 }, "an editor shows one column for 😀");
        assert!(error.to_string().ends_with("line 1, position 7."), "to .NET it is two: {error}");
    }

    #[test]
    fn special_characters_in_names_are_quoted_in_the_path() {
        let error = parse("{'a b': {'c.d': [@").unwrap_err().to_string();
        assert!(error.contains("Path '['a b']['c.d']'"), "{error}");
    }
}
