//! local.settings.json: the settings that Core Tools, not the host, puts into the environment (protocol.md#local-settings).

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::syntax;
use crate::app::Document;
use crate::grammar::spelling::did_you_mean;

/// Why a local.settings.json cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read `{}`: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Syntax(String),
    #[error("`{}` is encrypted\nhint: func settings decrypt", .0.display())]
    Encrypted(PathBuf),
    #[error("`{}` has no object `Values`\nhint: {hint}", path.display())]
    NoValues { path: PathBuf, hint: String },
    #[error("`{place}`: the value of `{name}` is not a text\nhint: put it in quotes")]
    NotText { place: String, name: String },
}

/// The `Values` and `ConnectionStrings` of a local.settings.json, as environment variables.
///
/// # Errors
/// If the file cannot be read, or is not such a file.
pub fn read(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::Unreadable { path: path.to_owned(), error })?;
    let text = dotnet_text::encoding::decode(&bytes);
    let document = Document::parse_object(&text).map_err(|error| {
        Error::Syntax(syntax::advice_on(path, &text, &error, "{\"Values\": {\"NAME\": \"value\"}}"))
    })?;
    if document.value.get("IsEncrypted").and_then(Value::as_bool) == Some(true) {
        return Err(Error::Encrypted(path.to_owned()));
    }
    let values = document.value.get("Values").and_then(Value::as_object);
    let values = values.ok_or_else(|| {
        let names: Vec<&str> =
            document.value.as_object().into_iter().flat_map(|it| it.keys().map(String::as_str)).collect();
        let hint = match did_you_mean("Values", &names) {
            Some(slip) => format!("`{slip}`: did you mean `Values`? Letter case counts here"),
            None => "settings stand in it: {\"Values\": {\"NAME\": \"value\"}}".to_owned(),
        };
        Error::NoValues { path: path.to_owned(), hint }
    })?;
    let connections = document.value.get("ConnectionStrings").and_then(Value::as_object).into_iter().flatten();
    let connections = connections.map(|(name, value)| {
        let text = value.get("ConnectionString").unwrap_or(value);
        (format!("ConnectionStrings:{name}"), format!("ConnectionStrings.{name}"), text)
    });
    let values = values.iter().map(|(name, value)| (name.clone(), format!("Values.{name}"), value));
    let named = values.chain(connections);
    let file = path.display();
    named
        // Core Tools passes them over as well (protocol.md#local-settings).
        .filter(|(name, _, value)| !name.is_empty() && !value.is_null())
        .map(|(name, path, value)| match value {
            Value::String(text) => Ok((name, text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
            _ => {
                let place = document.start(&path).map(|place| format!(":{place}")).unwrap_or_default();
                Err(Error::NotText { place: format!("{file}{place}"), name })
            }
        })
        .collect()
}

/// The environment with these settings added; what it has already stays as it is, as with Core Tools.
pub fn added(mut environment: Vec<(String, String)>, settings: Vec<(String, String)>) -> Vec<(String, String)> {
    for (name, value) in settings {
        if !environment.iter().any(|(known, _)| *known == name) {
            environment.push((name, value));
        }
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<Vec<(String, String)>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_read_and_what_is_set_already_stays() {
        let settings = from(r#"{"IsEncrypted": false, "Values": {"A": "1", "B": 2 /* a number */}}"#).unwrap();
        let environment = vec![("A".to_owned(), "mine".to_owned())];
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(added(environment, settings), [pair("A", "mine"), pair("B", "2")]);
    }

    #[test]
    fn connection_strings_are_settings_and_what_says_nothing_is_passed_over() {
        let text = r#"{"Values": {"A": null, "": "x", "B": ""}, "ConnectionStrings": {"One": "1", "Two": {"ConnectionString": "2"}}}"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [pair("B", ""), pair("ConnectionStrings:One", "1"), pair("ConnectionStrings:Two", "2")];
        assert_eq!(from(text).unwrap(), expected);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert!(from("{").unwrap_err().contains(":1:"), "{}", from("{").unwrap_err());
        assert!(from(r#"{"IsEncrypted": true}"#).unwrap_err().contains("encrypted"));
        assert!(from(r#"{"Values": {"A": {}}}"#).unwrap_err().contains(":1:18`: the value of `A`"));
        assert!(from(r#"{"values": {"A": "1"}}"#).unwrap_err().contains("`values`: did you mean `Values`?"));
    }
}
