//! Reading host.json, with diagnostics about the file as a whole.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::syntax;
use crate::files;
use dotnet_text::document::Document;
use dotnet_text::encoding;

#[derive(Default)]
pub(super) struct HostFile {
    pub path: PathBuf,
    /// `None` when it is not there or not JSON.
    pub document: Option<Document>,
    /// The host error of a file that cannot be read.
    pub error: Option<String>,
    /// What is written if there is no such file.
    pub default: Option<&'static str>,
    /// Why it cannot be read, though it may be in order: it is away for a moment, say.
    pub trouble: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// What the real host writes if there is no host.json (protocol.md#other-keys).
const DEFAULT_HOST_FILE: &str = r#"{
  "version": "2.0",
  "isDefaultHostConfig": true,
  "extensionBundle": {
    "id": "Microsoft.Azure.Functions.ExtensionBundle",
    "version": "[4.*, 5.0.0)"
  }
}"#;

/// What it writes over a host.json that is an empty object.
const EMPTY_HOST_FILE: &str = r#"{
  "version": "2.0",
  "isDefaultHostConfig": true
}"#;

const HINT_FOR_AN_APP: &str = "give the folder of a function app: host.json with a section `customHandler`, and its functions: routes in \
                               host.json, or a folder with a function.json for each";

pub(super) fn read(root: &Path) -> HostFile {
    let path = root.join("host.json");
    let text = match files::read(&path).map(|bytes| encoding::decode(&bytes).into_owned()) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return default(path, "is missing", DEFAULT_HOST_FILE);
        }
        Err(error) => {
            let unreadable =
                Diagnostic::of_whole(format!("cannot be read: {error}")).hint("make it a readable text file");
            let diagnostics = vec![unreadable.in_file(&path, None)];
            let trouble = Some(format!("`{}` cannot be read: {error}", path.display()));
            let error = Some(parse_error(&path, &error.to_string()));
            return HostFile { path, error, trouble, diagnostics, ..HostFile::default() };
        }
    };
    match Document::parse_object(&text) {
        Ok(document) if document.value.as_object().is_some_and(serde_json::Map::is_empty) => {
            default(path, "is empty", EMPTY_HOST_FILE)
        }
        Ok(document) => HostFile { path, document: Some(document), ..HostFile::default() },
        Err(error) => {
            let example = "{\"version\": \"2.0\", \"customHandler\": …}";
            let diagnostics = vec![syntax::diagnostic(&path, &text, &error, example)];
            let error = Some(parse_error(&path, &error.to_string()));
            HostFile { path, error, diagnostics, ..HostFile::default() }
        }
    }
}

impl HostFile {
    /// Writes the default one if there is none, as the real host does.
    pub(super) fn write_default(&mut self) {
        let Some(text) = self.default else { return };
        if let Err(error) = files::write(&self.path, text.as_bytes()) {
            let unwritable = Diagnostic::of_whole(format!("cannot be written: {error}"));
            self.diagnostics.push(unwritable.in_file(&self.path, None));
        }
    }
}

fn default(path: PathBuf, reason: &str, text: &'static str) -> HostFile {
    let missing = Diagnostic::of_whole(format!("{reason}; a default one is written, without a handler"));
    let diagnostics = vec![missing.hint(HINT_FOR_AN_APP).in_file(&path, None)];
    let trouble = Some(format!("`{}` {reason}", path.display()));
    let document = Document::parse(text).ok();
    HostFile { path, document, default: Some(text), trouble, diagnostics, ..HostFile::default() }
}

fn parse_error(path: &Path, reason: &str) -> String {
    format!(
        "Microsoft.Azure.WebJobs.Script: Unable to parse host configuration file '{}'. Newtonsoft.Json: {reason}",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(text: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("host.json"), text).unwrap();
        let file = read(directory.path());
        let root = format!("{}/", directory.path().display());
        file.diagnostics.iter().map(|found| found.to_string().replace(&root, "")).collect()
    }

    #[test]
    fn broken_json_is_shown_with_its_place() {
        let said = said_of("{\n  \"version\": \"2.0\"\n  \"a\": 1\n}");
        assert!(said[0].starts_with("`host.json:2:19`: not JSON: After parsing a value"), "{said:?}");
    }

    #[test]
    fn where_there_is_none_the_default_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = read(directory.path());
        file.write_default();
        assert!(file.error.is_none() && file.diagnostics[0].message.contains("is missing"));
        assert_eq!(std::fs::read_to_string(directory.path().join("host.json")).unwrap(), DEFAULT_HOST_FILE);
    }

    #[test]
    fn over_an_empty_object_a_default_is_written_too() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("host.json"), "{ }").unwrap();
        let mut file = read(directory.path());
        file.write_default();
        assert!(file.error.is_none());
        assert_eq!(std::fs::read_to_string(directory.path().join("host.json")).unwrap(), EMPTY_HOST_FILE);
    }
}
