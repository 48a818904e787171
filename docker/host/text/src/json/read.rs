//! Reading JSON as leniently as Newtonsoft.Json's text reader does.
//!
//! Beyond the standard it takes comments, single quotes, unquoted names, trailing and repeated commas, hexadecimal and octal
//! integers, `NaN`, `Infinity` and `undefined` (recordings DX-json-lenient, RX-json-single-quotes; protocol.md#gatekeeping).

use std::collections::HashMap;
use std::ops::Range;

use super::cursor::Cursor;
use super::error::{Error, ErrorKind};
use super::value::{Json, Object};
use crate::date;

/// How deeply a document may be nested where Newtonsoft.Json reads it with its default settings.
pub const DEFAULT_MAX_DEPTH: usize = 64;

/// How deeply an invocation's result may be nested: the media type formatter's own limit (protocol.md#gatekeeping).
pub const RESULT_MAX_DEPTH: usize = 256;

/// Reads a whole text: nothing but white space and comments may follow the value.
pub fn parse(text: &str) -> Result<Json, Error> {
    parse_to_depth(text, DEFAULT_MAX_DEPTH)
}

/// The same with another limit of depth.
pub fn parse_to_depth(text: &str, max_depth: usize) -> Result<Json, Error> {
    let mut reader = Reader::new(text, max_depth);
    let value = reader.value()?;
    reader.end()?;
    Ok(value)
}

/// Reads a whole text as Newtonsoft.Json reads JSON of which it expects nothing: comments alone are null, and in an array what is
/// open where the text ends right behind a value counts as closed, so that `[1,2` is an array.
pub fn parse_untyped(text: &str) -> Result<Json, Error> {
    let mut reader = Reader::new(text, DEFAULT_MAX_DEPTH);
    reader.closes_at_end = reader.at_array()?;
    let value = if reader.is_empty()? { Json::Null } else { reader.value()? };
    reader.end()?;
    Ok(value)
}

/// Reads a JSON text from its beginning to its end, one value after the other. Nothing of what it reads it keeps, so that a caller
/// who takes objects apart with [`Reader::object`] pays only for what it wants.
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    name_at: usize,
    depth: usize,
    max_depth: usize,
    dates: bool,
    discard: bool,
    closes_at_end: bool,
    keeps_places: bool,
}

/// A step of the path to an error.
enum Step {
    /// Where the name of a member stands.
    Name(Range<usize>),
    Index(usize),
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `text`, after a byte order mark if there is one.
    pub fn new(text: &'a str, max_depth: usize) -> Reader<'a> {
        Reader {
            cursor: Cursor::new(text),
            name_at: 0,
            depth: 0,
            max_depth,
            dates: true,
            discard: false,
            closes_at_end: false,
            keeps_places: false,
        }
    }

    /// The same, with strings that look like dates left as they are.
    pub fn without_dates(self) -> Reader<'a> {
        Reader { dates: false, ..self }
    }

    /// The same, with a member that is given twice in its first place, as `JObject.Parse` leaves it; the serializer puts it in its last.
    pub fn with_first_places(self) -> Reader<'a> {
        Reader { keeps_places: true, ..self }
    }

    /// The next value.
    pub fn value(&mut self) -> Result<Json, Error> {
        if self.at_object()? {
            let mut members = Object::new();
            let mut names = Vec::new();
            self.object(|name, reader| {
                let value = reader.value()?;
                if !reader.discard {
                    names.push(members.insert_full(name, value).0);
                }
                Ok(())
            })?;
            let is_in_place = names.len() == members.len() || self.keeps_places;
            return Ok(Json::Object(if is_in_place { members } else { in_last_places(members, &names) }));
        }
        if self.cursor.peek() == Some(b'[') {
            let mut elements = Vec::new();
            self.array(|_, reader| {
                let value = reader.value()?;
                if !reader.discard {
                    elements.push(value);
                }
                Ok(())
            })?;
            return Ok(Json::Array(elements));
        }
        self.scalar()
    }

    /// The next value, with strings that look like dates left as they are.
    pub fn value_without_dates(&mut self) -> Result<Json, Error> {
        let before = std::mem::replace(&mut self.dates, false);
        let value = self.value();
        self.dates = before;
        value
    }

    /// Passes over the next value without keeping what it holds: a large array costs no memory.
    pub fn skip(&mut self) -> Result<(), Error> {
        let before = std::mem::replace(&mut self.discard, true);
        let value = self.value();
        self.discard = before;
        value.map(drop)
    }

    /// Whether the next value is an object.
    pub fn at_object(&mut self) -> Result<bool, Error> {
        self.cursor.skip_spaces_and_comments()?;
        Ok(self.cursor.peek() == Some(b'{'))
    }

    /// Whether the next value is an array.
    pub fn at_array(&mut self) -> Result<bool, Error> {
        self.cursor.skip_spaces_and_comments()?;
        Ok(self.cursor.peek() == Some(b'['))
    }

    /// Whether nothing but white space and comments follows.
    pub fn is_empty(&mut self) -> Result<bool, Error> {
        self.cursor.skip_spaces_and_comments()?;
        Ok(self.cursor.peek().is_none())
    }

    /// Reads an object; `member` is called with each name and must read the value.
    pub fn object(
        &mut self,
        mut member: impl FnMut(String, &mut Reader<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.contents(b'}', |reader, opener, step| {
            let name_at = reader.cursor.at;
            let (name, place) = reader.cursor.name()?;
            reader.cursor.skip_spaces();
            if !reader.cursor.eat(b':') {
                return Err(reader.cursor.error(ErrorKind::ExpectedColon(reader.cursor.character())));
            }
            *step = Some(Step::Name(place));
            reader.name_at = name_at;
            reader.cursor.skip_spaces_and_comments()?;
            match reader.cursor.peek() {
                None => Err(reader.unclosed(opener)),
                Some(b']' | b')') => {
                    *step = None;
                    Err(reader.wrong_bracket("Object"))
                }
                Some(_) => member(name, reader),
            }
        })
    }

    /// Reads an array; `element` is called with each index and must read the element.
    pub fn array(&mut self, mut element: impl FnMut(usize, &mut Reader<'a>) -> Result<(), Error>) -> Result<(), Error> {
        let mut index = 0;
        self.contents(b']', |reader, _, step| {
            let has_members = matches!(reader.cursor.peek(), Some(b'{' | b'['));
            let read = element(index, reader);
            // To Newtonsoft.Json a list or an object is an element from its beginning on, anything else from its end on.
            let is_read = |error: &Error| matches!(error.kind, ErrorKind::BadNumber(_)) && error.is_here();
            if has_members || read.as_ref().err().is_none_or(is_read) {
                *step = Some(Step::Index(index));
            }
            index += 1;
            read
        })
    }

    /// Nothing but white space and comments may follow.
    pub fn end(&mut self) -> Result<(), Error> {
        self.cursor.skip_spaces_and_comments()?;
        self.cursor.character().map_or(Ok(()), |found| Err(self.cursor.error(ErrorKind::Trailing(found))))
    }

    /// The next value, which is neither an object nor an array.
    pub(crate) fn scalar(&mut self) -> Result<Json, Error> {
        self.cursor.skip_spaces_and_comments()?;
        match self.cursor.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                let text = self.cursor.string(quote)?;
                Ok(match date::recognise(&text).filter(|_| self.dates) {
                    Some(date) => Json::Date(date),
                    None => Json::Text(text),
                })
            }
            Some(b'-') if self.cursor.rest().starts_with("-I") => {
                self.cursor.word("-Infinity", "-Infinity", Json::Float(f64::NEG_INFINITY))
            }
            Some(b'-' | b'.' | b'0'..=b'9') => self.cursor.number(),
            Some(b't') => self.cursor.word("true", "boolean", Json::Bool(true)),
            Some(b'f') => self.cursor.word("false", "boolean", Json::Bool(false)),
            Some(b'n') if self.cursor.rest().starts_with("nu") => self.cursor.word("null", "null", Json::Null),
            Some(b'u') => self.cursor.word("undefined", "undefined", Json::Undefined),
            Some(b'N') => self.cursor.word("NaN", "NaN", Json::Float(f64::NAN)),
            Some(b'I') => self.cursor.word("Infinity", "Infinity", Json::Float(f64::INFINITY)),
            // Between two commas, or between a colon and a comma, is nothing.
            Some(b',') if self.depth > 0 => Ok(Json::Undefined),
            _ => Err(self.cursor.error(self.cursor.character().map_or(ErrorKind::Empty, ErrorKind::ExpectedValue))),
        }
    }

    /// The next value as a text, as Newtonsoft.Json's `ReadAsString` reads it: a number or a boolean is what is written there, and null
    /// is no text.
    ///
    /// # Errors
    /// Where there is none: a list, an object, `undefined`.
    pub fn text(&mut self) -> Result<Option<String>, Error> {
        self.cursor.skip_spaces_and_comments()?;
        let start = self.cursor.at;
        match self.scalar()? {
            Json::Null => Ok(None),
            Json::Undefined => Err(self.cursor.error_shown_at(start, ErrorKind::ExpectedValue('u'))),
            Json::Text(text) => Ok(Some(text)),
            _ => Ok(Some(self.cursor.slice(start..self.cursor.at).to_owned())),
        }
    }

    /// The next value as a boolean, as Newtonsoft.Json's `ReadAsBoolean` reads it ([`Json::boolean`]).
    ///
    /// # Errors
    /// Where there is none, as in `null`.
    pub fn boolean(&mut self) -> Result<bool, Error> {
        self.cursor.skip_spaces_and_comments()?;
        let (start, found) = (self.cursor.at, self.cursor.character());
        let value = self.scalar()?;
        // `NaN` and its like begin no boolean.
        let boolean = value.boolean().filter(|_| !matches!(value, Json::Float(number) if !number.is_finite()));
        boolean
            .ok_or_else(|| self.cursor.error_shown_at(start, found.map_or(ErrorKind::Empty, ErrorKind::ExpectedValue)))
    }

    /// What is read next, in bytes from the start.
    pub(crate) fn offset(&self) -> usize {
        self.cursor.at
    }

    /// Where the name of the member stands that is being read, in bytes from the start.
    pub(crate) fn name_offset(&self) -> usize {
        self.name_at
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.cursor.rest()
    }

    /// An error at what is read next.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        self.cursor.error(kind)
    }

    /// The text ends before what begins at `opener` does.
    fn unclosed(&self, opener: usize) -> Error {
        let bracket = if self.cursor.slice(opener..opener + 1) == "{" { '{' } else { '[' };
        self.cursor.error_shown_at(opener, ErrorKind::Unclosed(bracket))
    }

    /// Reads what stands in brackets; `one` is called at each member or element, with the offset of the opening bracket, and keeps
    /// the step of the path at which Newtonsoft.Json then is.
    fn contents(
        &mut self,
        close: u8,
        mut one: impl FnMut(&mut Reader<'a>, usize, &mut Option<Step>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let opener = self.open()?;
        let mut step = None;
        let mut read = || loop {
            self.cursor.skip_spaces_and_comments()?;
            match self.cursor.peek() {
                None => return Err(self.unclosed(opener)),
                Some(found) if found == close => {
                    self.cursor.at += 1;
                    return Ok(());
                }
                Some(_) => one(self, opener, &mut step)?,
            }
            let more = self.comma_or(close, opener);
            // A bracket that does not belong here is not noticed in what stands before it.
            if more.as_ref().is_err_and(|error| matches!(error.kind, ErrorKind::WrongBracket(..))) {
                step = None;
            }
            if !more? {
                return Ok(());
            }
        };
        read().map_err(|error| match step {
            None => error,
            Some(Step::Name(place)) => error.below(&in_path(self.cursor.slice(place))),
            Some(Step::Index(index)) => error.below(&format!("[{index}]")),
        })?;
        self.depth -= 1;
        Ok(())
    }

    /// Where the bracket stands that begins one more level.
    pub(crate) fn open(&mut self) -> Result<usize, Error> {
        let opener = self.cursor.at;
        self.cursor.at += 1;
        self.depth += 1;
        if self.depth > self.max_depth {
            return Err(self.cursor.error_shown_at(opener, ErrorKind::TooDeep(self.max_depth)));
        }
        Ok(opener)
    }

    /// The error at a bracket that does not close what is open.
    fn wrong_bracket(&mut self, container: &'static str) -> Error {
        let token = match self.cursor.peek() {
            Some(b'}') => "EndObject",
            Some(b']') => "EndArray",
            _ => "EndConstructor",
        };
        self.cursor.at += 1;
        self.cursor.error_shown_at(self.cursor.at - 1, ErrorKind::WrongBracket(token, container))
    }

    /// After a value: true after a comma, false after `close`.
    fn comma_or(&mut self, close: u8, opener: usize) -> Result<bool, Error> {
        let end_of_value = self.cursor.at;
        self.cursor.skip_spaces_and_comments()?;
        if self.cursor.eat(b',') {
            return Ok(true);
        }
        if self.cursor.eat(close) || (self.closes_at_end && self.cursor.peek().is_none()) {
            return Ok(false);
        }
        Err(match self.cursor.character() {
            Some('}' | ']' | ')') => self.wrong_bracket(if close == b'}' { "Object" } else { "Array" }),
            Some(found) => self.cursor.error_shown_at(end_of_value, ErrorKind::ExpectedComma(found)),
            None => self.unclosed(opener),
        })
    }
}

/// The members in the order in which each was given last; `given` has the place of each of all that were given.
fn in_last_places(members: Object, given: &[usize]) -> Object {
    let last: HashMap<usize, usize> = given.iter().enumerate().map(|(late, place)| (*place, late)).collect();
    let mut members: Vec<_> = members.into_iter().enumerate().collect();
    members.sort_by_key(|(place, _)| last.get(place).copied());
    members.into_iter().map(|(_, member)| member).collect()
}

/// A name as it stands in a path.
fn in_path(name: &str) -> String {
    let is_special = |c: char| c.is_whitespace() || ".'/\"[]()\\".contains(c);
    if name.contains(is_special) { format!("['{name}']") } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
