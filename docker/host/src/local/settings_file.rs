//! local.settings.json: what Core Tools, not the host, puts into the environment (protocol.md#local-settings).

use std::path::Path;

use serde_json::{Map, Value};

use crate::app::{Diagnostic, Document, syntax_diagnostic};
use crate::files;
use crate::grammar::spelling::{did_you_mean, surely_means};

const SECTIONS: [&str; 4] = ["IsEncrypted", "Values", "Host", "ConnectionStrings"];
const HOST_KEYS: [&str; 3] = ["LocalHttpPort", "CORS", "CORSCredentials"];
/// Settings whose misspelling nobody else would notice.
const WELL_KNOWN: [&str; 2] = ["AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME"];

const BEGINNING: &str = r#"{"IsEncrypted": false, "Values": {"NAME": "value"}}"#;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct SettingsFile {
    /// `Values` and `ConnectionStrings`, as environment variables.
    pub settings: Vec<(String, String)>,
    pub port: Option<u16>,
    pub cors: Option<String>,
    pub cors_credentials: bool,
    /// What is passed over in silence by Core Tools, and probably a mistake.
    pub notes: Vec<Diagnostic>,
}

pub fn read(path: &Path) -> Result<SettingsFile, Diagnostic> {
    let bytes = files::read(path).map_err(|error| {
        Diagnostic::of_whole(format!("cannot read `{}`: {error}", path.display()))
            .hint("make it a readable text file, or go on without it: --no-local-settings")
    })?;
    let text = dotnet_text::encoding::decode(&bytes);
    let document = Document::parse_object(&text).map_err(|error| syntax_diagnostic(path, &text, &error, BEGINNING))?;
    let in_file = |diagnostic: &Diagnostic| diagnostic.in_file(path, Some(&document));
    let empty = Map::new();
    let file = document.value.as_object().unwrap_or(&empty);
    let mut found = said(file).map_err(|diagnostic| in_file(&diagnostic))?;
    found.notes = mistakes(file).iter().map(in_file).collect();
    Ok(found)
}

fn said(file: &Map<String, Value>) -> Result<SettingsFile, Diagnostic> {
    if file.get("IsEncrypted") == Some(&Value::Bool(true)) {
        let hint =
            "`func settings decrypt` in this folder turns it into plain text; `--no-local-settings` goes on without it";
        return Err(Diagnostic::of_name("the values are encrypted, and only Core Tools can read them", "IsEncrypted")
            .hint(hint));
    }
    let mut settings = Vec::new();
    for (name, value) in section(file, "Values")? {
        settings.extend(text(value, &format!("Values.{name}"))?.map(|text| (name.clone(), text)));
    }
    for (name, value) in section(file, "ConnectionStrings")? {
        let text = text(value.get("ConnectionString").unwrap_or(value), &format!("ConnectionStrings.{name}"))?;
        settings.extend(text.map(|text| (format!("ConnectionStrings:{name}"), text)));
    }
    // Core Tools passes a setting without a name over as well (protocol.md#local-settings).
    settings.retain(|(name, _)| !name.is_empty());
    let mut found = SettingsFile { settings, ..SettingsFile::default() };
    for (name, value) in section(file, "Host")? {
        let path = format!("Host.{name}");
        if name.eq_ignore_ascii_case("LocalHttpPort") {
            found.port = Some(port(value, &path)?);
        } else if name.eq_ignore_ascii_case("CORS") {
            found.cors = text(value, &path)?;
        } else if name.eq_ignore_ascii_case("CORSCredentials") {
            found.cors_credentials = text(value, &path)?.is_some_and(|text| text.eq_ignore_ascii_case("true"));
        }
    }
    Ok(found)
}

/// The members of a section, none if it is not there.
fn section<'a>(file: &'a Map<String, Value>, name: &str) -> Result<Vec<(&'a String, &'a Value)>, Diagnostic> {
    match file.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(members)) => Ok(members.iter().collect()),
        Some(_) => {
            Err(Diagnostic::new(format!("`{name}` is not an object"), name).hint(format!("write \"{name}\": {{ … }}")))
        }
    }
}

/// The text of a value; `None` for null, which Core Tools passes over.
fn text(value: &Value, path: &str) -> Result<Option<String>, Diagnostic> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(_) | Value::Bool(_) => Ok(Some(value.to_string())),
        Value::Array(_) | Value::Object(_) => {
            Err(Diagnostic::new(format!("the value of `{path}` is not a text"), path).hint("put it in quotes"))
        }
    }
}

fn port(value: &Value, path: &str) -> Result<u16, Diagnostic> {
    let number = text(value, path)?.and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| Diagnostic::new(format!("`{value}` is not a port"), path).hint("a number, such as 7071"))
}

/// Names that nobody reads and that look like one that is read.
fn mistakes(file: &Map<String, Value>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for key in file.keys().filter(|key| !SECTIONS.contains(&key.as_str())) {
        let meant = did_you_mean(key, &SECTIONS).filter(|meant| !file.contains_key(*meant));
        if let Some(meant) = meant {
            let diagnostic = Diagnostic::ignored(key, key.as_str());
            let case = if key.eq_ignore_ascii_case(meant) { " Letter case counts here" } else { "" };
            found.push(diagnostic.hint(format!("did you mean `{meant}`?{case}")));
        }
    }
    if !file.contains_key("Values") && found.is_empty() {
        let diagnostic = Diagnostic::of_whole("has no `Values`, so it sets nothing");
        found.push(diagnostic.hint(format!("settings stand in it: {BEGINNING}")));
    }
    let members = |name: &str| file.get(name).and_then(Value::as_object).into_iter().flatten();
    let is_unsaid = file.get("IsEncrypted").is_none_or(Value::is_null);
    if is_unsaid && found.is_empty() && members("Values").next().is_some() {
        let diagnostic =
            Diagnostic::of_whole("does not say `IsEncrypted`, so Core Tools takes its values for encrypted");
        found.push(diagnostic.hint("mini-host takes them as they are; for both write \"IsEncrypted\": false"));
    }
    for (section, known) in [("Host", &HOST_KEYS[..]), ("Values", &WELL_KNOWN[..])] {
        for (key, _) in members(section) {
            let is_known = known.iter().any(|known| key.eq_ignore_ascii_case(known));
            // Whatever an app reads may stand among the values.
            let meant = if section == "Host" { did_you_mean(key, known) } else { surely_means(key, known) };
            if let Some(meant) = meant.filter(|_| !is_known) {
                let diagnostic =
                    Diagnostic::of_name(format!("the host does not know `{key}`"), format!("{section}.{key}"));
                found.push(diagnostic.hint(format!("did you mean `{meant}`?")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<(SettingsFile, Vec<String>), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        std::fs::write(&path, text).unwrap();
        let shown = |text: &str| text.replace(&format!("{}/", folder.path().display()), "");
        let found = read(&path).map_err(|error| shown(&error.to_string()))?;
        let notes = found.notes.iter().map(|note| shown(&note.to_string())).collect();
        Ok((found, notes))
    }

    fn settings(text: &str) -> Vec<(String, String)> {
        from(text).unwrap().0.settings
    }

    #[test]
    fn values_and_connection_strings_are_settings_and_what_says_nothing_is_passed_over() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let text = r#"{"IsEncrypted": false, "Values": {"A": null, "": "x", "B": "", "C": 2 /* a number */},
                       "ConnectionStrings": {"One": "1", "Two": {"ConnectionString": "2"}}}"#;
        let expected =
            [pair("B", ""), pair("C", "2"), pair("ConnectionStrings:One", "1"), pair("ConnectionStrings:Two", "2")];
        assert_eq!(settings(text), expected);
    }

    #[test]
    fn the_section_host_is_for_this_host() {
        let (found, _) =
            from(r#"{"Values": {}, "Host": {"LocalHttpPort": 7075, "CORS": "*", "CORSCredentials": true}}"#).unwrap();
        let expected = SettingsFile {
            port: Some(7075),
            cors: Some("*".to_owned()),
            cors_credentials: true,
            ..SettingsFile::default()
        };
        assert_eq!(found, expected);
        assert!(
            from("{\"Host\": {\n\"LocalHttpPort\": \"x\"}}")
                .unwrap_err()
                .starts_with("`s.json:2:18`: `\"x\"` is not a port\nhint:")
        );
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_place_and_a_remedy() {
        for (text, expected) in [
            ("{", "`s.json:1:1`: not JSON: "),
            (
                "{\n \"IsEncrypted\": true}",
                "`s.json:2:2`: the values are encrypted, and only Core Tools can read them\nhint: `func settings decrypt`",
            ),
            (
                r#"{"Values": {"A": {}}}"#,
                "`s.json:1:18`: the value of `Values.A` is not a text\nhint: put it in quotes",
            ),
            (r#"{"Values": []}"#, "`s.json:1:12`: `Values` is not an object\nhint: write"),
        ] {
            let error = from(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn names_that_look_like_a_slip_are_asked_about() {
        for (text, expected) in [
            (
                r#"{"values": {}}"#,
                "`s.json:1:2`: `values` means nothing here and is ignored\nhint: did you mean `Values`? Letter case counts here",
            ),
            (
                "{}",
                "`s.json`: has no `Values`, so it sets nothing\nhint: settings stand in it: {\"IsEncrypted\": false, \"Values\": {\"NAME\": \"value\"}}",
            ),
            (
                r#"{"Values": {"A": "b"}}"#,
                "`s.json`: does not say `IsEncrypted`, so Core Tools takes its values for encrypted\nhint: mini-host takes them as they are; for both write \"IsEncrypted\": false",
            ),
            (
                r#"{"Values": {"AzureWebJobStorage": ""}, "IsEncrypted": false}"#,
                "`s.json:1:13`: the host does not know `AzureWebJobStorage`\nhint: did you mean `AzureWebJobsStorage`?",
            ),
            (
                r#"{"Values": {}, "Host": {"LocalHttpsPort": 1}}"#,
                "`s.json:1:25`: the host does not know `LocalHttpsPort`\nhint: did you mean `LocalHttpPort`?",
            ),
        ] {
            assert_eq!(from(text).unwrap().1, [expected], "{text}");
        }
        assert!(
            from(r#"{"Values": {"azurewebjobsstorage": "", "STORAGE": "x"}, "IsEncrypted": false, "$schema": "x"}"#)
                .unwrap()
                .1
                .is_empty()
        );
    }
}
