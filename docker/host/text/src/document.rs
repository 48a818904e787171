//! A JSON file, and where in it each of its values stands.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::json::{DEFAULT_MAX_DEPTH, Error, ErrorKind, Json, Position, Reader, newtonsoft_place};

/// A parsed JSON file: its value, and the place of every value in it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The whole value; of a name given twice in one object the last value counts.
    pub value: Value,
    /// The paths of members that stand in their object more than once.
    pub repeated: Vec<String>,
    text: String,
    values: HashMap<String, Range<usize>>,
    names: HashMap<String, usize>,
}

impl Document {
    /// Reads JSON as the real host does: a byte order mark, comments, trailing commas, single quotes and bare names are fine
    /// (recording CX-hostjson-comments). An empty text has the value `null`.
    ///
    /// # Errors
    /// Where the text is not JSON even by these rules.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut document = Self::empty(text);
        let mut reader = Reader::new(text, DEFAULT_MAX_DEPTH).without_dates();
        if !reader.is_empty()? {
            document.value = document.read(&mut reader, String::new())?;
            reader.end()?;
        }
        Ok(document)
    }

    /// The same for a text that must be an object, as .NET's `JObject.Parse` reads it.
    ///
    /// # Errors
    /// Where the text is not JSON even by these rules, or not an object.
    pub fn parse_object(text: &str) -> Result<Self, Error> {
        let mut reader = Reader::new(text, DEFAULT_MAX_DEPTH).without_dates();
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
    #[must_use]
    pub fn start(&self, path: &str) -> Option<Position> {
        let in_other_case =
            || self.values.iter().find(|(known, _)| known.eq_ignore_ascii_case(path)).map(|(_, place)| place);
        let place = self.values.get(path).or_else(in_other_case)?;
        Some(Position::of(&self.text, place.start))
    }

    /// Where the name of the value at a path begins; the items of a list have none.
    #[must_use]
    pub fn name(&self, path: &str) -> Option<Position> {
        self.names.get(path).map(|start| Position::of(&self.text, *start))
    }

    /// The line and the number of characters before the end of the value at `path`: a place as Newtonsoft's JSON reader
    /// reports it, having read the value, or the bracket with which it begins.
    #[must_use]
    pub fn newtonsoft_place(&self, path: &str) -> (usize, usize) {
        let Some(place) = self.values.get(path) else { return (0, 0) };
        let has_members = self.text[place.start..].starts_with(['[', '{']);
        newtonsoft_place(&self.text, if has_members { place.start + 1 } else { place.end })
    }

    fn empty(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Self { value: Value::Null, repeated: Vec::new(), text, values: HashMap::new(), names: HashMap::new() }
    }

    /// The next value, having noted where it and all below it stand.
    fn read(&mut self, reader: &mut Reader<'_>, path: String) -> Result<Value, Error> {
        let is_object = reader.at_object()?;
        let start = reader.offset();
        let value = if is_object {
            self.read_members(reader, &path)?
        } else if reader.at_array()? {
            let mut elements = Vec::new();
            reader.array(|index, reader| {
                elements.push(self.read(reader, format!("{path}[{index}]"))?);
                Ok(())
            })?;
            Value::Array(elements)
        } else {
            reader.scalar()?.into()
        };
        self.values.insert(path, start..reader.offset());
        Ok(value)
    }

    fn read_members(&mut self, reader: &mut Reader<'_>, path: &str) -> Result<Value, Error> {
        let mut members = Map::new();
        reader.object(|name, reader| {
            let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.names.insert(below.clone(), reader.name_offset());
            if members.contains_key(&name) {
                self.repeated.push(below.clone());
            }
            members.insert(name, self.read(reader, below)?);
            Ok(())
        })?;
        Ok(Value::Object(members))
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
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(Document::parse(r#"{"a": 1, "a": 2}"#).unwrap().value, json!({"a": 2}));
        let document = Document::parse(r#"{"a": {"b": 1, "B": 2, "b": 3}, "c": 1, "c": 2}"#).unwrap();
        assert_eq!(document.repeated, ["a.b", "c"]);
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
