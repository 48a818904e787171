//! A JSON file, and where in it its values stand.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::Value;

use crate::json::{DEFAULT_MAX_DEPTH, Error, ErrorKind, Json, Position, Reader, newtonsoft_place};

/// A parsed JSON file, with its text: where a value stands is looked up there when somebody asks. To keep the path of every value
/// would take the square of the text's length in memory, where a long name has many values below it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The whole value; of a name given twice in one object the last value counts.
    pub value: Value,
    text: String,
}

/// Where a value stands in its text.
struct Place {
    /// Where the name of a member begins.
    name: Option<usize>,
    value: Range<usize>,
}

impl Document {
    /// Reads JSON as the real host does: a byte order mark, comments, trailing commas, single quotes and bare names are fine
    /// (recording CX-hostjson-comments). An empty text has the value `null`.
    ///
    /// # Errors
    /// Where the text is not JSON even by these rules.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut reader = reader(text).with_first_places();
        let value = if reader.is_empty()? { Value::Null } else { reader.value()?.into() };
        reader.end()?;
        Ok(Self { value, text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned() })
    }

    /// The same for a text that must be an object, as .NET's `JObject.Parse` reads it.
    ///
    /// # Errors
    /// Where the text is not JSON even by these rules, or not an object.
    pub fn parse_object(text: &str) -> Result<Self, Error> {
        let mut reader = reader(text);
        if reader.at_object()? {
            let is_cut_off = reader.rest()[1..].trim().is_empty();
            let kind = |error: Error| if is_cut_off { error.of_kind(ErrorKind::OnlyBrace) } else { error };
            return Self::parse(text).map_err(kind);
        }
        let found = if reader.at_array()? {
            reader.open()?;
            "StartArray"
        } else {
            match reader.scalar()? {
                Json::Bool(_) => "Boolean",
                Json::Integer(_) | Json::BigInteger(_) => "Integer",
                Json::Float(_) => "Float",
                Json::Text(_) | Json::Date(_) => "String",
                Json::Undefined => "Undefined",
                Json::Null | Json::Array(_) | Json::Object(_) => "Null",
            }
        };
        Err(reader.error(ErrorKind::NotAnObject(found)))
    }

    /// Where the value at a path such as `bindings[0].type` begins; ignoring case if the exact path is not there.
    pub fn start(&self, path: &str) -> Option<Position> {
        let place = self.place(path).or_else(|| self.place_by(path, str::eq_ignore_ascii_case))?;
        Some(Position::of(&self.text, place.value.start))
    }

    /// Where the name of the value at a path begins; the items of a list have none.
    pub fn name(&self, path: &str) -> Option<Position> {
        self.place(path)?.name.map(|start| Position::of(&self.text, start))
    }

    /// The line and the number of characters before the end of the value at `path`: a place as Newtonsoft's JSON reader
    /// reports it, having read the value, or the bracket with which it begins.
    pub fn newtonsoft_place(&self, path: &str) -> (usize, usize) {
        let Some(Place { value, .. }) = self.place(path) else { return (0, 0) };
        let has_members = self.text[value.start..].starts_with(['[', '{']);
        newtonsoft_place(&self.text, if has_members { value.start + 1 } else { value.end })
    }

    /// The same for a reader that has read no more than the name of the value at `path`, with the colon behind it.
    pub fn newtonsoft_place_of_name(&self, path: &str) -> (usize, usize) {
        let Some(Place { value, .. }) = self.place(path) else { return (0, 0) };
        let colon = self.text[..value.start].rfind(':').unwrap_or_default();
        newtonsoft_place(&self.text, colon + 1)
    }

    /// The paths of the first members that stand in their object more than once, at most so many.
    pub fn repeated(&self, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        // The text has been read once, so it can be read again.
        _ = repeated(&mut reader(&self.text), &mut Vec::new(), &mut |path| {
            if found.len() < most {
                found.push(path.concat().trim_start_matches('.').to_owned());
            }
        });
        found
    }

    fn place(&self, path: &str) -> Option<Place> {
        self.place_by(path, str::eq)
    }

    fn place_by(&self, path: &str, is_same: fn(&str, &str) -> bool) -> Option<Place> {
        let mut reader = reader(&self.text);
        if reader.is_empty().ok()? { None } else { place(&mut reader, path, is_same).ok()? }
    }
}

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text, DEFAULT_MAX_DEPTH).without_dates()
}

/// Passes over the next value; where the one at `path` in it stands. Of a name given twice the last value counts.
fn place(reader: &mut Reader<'_>, path: &str, is_same: fn(&str, &str) -> bool) -> Result<Option<Place>, Error> {
    // What of the path is below a part of it.
    let below = |part: &str| {
        let (begin, rest) = path.split_at_checked(part.len())?;
        let is_whole = is_same(begin, part) && (rest.is_empty() || rest.starts_with(['.', '[']));
        is_whole.then(|| rest.strip_prefix('.').unwrap_or(rest))
    };
    let mut found = None;
    if path.is_empty() {
        reader.at_object()?;
        let start = reader.offset();
        reader.skip()?;
        found = Some(Place { name: None, value: start..reader.offset() });
    } else if reader.at_object()? {
        reader.object(|name, reader| {
            let start = reader.name_offset();
            let Some(rest) = below(&name) else { return reader.skip() };
            if let Some(place) = place(reader, rest, is_same)? {
                let name = if rest.is_empty() { Some(start) } else { place.name };
                found = Some(Place { name, ..place });
            }
            Ok(())
        })?;
    } else if reader.at_array()? {
        reader.array(|index, reader| {
            let Some(rest) = below(&format!("[{index}]")) else { return reader.skip() };
            found = place(reader, rest, is_same)?;
            Ok(())
        })?;
    } else {
        reader.skip()?;
    }
    Ok(found)
}

/// Passes over the next value, and reports the path of each member in it that its object has already.
fn repeated(reader: &mut Reader<'_>, path: &mut Vec<String>, report: &mut impl FnMut(&[String])) -> Result<(), Error> {
    if reader.at_object()? {
        let mut names = HashSet::new();
        reader.object(|name, reader| {
            path.push(format!(".{name}"));
            if !names.insert(name) {
                report(path);
            }
            repeated(reader, path, report)?;
            path.pop();
            Ok(())
        })
    } else if reader.at_array()? {
        reader.array(|index, reader| {
            path.push(format!("[{index}]"));
            repeated(reader, path, report)?;
            path.pop();
            Ok(())
        })
    } else {
        reader.skip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_trailing_commas_and_a_byte_order_mark_are_fine() {
        let document = Document::parse("\u{feff}{ // why\n 'a': [1, 0x10,], /* x */ b: null }").unwrap();
        assert_eq!(document.value, json!({"a": [1, 16], "b": null}));
        assert_eq!(Document::parse("").unwrap().value, Value::Null);
    }

    #[test]
    fn places_are_known_by_path() {
        let document = Document::parse("{\n  \"bindings\": [\n    {\"type\": \"http\"}\n  ]\n}").unwrap();
        assert_eq!(document.start("bindings[0].type"), Some(Position { line: 3, column: 14 }));
        assert_eq!(document.start("Bindings[0].Type"), Some(Position { line: 3, column: 14 }));
        assert_eq!(document.name("bindings[0].type"), Some(Position { line: 3, column: 6 }));
        assert_eq!(document.newtonsoft_place("bindings[0].type"), (3, 19));
        assert_eq!(document.newtonsoft_place("bindings[0]"), (3, 5));
        assert_eq!(document.newtonsoft_place_of_name("bindings[0].type"), (3, 12));
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(Document::parse(r#"{"a": 1, "a": 2}"#).unwrap().value, json!({"a": 2}));
        let document = Document::parse(r#"{"a": {"b": 1, "B": 2, "b": 3}, "c": 1, "c": 2}"#).unwrap();
        assert_eq!(document.repeated(9), ["a.b", "c"]);
        assert_eq!(document.repeated(1), ["a.b"]);
    }

    #[test]
    fn numbers_keep_what_they_are() {
        let document = Document::parse("[1, 1.0, 1e2, 0x10, 010, 18446744073709551615, 1e999, 'x']").unwrap();
        assert_eq!(document.value, json!([1, 1.0, 100.0, 16, 8, 18446744073709551615_u64, "Infinity", "x"]));
    }

    #[test]
    fn what_is_not_an_object_is_refused_in_the_words_of_newtonsoft() {
        let current = "Error reading JObject from JsonReader. Current JsonReader item is not an object:";
        for (text, message) in [
            ("", "Error reading JObject from JsonReader. Path '', line 0, position 0.".to_owned()),
            ("{", "Error reading JObject from JsonReader. Path '', line 1, position 1.".to_owned()),
            ("[]", format!("{current} StartArray. Path '', line 1, position 1.")),
            ("[1", format!("{current} StartArray. Path '', line 1, position 1.")),
            (" 12", format!("{current} Integer. Path '', line 1, position 3.")),
            ("1.5", format!("{current} Float. Path '', line 1, position 3.")),
            ("'a'", format!("{current} String. Path '', line 1, position 3.")),
            ("true", format!("{current} Boolean. Path '', line 1, position 4.")),
            ("null", format!("{current} Null. Path '', line 1, position 4.")),
        ] {
            assert_eq!(Document::parse_object(text).unwrap_err().to_string(), message, "{text}");
        }
        assert_eq!(Document::parse_object("{}").unwrap().value, json!({}));
    }
}
