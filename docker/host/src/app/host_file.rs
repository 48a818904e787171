//! Reading host.json, and what in it deserves a word to people.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::syntax;
use dotnet_text::document::Document;
use dotnet_text::encoding;

/// host.json as it was found.
pub(super) struct HostFile {
    pub path: PathBuf,
    /// `None` when it is not there or not JSON.
    pub document: Option<Document>,
    /// The host error of a file that cannot be read.
    pub error: Option<String>,
    pub advice: Vec<String>,
}

/// What the real host writes where there is no host.json (protocol.md#other-keys).
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

/// Reads host.json below `root`, or puts down the default one as the real host does.
pub(super) fn read(root: &Path) -> HostFile {
    let path = root.join("host.json");
    let text = match std::fs::read(&path).map(|bytes| encoding::decode(&bytes).into_owned()) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return write_default(path, "is missing", DEFAULT_HOST_FILE);
        }
        Err(error) => {
            let unreadable =
                Diagnostic::of_file(format!("cannot be read: {error}")).hint("make it a readable text file");
            let advice = vec![unreadable.in_file(&path, None)];
            let error = Some(parse_error(&path, &error.to_string()));
            return HostFile { path, document: None, error, advice };
        }
    };
    match Document::parse_object(&text) {
        Ok(document) if document.value.as_object().is_some_and(serde_json::Map::is_empty) => {
            write_default(path, "is empty", EMPTY_HOST_FILE)
        }
        Ok(document) => HostFile { path, document: Some(document), error: None, advice: Vec::new() },
        Err(error) => {
            let example = "{\"version\": \"2.0\", \"customHandler\": …}";
            let advice = vec![syntax::advice_on(&path, &text, &error, example)];
            let error = Some(parse_error(&path, &error.to_string()));
            HostFile { path, document: None, error, advice }
        }
    }
}

fn write_default(path: PathBuf, fault: &str, text: &str) -> HostFile {
    let missing = Diagnostic::of_file(format!("{fault}; a default one is written, without a handler"));
    let mut found = vec![missing.hint(HINT_FOR_AN_APP).in_file(&path, None)];
    if let Err(error) = std::fs::write(&path, text) {
        found.push(Diagnostic::of_file(format!("cannot be written: {error}")).in_file(&path, None));
    }
    HostFile { document: Document::parse(text).ok(), path, error: None, advice: found }
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

    fn advice_for(text: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("host.json"), text).unwrap();
        let file = read(directory.path());
        let root = format!("{}/", directory.path().display());
        file.advice.iter().map(|advice| advice.replace(&root, "")).collect()
    }

    #[test]
    fn broken_json_is_shown_with_its_place() {
        let advice = advice_for("{\n  \"version\": \"2.0\"\n  \"a\": 1\n}");
        assert!(advice[0].starts_with("`host.json:2:19`: not JSON: After parsing a value"), "{advice:?}");
    }

    #[test]
    fn where_there_is_none_the_default_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let file = read(directory.path());
        assert!(file.error.is_none() && file.advice[0].contains("is missing"));
        assert_eq!(std::fs::read_to_string(directory.path().join("host.json")).unwrap(), DEFAULT_HOST_FILE);
    }

    #[test]
    fn over_an_empty_object_a_default_is_written_too() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("host.json"), "{ }").unwrap();
        assert!(read(directory.path()).error.is_none());
        assert_eq!(std::fs::read_to_string(directory.path().join("host.json")).unwrap(), EMPTY_HOST_FILE);
    }
}
