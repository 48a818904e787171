//! A JSON file with comments, and where in the file each of its values stands. The only file that names `jsonc_parser`.

use std::collections::HashMap;
use std::fmt;

use jsonc_parser::ast;
use jsonc_parser::common::Range;
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::{Map, Number, Value};

use super::newtonsoft;

/// A parsed JSON file: its value, and the place of every value in it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The whole value; of a name given twice in one object the last value counts.
    pub value: Value,
    places: HashMap<String, Span>,
    names: HashMap<String, Place>,
    /// The paths of members that stand in their object more than once.
    pub repeated: Vec<String>,
}

/// Line and column, both counted from 1, as editors show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: Place,
    end: Place,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where the parser gave up.
    pub place: Place,
    /// What it found there, without a full stop.
    pub message: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

impl SyntaxError {
    /// What to do about it, as far as the text at that place tells.
    #[must_use]
    pub fn hint(&self, text: &str) -> Option<&'static str> {
        let line = text.lines().nth(self.place.line - 1).unwrap_or_default();
        let rest: String = line.chars().skip(self.place.column - 1).collect();
        let word: String = rest.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        Some(match rest.chars().next() {
            Some('\\') => "write a backslash as `\\\\`; in paths, `/` will do",
            Some('“' | '”' | '„' | '‘' | '’') => "write straight quotes: \"",
            Some('#') => "a comment begins with `//`",
            Some('<' | '=' | '>') if rest.starts_with("<<<<<<<") || rest.starts_with("=======") => {
                "a merge was left half done: keep one of the two versions"
            }
            Some('=') => "between a name and its value stands `:`",
            _ if ["true", "false", "null", "none"].iter().any(|known| word.eq_ignore_ascii_case(known)) => {
                "`true`, `false` and `null` are written in small letters"
            }
            _ if self.message.contains("comma") => "put a comma behind the value that ends here",
            _ if self.message.contains("colon") => "a `:` is missing here, or a quote before",
            _ if self.message.contains("Unterminated object") => "the `}` to the `{` at this place is missing",
            _ if self.message.contains("Unterminated array") => "the `]` to the `[` at this place is missing",
            _ if self.message.contains("Unterminated string") => "the closing quote is missing",
            _ if self.message.contains("more than one") => {
                "the file has ended before: there is a `}` too many, or something stands behind the last one"
            }
            _ if self.message.starts_with("Unexpected") => {
                "a quote, a comma or a colon before this is missing or too many"
            }
            _ => return None,
        })
    }
}

impl Document {
    /// Reads JSON as the real host does: a byte order mark, comments, trailing commas, single quotes and bare names are fine
    /// (recording CX-hostjson-comments). An empty text has the value `null`.
    ///
    /// # Errors
    /// Where the text is not JSON even by these rules.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let options = ParseOptions { allow_missing_commas: false, ..ParseOptions::default() };
        let parsed =
            jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| SyntaxError {
                place: Place { line: error.line_display(), column: error.column_display() },
                message: error.kind().to_string(),
            })?;
        let lines = Lines::new(text);
        if let Some((at, letter)) = newtonsoft::bad_escape(text) {
            return Err(SyntaxError { place: lines.place(at), message: format!("`\\{letter}` is no escape sequence") });
        }
        let mut document =
            Self { value: Value::Null, places: HashMap::new(), names: HashMap::new(), repeated: Vec::new() };
        if let Some(root) = parsed.value {
            document.value = document.convert(&root, String::new(), &lines);
        }
        Ok(document)
    }

    /// Where the value at a path such as `bindings[0].type` begins; letter case matters only where the exact path is there.
    #[must_use]
    pub fn start(&self, path: &str) -> Option<Place> {
        let in_other_case =
            || self.places.iter().find(|(known, _)| known.eq_ignore_ascii_case(path)).map(|(_, span)| span);
        self.places.get(path).or_else(in_other_case).map(|span| span.start)
    }

    /// Where the name of the value at a path begins; the items of a list have none.
    #[must_use]
    pub fn name(&self, path: &str) -> Option<Place> {
        self.names.get(path).copied()
    }

    /// The line and the number of characters before the end of the value at `path`: a place as Newtonsoft's JSON reader
    /// reports it, having read the value.
    #[must_use]
    pub fn newtonsoft_place(&self, path: &str) -> (usize, usize) {
        self.places.get(path).map_or((0, 0), |span| (span.end.line, span.end.column - 1))
    }

    /// The value of a node, having noted where it and all below it stand.
    fn convert(&mut self, node: &ast::Value<'_>, path: String, lines: &Lines<'_>) -> Value {
        use jsonc_parser::common::Ranged;
        let value = match node {
            ast::Value::StringLit(text) => Value::String(text.value.to_string()),
            ast::Value::NumberLit(number) => number_value(number.value),
            ast::Value::BooleanLit(boolean) => Value::Bool(boolean.value),
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::Array(array) => {
                let elements = array.elements.iter().enumerate();
                elements.map(|(index, element)| self.convert(element, format!("{path}[{index}]"), lines)).collect()
            }
            ast::Value::Object(object) => {
                let mut members = Map::new();
                for property in &object.properties {
                    let name = property.name.as_str();
                    let below = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                    self.names.insert(below.clone(), lines.place(property.name.range().start));
                    if members.contains_key(name) {
                        self.repeated.push(below.clone());
                    }
                    members.insert(name.to_owned(), self.convert(&property.value, below, lines));
                }
                Value::Object(members)
            }
        };
        self.places.insert(path, lines.span(node.range()));
        value
    }
}

/// Where each line of a text begins.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn place(&self, at: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(1, |before| before.chars().count() + 1);
        Place { line, column }
    }

    fn span(&self, range: Range) -> Span {
        Span { start: self.place(range.start), end: self.place(range.end) }
    }
}

/// Numbers beyond JSON's own grammar (hexadecimal, `+1`, `.5`) are read too; those that have no finite value become text.
fn number_value(text: &str) -> Value {
    if let Ok(number) = text.parse::<Number>() {
        return Value::Number(number);
    }
    let plain = text.trim_start_matches('+');
    let hexadecimal = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X"));
    hexadecimal
        .and_then(|digits| i64::from_str_radix(digits, 16).ok())
        .map(Number::from)
        .or_else(|| plain.parse().ok().and_then(Number::from_f64))
        .map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_trailing_commas_and_a_byte_order_mark_are_fine() {
        let document = Document::parse("\u{feff}{ // why\n 'a': [1, 0x10,], /* x */ b: null }").unwrap();
        assert_eq!(document.value, json!({"a": [1, 16], "b": null}));
    }

    #[test]
    fn places_are_known_by_path() {
        let document = Document::parse("{\n  \"bindings\": [\n    {\"type\": \"http\"}\n  ]\n}").unwrap();
        assert_eq!(document.start("bindings[0].type"), Some(Place { line: 3, column: 14 }));
        assert_eq!(document.newtonsoft_place("bindings[0].type"), (3, 19));
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(Document::parse(r#"{"a": 1, "a": 2}"#).unwrap().value, json!({"a": 2}));
    }

    #[test]
    fn an_error_has_a_place() {
        let error = Document::parse("{\n  \"a\": 1\n  \"b\": 2\n}").unwrap_err();
        assert_eq!(error.place, Place { line: 2, column: 9 }, "where the comma is missing");
        assert_eq!(Document::parse("").unwrap().value, Value::Null);
    }

    #[test]
    fn an_error_has_a_hint() {
        for (text, hint) in [
            ("{\n  \"a\": 1\n  \"b\": 2\n}", "put a comma"),
            ("{\"a\": True}", "small letters"),
            ("{“a”: 1}", "straight quotes"),
            ("{\n# why\n}", "begins with `//`"),
            ("{\"a\" = 1}", "stands `:`"),
            ("{\"a\": {\"b\": 1}", "the `}`"),
            ("{}}", "too many"),
            ("{\"a: \"b\"}", "a quote, a comma"),
            ("{\n<<<<<<< HEAD\n}", "merge"),
            (r#"{"a": "C:\Users"}"#, "backslash"),
        ] {
            let error = Document::parse(text).unwrap_err();
            let found = error.hint(text).unwrap_or_default();
            assert!(found.contains(hint), "{text}: {error:?} {found}");
        }
        assert_eq!(Document::parse(r#"{"a": "C:\Users"}"#).unwrap_err().place, Place { line: 1, column: 10 });
    }

    #[test]
    fn members_that_stand_there_twice_are_known() {
        let document = Document::parse(r#"{"a": {"b": 1, "B": 2, "b": 3}, "c": 1, "c": 2}"#).unwrap();
        assert_eq!(document.repeated, ["a.b", "c"]);
    }
}
