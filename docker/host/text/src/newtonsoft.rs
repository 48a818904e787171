//! What Newtonsoft's JSON reader says about a text that it cannot read: the words that the real host passes on
//! (protocol.md#other-keys and #discovery-and-names, recordings CX-hostjson-invalid, CX-hostjson-array, CX-hostjson-breaks, JX-bad-BadJson).
//!
//! [`super::document`] reads the file and tells people where it is wrong; this only finds the real host's words for it.

use serde_json::Value;

/// The message for a text that is not JSON.
pub fn syntax_error(text: &str) -> String {
    let mut walker = Walker::new(text);
    match walker.document() {
        Err(message) => message,
        // The two readers disagree: say as much as is certain.
        Ok(()) => walker.at("Error reading JObject from JsonReader."),
    }
}

/// Where a string of the text has a backslash before a letter that Newtonsoft does not know, in bytes, and that letter: such a file
/// is none for the real host.
pub fn bad_escape(text: &str) -> Option<(usize, char)> {
    let mut walker = Walker::new(text);
    let message = walker.document().err().filter(|message| message.starts_with(BAD_ESCAPE))?;
    let letter = message.get(BAD_ESCAPE.len() + 1..)?.chars().next()?;
    // The letter was read already.
    let at = walker.letters.iter().take(walker.at.checked_sub(2)?).map(|letter| letter.len_utf8()).sum();
    Some((at, letter))
}

/// The message for a document whose root is no object.
pub fn not_an_object(root: &Value, text: &str) -> String {
    let mut walker = Walker::new(text);
    walker.blanks();
    let kind = match root {
        Value::Null if walker.peek().is_none() => return walker.at("Error reading JObject from JsonReader."),
        Value::Null => "Null",
        Value::Array(_) => "StartArray",
        Value::String(_) => "String",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Float",
        Value::Number(_) => "Integer",
        Value::Object(_) => "StartObject",
    };
    if kind == "StartArray" {
        walker.next();
    } else {
        let _ = walker.value();
    }
    walker.at(&format!("Error reading JObject from JsonReader. Current JsonReader item is not an object: {kind}."))
}

/// Goes through a text as Newtonsoft's reader does, and stops where that would.
struct Walker {
    letters: Vec<char>,
    at: usize,
    line: usize,
    line_start: usize,
    path: Vec<Step>,
}

enum Step {
    /// The name of the member last begun; none yet after `{`.
    Member(Option<String>),
    /// The index of the element last begun; none yet after `[`.
    Element(Option<usize>),
}

type Walk = Result<(), String>;

const BAD_ESCAPE: &str = "Bad JSON escape sequence: ";

/// Newtonsoft's own limit.
const MOST_DEPTH: usize = 64;

impl Walker {
    fn new(text: &str) -> Self {
        let letters: Vec<char> = text.strip_prefix('\u{feff}').unwrap_or(text).chars().collect();
        let line = usize::from(!letters.is_empty());
        Self { letters, at: 0, line, line_start: 0, path: Vec::new() }
    }

    fn document(&mut self) -> Walk {
        self.blanks();
        if self.peek() == Some('{') && self.only_blanks_after() {
            self.next();
            self.blanks();
            return Err(self.at("Error reading JObject from JsonReader."));
        }
        self.value()?;
        self.blanks();
        match self.peek() {
            Some(letter) => {
                self.next();
                Err(self.at(&format!("Additional text encountered after finished reading JSON content: {letter}.")))
            }
            None => Ok(()),
        }
    }

    fn only_blanks_after(&self) -> bool {
        self.letters[self.at + 1..].iter().all(|letter| letter.is_whitespace())
    }

    fn value(&mut self) -> Walk {
        self.blanks();
        if self.path.len() >= MOST_DEPTH && matches!(self.peek(), Some('{' | '[')) {
            self.next();
            return Err(self.at(&format!("The reader's MaxDepth of {MOST_DEPTH} has been exceeded.")));
        }
        match self.peek() {
            Some('{') => self.object(),
            Some('[') => self.array(),
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some(letter) if letter.is_alphanumeric() || matches!(letter, '-' | '.') => {
                self.word();
                Ok(())
            }
            Some(letter) => Err(self.at(&format!("Unexpected character encountered while parsing value: {letter}."))),
            None => Err(self.unexpected_end()),
        }
    }

    fn object(&mut self) -> Walk {
        self.next();
        self.path.push(Step::Member(None));
        loop {
            self.blanks();
            match self.peek() {
                Some('}') => break,
                None => return Err(self.unexpected_end()),
                Some(_) => {}
            }
            let name = self.name()?;
            self.blanks();
            if self.peek() != Some(':') {
                let found = self.peek().map(String::from).unwrap_or_default();
                return Err(
                    self.at(&format!("Invalid character after parsing property name. Expected ':' but got: {found}."))
                );
            }
            self.next();
            if let Some(Step::Member(current)) = self.path.last_mut() {
                *current = Some(name);
            }
            self.value()?;
            if self.after_value('}')? {
                break;
            }
        }
        self.next();
        self.path.pop();
        Ok(())
    }

    fn array(&mut self) -> Walk {
        self.next();
        self.path.push(Step::Element(None));
        loop {
            self.blanks();
            match self.peek() {
                Some(']') => break,
                None => return Err(self.unexpected_end()),
                Some(_) => {}
            }
            if let Some(Step::Element(current)) = self.path.last_mut() {
                *current = Some(current.map_or(0, |index| index + 1));
            }
            self.value()?;
            if self.after_value(']')? {
                break;
            }
        }
        self.next();
        self.path.pop();
        Ok(())
    }

    /// Whether the container ends here; a comma is taken.
    fn after_value(&mut self, end: char) -> Result<bool, String> {
        self.blanks();
        match self.peek() {
            Some(letter) if letter == end => Ok(true),
            Some(',') => {
                self.next();
                Ok(false)
            }
            Some(letter) => {
                Err(self.at(&format!("After parsing a value an unexpected character was encountered: {letter}.")))
            }
            None => Err(self.unexpected_end()),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let start = self.at;
        match self.peek() {
            Some(quote @ ('"' | '\'')) => {
                self.string(quote)?;
                Ok(self.letters[start + 1..self.at - 1].iter().collect())
            }
            Some(letter) if letter.is_alphanumeric() || matches!(letter, '_' | '$') => {
                self.word();
                Ok(self.letters[start..self.at].iter().collect())
            }
            letter => {
                let letter = letter.map(String::from).unwrap_or_default();
                Err(self.at(&format!("Invalid property identifier character: {letter}.")))
            }
        }
    }

    fn string(&mut self, quote: char) -> Walk {
        self.next();
        loop {
            match self.next() {
                Some('\\') => match self.next() {
                    Some('b' | 't' | 'n' | 'f' | 'r' | '\\' | '"' | '\'' | '/' | 'u') | None => {}
                    Some(letter) => return Err(self.at(&format!("{BAD_ESCAPE}\\{letter}."))),
                },
                Some(letter) if letter == quote => return Ok(()),
                Some(_) => {}
                None => return Err(self.at(&format!("Unterminated string. Expected delimiter: {quote}."))),
            }
        }
    }

    fn word(&mut self) {
        while self
            .peek()
            .is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '+' | '.' | '_' | '$'))
        {
            self.next();
        }
    }

    /// White space and comments.
    fn blanks(&mut self) {
        loop {
            match (self.peek(), self.letters.get(self.at + 1)) {
                (Some(letter), _) if letter.is_whitespace() => {
                    self.next();
                }
                (Some('/'), Some('/')) => while self.next().is_some_and(|letter| letter != '\n') {},
                (Some('/'), Some('*')) => {
                    self.next();
                    let mut last = ' ';
                    while let Some(letter) = self.next() {
                        if last == '*' && letter == '/' {
                            break;
                        }
                        last = letter;
                    }
                }
                _ => return,
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        if letter == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        Some(letter)
    }

    fn unexpected_end(&self) -> String {
        self.at("Unexpected end of content while loading JObject.")
    }

    /// A message with the place, as Newtonsoft appends it.
    fn at(&self, message: &str) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Member(Some(name)) if path.is_empty() => path.push_str(name),
                Step::Member(Some(name)) => {
                    path.push('.');
                    path.push_str(name);
                }
                Step::Element(Some(index)) => path.push_str(&format!("[{index}]")),
                Step::Member(None) | Step::Element(None) => {}
            }
        }
        format!("{message} Path '{path}', line {}, position {}.", self.line, self.at - self.line_start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_messages() {
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
            (r#"{"a": "C:\Users"}"#, r"Bad JSON escape sequence: \U. Path 'a', line 1, position 11."),
            ("{", "Error reading JObject from JsonReader. Path '', line 1, position 1."),
        ] {
            assert_eq!(syntax_error(text), message);
        }
        assert_eq!(
            not_an_object(&Value::Null, ""),
            "Error reading JObject from JsonReader. Path '', line 0, position 0."
        );
        assert_eq!(
            not_an_object(&serde_json::json!([]), "[]"),
            "Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1."
        );
    }

    #[test]
    fn places_are_counted_in_lines_and_letters() {
        assert_eq!(
            syntax_error("{\n  \"a\": [1, {\"b\": 2 \"c\"}]\n}"),
            "After parsing a value an unexpected character was encountered: \". Path 'a[1].b', line 2, position 19."
        );
        assert_eq!(
            syntax_error("{\"a\": \"x"),
            "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 8."
        );
        assert_eq!(
            syntax_error("{\"a\" 1}"),
            "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 1, position 5."
        );
        assert_eq!(
            syntax_error("{} x"),
            "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 4."
        );
    }
}
