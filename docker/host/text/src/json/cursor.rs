//! The words of a JSON text: names, strings, numbers, and what stands between them.

use std::ops::Range;

use super::error::{Error, ErrorKind};
use super::number::number;
use super::value::Json;

/// A place in a JSON text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// What is read next, in bytes from the start.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// The beginning of `text`, after a byte order mark if there is one.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text: text.strip_prefix('\u{feff}').unwrap_or(text), at: 0 }
    }

    /// The text between two offsets.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// An error at what is read next.
    pub fn error(&self, kind: ErrorKind) -> Error {
        Error::new(kind, self.text, self.at, self.at)
    }

    /// The same, for which people should look at another offset.
    pub fn error_shown_at(&self, shown_at: usize, kind: ErrorKind) -> Error {
        Error::new(kind, self.text, self.at, shown_at)
    }

    /// A name, and where it stands without its quotes.
    pub fn name(&mut self) -> Result<(String, Range<usize>), Error> {
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            let start = self.at + 1;
            let name = self.string(quote)?;
            return Ok((name, start..self.at - 1));
        }
        let (start, rest) = (self.at, self.rest());
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        self.at += length;
        match self.character() {
            None if length > 0 => Err(self.error(ErrorKind::UnclosedName)),
            Some(found) if length == 0 => Err(self.error(ErrorKind::ExpectedName(found))),
            Some(found) if !(found.is_whitespace() || found == ':' || found == '\0') => {
                Err(self.error(ErrorKind::BadName(found)))
            }
            _ => Ok((rest[..length].to_owned(), start..self.at)),
        }
    }

    /// The string that begins here with this quote.
    pub fn string(&mut self, quote: u8) -> Result<String, Error> {
        let opener = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(length) = rest.iter().position(|&byte| byte == quote || byte == b'\\') else {
                return Err(self.unclosed_string(opener));
            };
            text.push_str(&self.text[self.at..self.at + length]);
            self.at += length + 1;
            if rest[length] == quote {
                return Ok(text);
            }
            text.push(self.escape(opener)?);
        }
    }

    fn unclosed_string(&mut self, opener: usize) -> Error {
        self.at = self.text.len();
        self.error_shown_at(opener, ErrorKind::UnclosedString(char::from(self.text.as_bytes()[opener])))
    }

    /// What the backslash that was just read begins, in the string that begins at `opener`.
    fn escape(&mut self, opener: usize) -> Result<char, Error> {
        let backslash = self.at - 1;
        let Some(letter) = self.character() else { return Err(self.unclosed_string(opener)) };
        self.at += letter.len_utf8();
        Ok(match letter {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '\\' | '"' | '\'' | '/' => letter,
            'u' => self.unicode_escape()?,
            other => return Err(self.error_shown_at(backslash, ErrorKind::BadEscape(other))),
        })
    }

    /// The character of `\uXXXX`, with its other half where it is the first of a pair; half a pair alone becomes U+FFFD.
    fn unicode_escape(&mut self) -> Result<char, Error> {
        let first = self.four_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
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

    fn four_digits(&mut self) -> Result<u32, Error> {
        let digits: String = self.rest().chars().take(4).collect();
        let is_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u32::from_str_radix(&digits, 16).ok().filter(|_| is_code) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None if digits.chars().count() < 4 => Err(self.error_shown_at(self.at - 2, ErrorKind::UnclosedEscape)),
            None => Err(self.error_shown_at(self.at - 2, ErrorKind::BadUnicodeEscape(digits))),
        }
    }

    /// The number that begins here.
    pub fn number(&mut self) -> Result<Json, Error> {
        let (start, rest) = (self.at, self.rest());
        let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | '+' | '.' | 'x' | 'X');
        let text = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        self.at += text.len();
        if let Some(found) = self.character().filter(|found| !ends_a_word(*found)) {
            return Err(self.error(ErrorKind::InNumber(found)));
        }
        number(text).ok_or_else(|| self.error_shown_at(start, ErrorKind::BadNumber(text.to_owned())))
    }

    /// The value of a word, of which at least the first letter is there.
    pub fn word(&mut self, word: &str, kind: &'static str, value: Json) -> Result<Json, Error> {
        let (start, rest) = (self.at, self.rest());
        if rest.chars().take(word.len()).count() < word.len() {
            self.at = self.text.len();
            return Err(self.error_shown_at(start, ErrorKind::UnexpectedEnd));
        }
        self.at += rest.bytes().zip(word.bytes()).take_while(|(found, wanted)| found == wanted).count();
        let is_whole = self.at == start + word.len() && self.character().is_none_or(ends_a_word);
        if is_whole { Ok(value) } else { Err(self.error_shown_at(start, ErrorKind::BadWord(kind))) }
    }

    /// Passes over white space.
    pub fn skip_spaces(&mut self) {
        let rest = self.rest();
        // Most spaces are ASCII: a look at one byte spares decoding.
        if rest.as_bytes().first().is_some_and(|byte| byte.is_ascii_graphic()) {
            return;
        }
        // Newtonsoft.Json passes over NUL characters, too.
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\0').len();
    }

    /// Passes over white space and comments.
    pub fn skip_spaces_and_comments(&mut self) -> Result<(), Error> {
        loop {
            self.skip_spaces();
            let rest = self.rest();
            if !rest.starts_with('/') {
                return Ok(());
            }
            let start = self.at;
            if rest.chars().take(3).count() < 3 {
                self.at += 1;
                return Err(self.error_shown_at(start, ErrorKind::UnclosedComment));
            }
            let length = match rest.as_bytes().get(1) {
                Some(b'*') => rest[2..].find("*/").map(|length| length + 4),
                Some(b'/') => Some(rest.find(['\r', '\n']).unwrap_or(rest.len())),
                _ => {
                    self.at += 1;
                    return Err(self.error_shown_at(start, ErrorKind::BadComment(self.character())));
                }
            };
            self.at += length.unwrap_or(rest.len());
            if length.is_none() {
                return Err(self.error_shown_at(start, ErrorKind::UnclosedComment));
            }
        }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub fn character(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
}

/// A word or number ends at white space, which to Newtonsoft.Json a NUL character is too, punctuation or a comment.
fn ends_a_word(c: char) -> bool {
    matches!(c, ',' | ']' | '}' | ')' | '/' | '\0') || c.is_whitespace()
}
