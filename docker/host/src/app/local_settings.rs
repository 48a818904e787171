//! local.settings.json: the settings that Core Tools, not the host, puts into the environment (protocol.md#local-settings).

use std::path::Path;

use serde_json::Value;

use super::syntax;
use crate::app::Document;
use crate::grammar::spelling::did_you_mean;

/// The `Values` and `ConnectionStrings` of a local.settings.json, as environment variables.
///
/// # Errors
/// One line that names the file and the place, and a hint.
pub fn read(path: &Path) -> Result<Vec<(String, String)>, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let text = dotnet_text::encoding::decode(&bytes);
    let document = Document::parse_object(&text)
        .map_err(|error| syntax::advice_on(path, &text, &error, "{\"Values\": {\"NAME\": \"value\"}}"))?;
    if document.value.get("IsEncrypted").and_then(Value::as_bool) == Some(true) {
        return Err(format!("`{shown}` is encrypted\nhint: func settings decrypt"));
    }
    let values = document.value.get("Values").and_then(Value::as_object);
    let values = values.ok_or_else(|| {
        let names: Vec<&str> =
            document.value.as_object().into_iter().flat_map(|it| it.keys().map(String::as_str)).collect();
        let hint = match did_you_mean("Values", &names) {
            Some(slip) => format!("`{slip}`: did you mean `Values`? Letter case counts here"),
            None => "settings stand in it: {\"Values\": {\"NAME\": \"value\"}}".to_owned(),
        };
        format!("`{shown}` has no object `Values`\nhint: {hint}")
    })?;
    let connections = document.value.get("ConnectionStrings").and_then(Value::as_object).into_iter().flatten();
    let connections = connections.map(|(name, value)| {
        let text = value.get("ConnectionString").unwrap_or(value);
        (format!("ConnectionStrings:{name}"), format!("ConnectionStrings.{name}"), text)
    });
    let values = values.iter().map(|(name, value)| (name.clone(), format!("Values.{name}"), value));
    let named = values.chain(connections);
    named
        // Core Tools passes them over as well (protocol.md#local-settings).
        .filter(|(name, _, value)| !name.is_empty() && !value.is_null())
        .map(|(name, path, value)| match value {
            Value::String(text) => Ok((name, text.clone())),
            Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
            _ => {
                let place = document.start(&path).map(|place| format!(":{place}")).unwrap_or_default();
                Err(format!("`{shown}{place}`: the value of `{name}` is no text\nhint: put it in quotes"))
            }
        })
        .collect()
}

/// The environment with these settings added; what it has already stays as it is, as with Core Tools.
#[must_use]
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
        read(file.path())
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
