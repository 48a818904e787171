//! Writing JSON as Newtonsoft.Json does: compact or indented, with .NET's numbers (protocol.md#envelope-request,
//! #named-http-output, #http-return-value).

use std::fmt::{self, Write};

use super::value::Json;
use crate::number::float_text;

/// The value without white space.
pub fn to_compact(value: &Json) -> String {
    written(value, None)
}

/// The value over several lines, two spaces a level, line feeds; empty objects and arrays stay short (recording R09).
pub fn to_indented(value: &Json) -> String {
    written(value, Some(0))
}

fn written(value: &Json, level: Option<usize>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_at(&mut text, value, level);
    text
}

/// Writes the value without white space.
pub fn write(out: &mut impl Write, value: &Json) -> fmt::Result {
    write_at(out, value, None)
}

/// Writes a value; with a level over several lines, as it stands so many levels below the whole.
fn write_at(out: &mut impl Write, value: &Json, level: Option<usize>) -> fmt::Result {
    let below = level.map(|level| level + 1);
    match value {
        Json::Array(elements) => {
            out.write_char('[')?;
            for (index, element) in elements.iter().enumerate() {
                separate(out, index, below)?;
                write_at(out, element, below)?;
            }
            write_line(out, level.filter(|_| !elements.is_empty()))?;
            out.write_char(']')
        }
        Json::Object(members) => {
            out.write_char('{')?;
            for (index, (name, member)) in members.iter().enumerate() {
                separate(out, index, below)?;
                write_text(out, name)?;
                out.write_str(if level.is_some() { ": " } else { ":" })?;
                write_at(out, member, below)?;
            }
            write_line(out, level.filter(|_| !members.is_empty()))?;
            out.write_char('}')
        }
        scalar => write_scalar(out, scalar),
    }
}

fn separate(out: &mut impl Write, index: usize, level: Option<usize>) -> fmt::Result {
    if index > 0 {
        out.write_char(',')?;
    }
    write_line(out, level)
}

/// Begins a line at a level, if there are lines.
fn write_line(out: &mut impl Write, level: Option<usize>) -> fmt::Result {
    let Some(level) = level else { return Ok(()) };
    out.write_char('\n')?;
    (0..level).try_for_each(|_| out.write_str("  "))
}

fn write_scalar(out: &mut impl Write, value: &Json) -> fmt::Result {
    match value {
        Json::Bool(true) => out.write_str("true"),
        Json::Bool(false) => out.write_str("false"),
        Json::Integer(number) => write!(out, "{number}"),
        Json::BigInteger(digits) => out.write_str(digits),
        Json::Float(number) => write_float(out, *number),
        Json::Text(text) => write_text(out, text),
        Json::Date(date) => write!(out, "\"{}\"", date.iso()),
        Json::Undefined => out.write_str("undefined"),
        Json::Null | Json::Array(_) | Json::Object(_) => out.write_str("null"),
    }
}

/// .NET's shortest text, with `.0` where it would look like an integer; what is not a number becomes a string
/// (recordings RX-raw-rv-1.0, RX-raw-rv-object-floats).
fn write_float(out: &mut impl Write, number: f64) -> fmt::Result {
    let text = float_text(number);
    if !number.is_finite() {
        return write!(out, "\"{text}\"");
    }
    out.write_str(&text)?;
    if text.contains(['.', 'E']) { Ok(()) } else { out.write_str(".0") }
}

/// Writes a string in double quotes. Non-ASCII characters and `<>&'+/` stay; control characters, U+0085, U+2028 and U+2029
/// are escaped (protocol.md#envelope-request; recording DX-body-unicode).
pub fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    Escaping(out).write_str(text)?;
    out.write_char('"')
}

/// A writer that escapes what passes through it for the inside of a JSON string. Wrapped around [`write()`] it makes JSON text
/// in a JSON string (protocol.md#value-encoding) without a copy in between.
pub struct Escaping<'a, W: Write>(pub &'a mut W);

impl<W: Write> Write for Escaping<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut written = 0;
        for (at, character) in text.char_indices().filter(|(_, character)| is_escaped(*character)) {
            self.0.write_str(&text[written..at])?;
            match character {
                '"' | '\\' => write!(self.0, "\\{character}")?,
                '\u{8}' => self.0.write_str("\\b")?,
                '\t' => self.0.write_str("\\t")?,
                '\n' => self.0.write_str("\\n")?,
                '\u{c}' => self.0.write_str("\\f")?,
                '\r' => self.0.write_str("\\r")?,
                other => write!(self.0, "\\u{:04x}", u32::from(other))?,
            }
            written = at + character.len_utf8();
        }
        self.0.write_str(&text[written..])
    }
}

const fn is_escaped(character: char) -> bool {
    matches!(character, '"' | '\\' | '\0'..' ' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn escapes_what_newtonsoft_escapes() {
        let mut out = String::new();
        write_text(&mut out, "a\"\\\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}\u{85}\u{2028}\u{2029}é😀<>&'+/").unwrap();
        assert_eq!(out, "\"a\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001f\u{7f}\\u0085\\u2028\\u2029é😀<>&'+/\"");
    }

    #[test]
    fn writes_json_text_inside_a_json_string() {
        let mut out = String::new();
        write(&mut Escaping(&mut out), &Json::from("a\"b")).unwrap();
        assert_eq!(out, r#"\"a\\\"b\""#);
    }

    #[test]
    fn spells_numbers_as_dotnet_does() {
        // RX-raw-rv-object-floats and RX-raw-body-object-floats
        let value =
            parse(r#"{"a":1.0,"b":1e2,"c":0.10,"d":1E-7,"e":1e21,"f":-0.0,"g":1e999,"h":12345678901234567890}"#)
                .unwrap();
        assert_eq!(
            to_compact(&value),
            r#"{"a":1.0,"b":100.0,"c":0.1,"d":1E-07,"e":1E+21,"f":-0.0,"g":"Infinity","h":12345678901234567890}"#
        );
    }

    #[test]
    fn indents_by_two_spaces() {
        let value = parse(r#"{"a":{"b":[1,{"c":null}],"x":{},"y":[]}}"#).unwrap();
        let expected = "{\n  \"a\": {\n    \"b\": [\n      1,\n      {\n        \"c\": null\n      }\n    ],\n    \"x\": {},\n    \"y\": []\n  }\n}";
        assert_eq!(to_indented(&value), expected);
    }
}
