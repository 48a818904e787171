//! A file that is not the JSON object it must be: what to do about it.

use std::path::Path;

use dotnet_text::json::{Error, ErrorKind};
use dotnet_text::letter_case::is_one_of;

use super::diagnostic::{Diagnostic, Place};

/// What to say about a file with this text; `example` is how such a file begins.
pub(crate) fn diagnostic(file: &Path, text: &str, error: &Error, example: &str) -> Diagnostic {
    if matches!(error.kind, ErrorKind::Empty | ErrorKind::NotAnObject(_)) {
        return Diagnostic::of_whole("is not a JSON object").hint(format!("begin with {example}")).in_file(file, None);
    }
    let message = format!("not JSON: {}", error.kind);
    let position = Place::Character(error.position);
    Diagnostic { position, ..Diagnostic::of_whole(message) }.hint(hint(text, error)).in_file(file, None)
}

fn hint(text: &str, error: &Error) -> &'static str {
    if text.lines().any(|line| line.starts_with("<<<<<<<")) {
        return "a merge was left half done: keep one of the two versions";
    }
    if is_word_in_capitals(text, error) {
        return "`true`, `false` and `null` are written in small letters";
    }
    match error.kind {
        ErrorKind::BadEscape(_) | ErrorKind::BadUnicodeEscape(_) => {
            "write a backslash as `\\\\`; in paths, `/` will do"
        }
        ErrorKind::ExpectedName('“' | '”' | '„' | '‘' | '’')
        | ErrorKind::ExpectedValue('“' | '”' | '„' | '‘' | '’') => "write straight quotes: \"",
        ErrorKind::ExpectedName('#') | ErrorKind::ExpectedValue('#') | ErrorKind::ExpectedComma('#') => {
            "a comment begins with `//`"
        }
        ErrorKind::ExpectedColon(Some('=')) | ErrorKind::BadName('=') => "between a name and its value stands `:`",
        ErrorKind::ExpectedColon(_) => "a `:` is missing here, or a quote before",
        ErrorKind::ExpectedComma(_) => "put a comma behind the value that ends here",
        ErrorKind::Unclosed('{') | ErrorKind::OnlyBrace => "the `}` to the `{` at this place is missing",
        ErrorKind::Unclosed(_) => "the `]` to the `[` at this place is missing",
        ErrorKind::UnclosedString(_) => "the closing quote is missing",
        ErrorKind::UnclosedComment => "the `*/` to the `/*` at this place is missing",
        ErrorKind::WrongBracket(_, "Object") => "what is open here ends with `}`",
        ErrorKind::WrongBracket(..) => "what is open here ends with `]`",
        ErrorKind::Trailing(_) => {
            "the file has ended before: there is a `}` too many, or something stands behind the last one"
        }
        _ => "a quote, a comma or a colon before this is missing or too many",
    }
}

/// Whether `True`, `NULL` or Python's `None` stands where the error is.
fn is_word_in_capitals(text: &str, error: &Error) -> bool {
    let line = text.lines().nth(error.position.line - 1).unwrap_or_default();
    let rest = line.chars().skip(error.position.column - 1);
    let word: String = rest.take_while(|character| character.is_alphanumeric()).collect();
    is_one_of(&word, &["true", "false", "null", "none"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dotnet_text::document::Document;

    #[test]
    fn what_is_not_json_comes_with_its_place_and_a_hint() {
        for (text, place, hint) in [
            ("{\n  \"a\": 1\n  \"b\": 2\n}", "2:9", "put a comma"),
            ("{\"a\": True}", "1:7", "small letters"),
            ("{\"a\": None}", "1:7", "small letters"),
            ("{“a”: 1}", "1:2", "straight quotes"),
            ("{\n# why\n}", "2:1", "begins with `//`"),
            ("{\"a\" = 1}", "1:6", "stands `:`"),
            ("{a=1}", "1:3", "stands `:`"),
            ("{", "1:1", "the `}`"),
            ("{\"a\": {\"b\": 1}", "1:1", "the `}`"),
            ("{\"a\": [1, {\"b\": 1}", "1:7", "the `]`"),
            ("{\"a\": \"b}", "1:7", "the closing quote"),
            ("{\"a: \"b\"}", "1:7", "a quote before"),
            ("{/* a}", "1:2", "the `*/`"),
            ("{\"a\": @}", "1:7", "a quote, a comma"),
            ("{}}", "1:3", "too many"),
            ("{\n<<<<<<< HEAD\n}", "2:1", "merge"),
            (r#"{"a": "C:\Users"}"#, "1:10", "backslash"),
        ] {
            let error = Document::parse_object(text).unwrap_err();
            let found = diagnostic(Path::new("f"), text, &error, "{}").to_string();
            assert!(found.starts_with(&format!("`f:{place}`: not JSON: ")) && found.contains(hint), "{text}: {found}");
        }
        for text in ["", "[]", "1"] {
            let error = Document::parse_object(text).unwrap_err();
            let found = diagnostic(Path::new("f"), text, &error, "{…}").to_string();
            assert_eq!(found, "`f`: is not a JSON object\nhint: begin with {…}");
        }
    }
}
