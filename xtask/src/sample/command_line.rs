//! Commands and paths as sample.toml has them.

use std::path::{Component, Path, PathBuf};

use derive_more::Display;
use serde::Deserialize;

/// A command, split at white space and run without a shell.
#[derive(Clone, Debug, PartialEq, Eq, Display, Deserialize)]
#[display("{}", _0.join(" "))]
#[serde(try_from = "String")]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// The program, then its arguments; never empty.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    pub fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

impl TryFrom<String> for CommandLine {
    type Error = String;

    fn try_from(text: String) -> Result<CommandLine, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        if words.is_empty() {
            return Err("a command is not empty".into());
        }
        let shell = ["&&", "\"", "'", "`", "|", ">", "<", "$"].into_iter().find(|part| text.contains(part));
        let shell = shell.or_else(|| words.iter().any(|word| word == "&").then_some("&"));
        let shell = shell.or_else(|| words.iter().any(|word| word.ends_with(';')).then_some(";"));
        match shell {
            Some(part) => Err(format!(
                "`{part}` in `{text}` would need a shell, and commands run without one\n\
                 hint: put the line into a script beside `sample.toml` and name the script here"
            )),
            None => Ok(CommandLine(words)),
        }
    }
}

/// A relative path that never climbs out of its folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct InnerPath(PathBuf);

impl InnerPath {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl TryFrom<String> for InnerPath {
    type Error = String;

    fn try_from(text: String) -> Result<InnerPath, String> {
        let path = PathBuf::from(&text);
        let inner = path.components().all(|part| matches!(part, Component::Normal(_)));
        if text.is_empty() || !inner {
            let plain: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
            let hint = match path.components().any(|part| matches!(part, Component::ParentDir | Component::RootDir)) {
                true => "paths are relative and have no `..`".to_owned(),
                false => format!("write `{}`", plain.display()),
            };
            return Err(format!("`{text}` is not a path inside the folder\nhint: {hint}"));
        }
        Ok(InnerPath(path))
    }
}
