//! What is wrong with an app, for people: file, line, column, and the likely fix.

use std::path::Path;

use dotnet_text::document::Document;
use dotnet_text::json::Position;

/// Something wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// In the words of the real host where it has any, without a place in the file.
    pub message: String,
    /// The path in the file of the value that is wrong, such as `bindings[0].type`; empty for the whole file.
    pub path: String,
    /// Whether it is the name of that value that is wrong.
    pub is_name: bool,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { message: message.into(), path: path.into(), is_name: false, hint: None }
    }

    /// A fault in the name of the value at `path`.
    pub fn of_name(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { is_name: true, ..Self::new(message, path) }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// `file:line:column: text`, and the hint on a line of its own.
    pub fn advice(&self, file: &Path, document: Option<&Document>) -> String {
        let place = document.and_then(|document| {
            let name = document.name(&self.path).filter(|_| self.is_name);
            name.or_else(|| nearest(document, &self.path))
        });
        advice(file, place, &self.message, self.hint.as_deref())
    }
}

/// One piece of advice about a place in a file.
pub fn advice(file: &Path, place: Option<Position>, text: &str, hint: Option<&str>) -> String {
    let place = place.map(|place| format!(":{place}")).unwrap_or_default();
    let hint = hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("`{}{place}`: {}{hint}", file.display(), text.trim_end_matches('.'))
}

/// The place of a value, or of the nearest value around it that is there.
fn nearest(document: &Document, path: &str) -> Option<Position> {
    let mut path = path;
    loop {
        if let Some(place) = document.start(path) {
            return Some(place);
        }
        path = &path[..path.rfind(['.', '[']).unwrap_or(0)];
        if path.is_empty() {
            return document.start("");
        }
    }
}
