//! Reading JSON as leniently as Newtonsoft.Json's text reader does.
//!
//! Beyond the standard it takes comments, single quotes, unquoted names, trailing and repeated commas, hexadecimal and octal
//! integers, `NaN`, `Infinity` and `undefined` (recordings DX-json-lenient, RX-json-single-quotes; protocol.md#gatekeeping).

use super::number::number;
use super::{Json, Object};
use crate::date;
use std::fmt;

/// How deeply a document may be nested where Newtonsoft.Json reads it with its default settings.
pub const DEFAULT_MAX_DEPTH: usize = 64;

/// How deeply a handler's answer may be nested: the media type formatter's own limit (protocol.md#gatekeeping).
pub const ANSWER_MAX_DEPTH: usize = 256;

/// Why a text is not JSON, even leniently.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadError {
    /// What was wrong.
    pub message: String,
    /// Where, in bytes from the start.
    pub offset: usize,
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at offset {}", self.message, self.offset)
    }
}

impl std::error::Error for ReadError {}

/// Reads a whole text: nothing but white space and comments may follow the value.
pub fn parse(text: &str) -> Result<Json, ReadError> {
    parse_to_depth(text, DEFAULT_MAX_DEPTH)
}

/// The same with another limit of depth.
pub fn parse_to_depth(text: &str, max_depth: usize) -> Result<Json, ReadError> {
    let mut reader = Reader::new(text, max_depth);
    let value = reader.value()?;
    reader.end()?;
    Ok(value)
}

/// Reads a whole text as Newtonsoft.Json reads JSON of which it expects nothing: comments alone are null, and in an array what is
/// open where the text ends right behind a value counts as closed, so that `[1,2` is an array.
pub fn parse_untyped(text: &str) -> Result<Json, ReadError> {
    let mut reader = Reader::new(text, DEFAULT_MAX_DEPTH);
    reader.closes_at_end = reader.at_array()?;
    let value = if reader.peek().is_none() { Json::Null } else { reader.value()? };
    reader.end()?;
    Ok(value)
}

/// A position in a JSON text.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    max_depth: usize,
    dates: bool,
    discard: bool,
    closes_at_end: bool,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `text`, after a byte order mark if there is one.
    pub fn new(text: &'a str, max_depth: usize) -> Reader<'a> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Reader { text, at, depth: 0, max_depth, dates: true, discard: false, closes_at_end: false }
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Json, ReadError> {
        self.skip_blanks_and_comments()?;
        match self.peek() {
            Some(b'{') => {
                let mut members = Object::new();
                self.object(|name, reader| {
                    let value = reader.value()?;
                    if !reader.discard {
                        members.insert(name, value);
                    }
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            Some(b'[') => self.array(),
            Some(quote @ (b'"' | b'\'')) => {
                let text = self.string(quote)?;
                Ok(match date::recognise(&text).filter(|_| self.dates) {
                    Some(date) => Json::Date(date),
                    None => Json::Text(text),
                })
            }
            Some(b'-' | b'.' | b'0'..=b'9') => self.number_or_negative_infinity(),
            Some(_) => self.word(),
            None => Err(self.error("the text ends where a value should be")),
        }
    }

    /// The next value, with strings that look like dates left as they are.
    pub fn value_without_dates(&mut self) -> Result<Json, ReadError> {
        let before = std::mem::replace(&mut self.dates, false);
        let value = self.value();
        self.dates = before;
        value
    }

    /// Passes over the next value without keeping what it holds: a large array costs no memory.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let before = std::mem::replace(&mut self.discard, true);
        let value = self.value();
        self.discard = before;
        value.map(drop)
    }

    /// Whether the next value is an object.
    pub fn at_object(&mut self) -> Result<bool, ReadError> {
        self.skip_blanks_and_comments()?;
        Ok(self.peek() == Some(b'{'))
    }

    /// Whether the next value is an array.
    pub fn at_array(&mut self) -> Result<bool, ReadError> {
        self.skip_blanks_and_comments()?;
        Ok(self.peek() == Some(b'['))
    }

    /// Reads an object; `member` is called with each name and must read the value.
    pub fn object(
        &mut self,
        mut member: impl FnMut(String, &mut Reader<'a>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        self.enter()?;
        loop {
            self.skip_blanks_and_comments()?;
            if self.eat(b'}') {
                break;
            }
            let name = self.name()?;
            self.skip_blanks();
            if !self.eat(b':') {
                return Err(self.error("expected `:` after a name"));
            }
            self.skip_blanks_and_comments()?;
            if matches!(self.peek(), Some(b',')) {
                member(name, &mut Reader::new("null", 1))?;
            } else {
                member(name, self)?;
            }
            if !self.comma_or(b'}')? {
                break;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Nothing but white space and comments may follow.
    pub fn end(&mut self) -> Result<(), ReadError> {
        self.skip_blanks_and_comments()?;
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("unexpected text after the value")),
        }
    }

    fn array(&mut self) -> Result<Json, ReadError> {
        self.enter()?;
        let mut elements = Vec::new();
        loop {
            self.skip_blanks_and_comments()?;
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                Some(b',') => elements.push(Json::Null),
                _ if self.discard => drop(self.value()?),
                _ => elements.push(self.value()?),
            }
            if !self.comma_or(b']')? {
                break;
            }
        }
        self.depth -= 1;
        Ok(Json::Array(elements))
    }

    fn enter(&mut self) -> Result<(), ReadError> {
        self.at += 1;
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.error(&format!("nested deeper than {} levels", self.max_depth)));
        }
        Ok(())
    }

    /// After an element: true after a comma, false after `close`.
    fn comma_or(&mut self, close: u8) -> Result<bool, ReadError> {
        self.skip_blanks_and_comments()?;
        if self.eat(b',') {
            return Ok(true);
        }
        if self.eat(close) || (self.closes_at_end && self.peek().is_none()) {
            return Ok(false);
        }
        Err(self.error(&format!("expected `,` or `{}`", close as char)))
    }

    fn name(&mut self) -> Result<String, ReadError> {
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            return self.string(quote);
        }
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error("expected a name"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn string(&mut self, quote: u8) -> Result<String, ReadError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(length) = rest.iter().position(|&byte| byte == quote || byte == b'\\') else {
                return Err(self.error("a string does not end"));
            };
            text.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            if rest[length] == quote {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        let Some(byte) = self.peek() else { return Err(self.error("a string does not end")) };
        self.at += 1;
        Ok(match byte {
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'\\' | b'"' | b'\'' | b'/' => byte as char,
            b'u' => self.unicode_escape()?,
            _ => return Err(self.error("bad escape in a string")),
        })
    }

    /// The character of `\uXXXX`, with its other half where it is the first of a pair; half a pair alone becomes U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, ReadError> {
        let first = self.four_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_digits(&mut self) -> Result<u32, ReadError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.error("bad `\\u` escape in a string")),
        }
    }

    fn number_or_negative_infinity(&mut self) -> Result<Json, ReadError> {
        let rest = &self.text[self.at..];
        if rest.starts_with("-I") {
            return self.expect_word("-Infinity", Json::Float(f64::NEG_INFINITY));
        }
        let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | '+' | '.' | 'x' | 'X');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let number =
            number(&rest[..length]).ok_or_else(|| self.error(&format!("`{}` is not a number", &rest[..length])))?;
        self.at += length;
        self.after_word(number)
    }

    fn word(&mut self) -> Result<Json, ReadError> {
        match self.peek() {
            Some(b't') => self.expect_word("true", Json::Bool(true)),
            Some(b'f') => self.expect_word("false", Json::Bool(false)),
            Some(b'n') => self.expect_word("null", Json::Null),
            Some(b'u') => self.expect_word("undefined", Json::Null),
            Some(b'N') => self.expect_word("NaN", Json::Float(f64::NAN)),
            Some(b'I') => self.expect_word("Infinity", Json::Float(f64::INFINITY)),
            _ => Err(self.error("unexpected character where a value should be")),
        }
    }

    fn expect_word(&mut self, word: &str, value: Json) -> Result<Json, ReadError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("unknown word where a value should be"));
        }
        self.at += word.len();
        self.after_word(value)
    }

    /// A word or number ends at white space, punctuation or a comment.
    fn after_word(&mut self, value: Json) -> Result<Json, ReadError> {
        match self.text[self.at..].chars().next() {
            None | Some(',' | ']' | '}' | ')' | '/') => Ok(value),
            Some(c) if c.is_whitespace() => Ok(value),
            Some(_) => Err(self.error("unexpected character after a value")),
        }
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        // Most blanks are ASCII: a look at one byte spares decoding.
        if rest.as_bytes().first().is_some_and(|byte| byte.is_ascii_graphic()) {
            return;
        }
        // Newtonsoft.Json passes over NUL characters, too.
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\0').len();
    }

    fn skip_blanks_and_comments(&mut self) -> Result<(), ReadError> {
        loop {
            self.skip_blanks();
            let rest = &self.text[self.at..];
            if let Some(comment) = rest.strip_prefix("/*") {
                match comment.find("*/") {
                    Some(length) => self.at += length + 4,
                    None => return Err(self.error("a comment does not end")),
                }
            } else if rest.starts_with("//") {
                self.at += rest.find(['\r', '\n']).unwrap_or(rest.len());
            } else if rest.starts_with('/') {
                return Err(self.error("expected a comment after `/`"));
            } else {
                return Ok(());
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn error(&self, message: &str) -> ReadError {
        ReadError { message: message.to_owned(), offset: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{object, to_compact};
    use super::*;

    fn read(text: &str) -> Json {
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn takes_what_newtonsoft_takes() {
        let expected = object([("a", Json::Integer(1)), ("b", Json::Integer(2))]);
        for text in [
            r#"{"a":1,"b":2}"#,
            "{'a':1,/*c*/b:2}",
            "{a:1,b:2,}",
            "// first\n{ 'a' : 1 // then\n , b :/* two */ 2 } /* end */",
            "\u{feff} {a:1,b:2}",
            "\0{a:1,\0b:2}\0",
            "{\"a\":0,\"a\":1,b:2}",
            "{a:0x1,b:02}",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(to_compact(&read("[1,,2,]")), "[1,null,2]");
        assert_eq!(to_compact(&read("{a:,b:undefined}")), r#"{"a":null,"b":null}"#);
        assert_eq!(read(r#"'it\'s \u00e9 \ud83d\ude00 \ud83d \/'"#), Json::from("it's é 😀 \u{fffd} /"));
        assert_eq!(read("\"a\nb\""), Json::from("a\nb"));
    }

    #[test]
    fn refuses_what_newtonsoft_refuses() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "{a}",
            "{a 1}",
            "{a:}",
            "[1 2]",
            "tru",
            "nullx",
            "{\"a\":",
            "\"a",
            r#""\x""#,
            "1.2.3",
            "--1",
            "1e",
            "/",
            "/* a",
            "{a:1} x",
            "{a-b:1}",
            "+1",
            "1 2",
            "<a/>",
            r#""\u12""#,
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn stops_at_its_limit_of_depth() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(DEFAULT_MAX_DEPTH)).is_ok());
        assert!(parse(&nested(DEFAULT_MAX_DEPTH + 1)).is_err());
        assert!(parse_to_depth(&nested(130), ANSWER_MAX_DEPTH).is_ok());
        assert!(parse_to_depth(&"[".repeat(1_000_000), ANSWER_MAX_DEPTH).is_err());
    }

    #[test]
    fn reads_without_expectations() {
        for (text, expected) in
            [("[1,2", "[1,2]"), ("[{b:[1", r#"[{"b":[1]}]"#), ("// c", "null"), ("", "null"), ("[1]", "[1]")]
        {
            assert_eq!(parse_untyped(text).map(|value| to_compact(&value)).as_deref(), Ok(expected), "{text}");
        }
        for text in ["[", "[1,", "{a:", "{a:1", "{a:[1", "{", "{a", "[1] 2", "/* c"] {
            assert!(parse_untyped(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ignores_what_follows_when_asked_for_one_value() {
        let mut reader = Reader::new("{\"a\":1} trailing", DEFAULT_MAX_DEPTH);
        assert_eq!(reader.value(), Ok(object([("a", Json::Integer(1))])));
        assert!(reader.end().is_err());
    }

    #[test]
    fn passes_over_a_value() {
        let mut reader = Reader::new("[{a:[1,{b:2}]},3] 4", DEFAULT_MAX_DEPTH);
        assert_eq!(reader.skip(), Ok(()));
        assert_eq!(reader.value(), Ok(Json::Integer(4)));
        assert!(Reader::new("[{a:[1,}]", DEFAULT_MAX_DEPTH).skip().is_err());
    }

    #[test]
    fn leaves_dates_alone_when_asked() {
        let text = "\"2020-01-01T00:00:00Z\"";
        assert!(matches!(read(text), Json::Date(_)));
        assert!(matches!(Reader::new(text, 1).value_without_dates(), Ok(Json::Text(_))));
    }
}
