//! TOML files as typed values, with errors that a person can act on: the one file that names the TOML crate.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;

use crate::text;

/// The text of a TOML file, which errors call `shown`.
pub fn read(file: &Path, shown: &Path) -> Result<String> {
    let cannot = || format!("cannot read `{}`", shown.display());
    // A pipe would keep its reader waiting.
    let is_file = file.metadata().with_context(cannot)?.is_file();
    ensure!(is_file, "`{}` is not a file\nhint: put a text file there", shown.display());
    fs::read_to_string(file).with_context(cannot)
}

/// Parses the text of a TOML file; `path` is for the error only.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| explain(path, text, &error))
}

/// `file:line:column: message`, the line itself with the position marked, and a hint.
fn explain(path: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let file = path.display();
    let message = in_our_words(error.message().trim_end());
    let (sentence, hint) = match message.split_once("\nhint: ") {
        Some((sentence, hint)) => (sentence, format!("\nhint: {hint}")),
        None => (message.as_str(), String::new()),
    };
    let Some(span) = error.span() else { return anyhow!("{file}: {sentence}{hint}") };
    let before = text.get(..span.start).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let first_line = |part: Option<&'_ str>| part.unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    let (number, line) = (before.matches('\n').count() + 1, first_line(text.get(start..)));
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    let (margin, indent) = (" ".repeat(number.to_string().len()), " ".repeat(column - 1));
    let mark = "^".repeat(first_line(text.get(span)).chars().count().max(1));
    anyhow!("{file}:{number}:{column}: {sentence}\n  {number} | {line}\n  {margin} | {indent}{mark}{hint}")
}

/// serde says "unknown field `atleast`, expected one of `name`, `probe`"; a file has keys, and a person wants the nearest.
fn in_our_words(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return match (message.strip_prefix("missing field "), message) {
            (Some(rest), _) => format!("the key {rest} is missing"),
            (_, message) if message.starts_with("invalid type: map, expected a sequence") => {
                "this is a list of tables\nhint: write its name in two pairs of brackets, `[[…]]`".into()
            }
            (_, message) if message.starts_with("invalid type: ") && message.ends_with("expected a sequence") => {
                "this is a list\nhint: write `[\"…\"]`".into()
            }
            _ => message.into(),
        };
    };
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let unknown = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let hint =
        text::did_you_mean(unknown, &known).unwrap_or_else(|| format!("the keys here are {}", text::listed(&known)));
    format!("unknown key `{unknown}`\nhint: {hint}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its keys matter here")]
    struct Tool {
        name: String,
        at_least: Option<String>,
    }

    fn error(text: &str) -> String {
        parse::<BTreeMap<String, Vec<Tool>>>(Path::new("x/sample.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn a_typo_names_file_line_key_and_remedy() {
        let text = error("[[tool]]\nname = \"go\"\nat_lest = \"1\"\n");
        let shown = "x/sample.toml:3:1: unknown key `at_lest`\n  3 | at_lest = \"1\"\n    | ^^^^^^^\n";
        assert_eq!(text, format!("{shown}hint: did you mean `at_least`?"));
    }

    #[test]
    fn a_key_unlike_any_lists_the_known_ones() {
        let text = error("[[tool]]\nname = \"go\"\nzzz = 1\n");
        assert!(text.ends_with("hint: the keys here are `name` and `at_least`"), "{text}");
    }

    #[test]
    fn a_missing_key_is_named() {
        assert!(error("[[tool]]\nat_least = \"1\"\n").contains("the key `name` is missing"));
    }

    #[test]
    fn a_list_that_is_written_as_one_value_is_answered_with_how_to_write_it() {
        assert!(error("[tool]\nname = \"go\"\n").ends_with("hint: write its name in two pairs of brackets, `[[…]]`"));
        assert!(error("tool = \"go\"\n").ends_with("hint: write `[\"…\"]`"), "{}", error("tool = \"go\"\n"));
    }

    #[test]
    fn broken_toml_names_the_line() {
        let text = error("[[tool]]\nname = \"go\n");
        assert!(text.starts_with("x/sample.toml:2:"), "{text}");
    }

    #[test]
    fn what_is_no_file_is_named_and_nobody_waits_for_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sample.toml");
        let error = || format!("{:#}", read(&file, Path::new("x.toml")).unwrap_err());
        assert!(error().starts_with("cannot read `x.toml`: "), "{}", error());
        let pipe = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &file, pipe, rustix::fs::Mode::RUSR, 0).unwrap();
        assert!(error().starts_with("`x.toml` is not a file\nhint: "), "{}", error());
    }
}
