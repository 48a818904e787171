//! What is wrong, for people: what happened, what to do about it, and in a file also where.

use std::fmt;
use std::path::{Path, PathBuf};

use dotnet_text::document::Document;
use dotnet_text::json;
use wire::client;

use crate::grammar;

/// What is wrong with an app, and why anything else does not happen: an invocation, a run, a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// In the words of the real host where it has any, without a position. Words of our own are one line, without a full stop.
    pub message: String,
    pub hint: Option<String>,
    pub position: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file as a whole, or in no file at all.
    Whole,
    /// The value at a path such as `bindings[0].type`.
    Value(String),
    /// The name of the value at a path.
    Name(String),
    Character(json::Position),
    /// In a file that is known by now, which may have such a place.
    In(PathBuf, Option<json::Position>),
}

impl Diagnostic {
    /// As many are said of one file: to say where each one stands is work, and nobody reads more.
    pub const MOST_OF_A_FILE: usize = 100;

    pub fn new(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, position: Place::Value(path.into()) }
    }

    pub fn of_name(message: impl Into<String>, path: impl Into<String>) -> Self {
        Self { position: Place::Name(path.into()), ..Self::of_whole(message) }
    }

    /// About a name that nobody reads.
    pub fn ignored(name: &str, path: impl Into<String>) -> Self {
        Self::of_name(format!("`{name}` means nothing here and is ignored"), path)
    }

    pub fn of_whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, position: Place::Whole }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, and first what could not be done for it.
    pub fn within(self, what: impl fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// The same about the value at another path.
    pub fn moved(self, path: impl Into<String>) -> Self {
        Self { position: Place::Value(path.into()), ..self }
    }

    /// The same with its place in this file.
    pub fn in_file(&self, file: &Path, document: Option<&Document>) -> Self {
        let at = match &self.position {
            Place::Whole => None,
            Place::Value(path) => document.and_then(|document| nearest(document, path)),
            Place::Name(path) => document.and_then(|it| it.name(path).or_else(|| nearest(it, path))),
            Place::Character(position) => Some(*position),
            Place::In(..) => return self.clone(),
        };
        let message = self.message.trim_end_matches('.').to_owned();
        Self { message, hint: self.hint.clone(), position: Place::In(file.to_path_buf(), at) }
    }
}

/// `file:line:column: message`, and the hint on a line of its own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Place::In(file, at) = &self.position {
            let at = at.map(|at| format!(":{at}")).unwrap_or_default();
            write!(out, "`{}{at}`: ", file.display())?;
        }
        out.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(out, "\nhint: {hint}"))
    }
}

impl std::error::Error for Diagnostic {}

impl From<client::Error> for Diagnostic {
    fn from(error: client::Error) -> Self {
        Self { hint: error.hint().map(str::to_owned), ..Self::of_whole(error.to_string()) }
    }
}

impl From<storage::Error> for Diagnostic {
    fn from(error: storage::Error) -> Self {
        Self { hint: error.hint().map(str::to_owned), ..Self::of_whole(error.to_string()) }
    }
}

impl From<grammar::Error> for Diagnostic {
    fn from(error: grammar::Error) -> Self {
        Self::of_whole(error.to_string())
    }
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
