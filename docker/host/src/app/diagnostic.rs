//! What is wrong with an app, for people: file, line, column, and the likely fix.

use std::path::Path;

use dotnet_text::document::Document;
use dotnet_text::json;

/// Something wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// In the words of the real host where it has any, without a position in the file.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    pub position: Position,
}

/// Where in a file something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    File,
    /// The value at a path such as `bindings[0].type`.
    Value(String),
    /// The name of the value at a path.
    Name(String),
    Character(json::Position),
}

impl Diagnostic {
    /// The value at `path` is wrong.
    pub fn new(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, position: Position::Value(path.into()) }
    }

    /// The name of the value at `path` is wrong.
    pub fn of_name(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { position: Position::Name(path.into()), ..Self::of_file(message) }
    }

    pub fn of_file(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, position: Position::File }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same about the value at another path.
    pub fn moved(self, path: impl Into<String>) -> Self {
        Self { position: Position::Value(path.into()), ..self }
    }

    /// `file:line:column: message`, and the hint on a line of its own.
    pub fn in_file(&self, file: &Path, document: Option<&Document>) -> String {
        let position = match &self.position {
            Position::File => None,
            Position::Value(path) => document.and_then(|document| nearest(document, path)),
            Position::Name(path) => document.and_then(|it| it.name(path).or_else(|| nearest(it, path))),
            Position::Character(position) => Some(*position),
        };
        let position = position.map(|position| format!(":{position}")).unwrap_or_default();
        let hint = self.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        format!("`{}{position}`: {}{hint}", file.display(), reason(&self.message).trim_end_matches('.'))
    }
}

/// The last of a chain of the real host's exceptions, without the library that each of them begins with: that is the reason.
fn reason(message: &str) -> &str {
    let last = message.rsplit_once(". Microsoft.").map_or(message, |(_, last)| last);
    let last = last.trim_start_matches("Microsoft.");
    let is_library = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    if last.len() == message.len() {
        return message;
    }
    last.split_once(": ").filter(|(name, _)| is_library(name)).map_or(message, |(_, reason)| reason)
}

/// The position of a value, or of the nearest value around it that is there.
fn nearest(document: &Document, path: &str) -> Option<json::Position> {
    let mut path = path;
    loop {
        if let Some(position) = document.start(path) {
            return Some(position);
        }
        path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        if path.is_empty() {
            return document.start("");
        }
    }
}
