//! The handler's command line: .NET's rules for joining, expanding and splitting it (protocol.md#customhandler-description and
//! #command-line).

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::app::CustomHandler;
use crate::files::on_search_path;
use crate::grammar::setting_names;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// The program: a path, or a name to be found on the search path.
    pub program: String,
    pub arguments: Vec<String>,
}

/// The command line that starts the handler. `variable` gives the value of an environment variable of the host, or of one of the
/// five that the host sets for the handler (protocol.md#environment).
pub fn command_line(
    handler: &CustomHandler,
    host_variable: impl Fn(&str) -> Option<String>,
    handler_variables: &[(&str, String)],
) -> CommandLine {
    let handler_variable =
        |name: &str| handler_variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    let expanded = |text: &str| expand(&expand(text, &host_variable), &handler_variable);

    let mut parts: Vec<String> = handler.arguments.iter().map(|text| expanded(text)).collect();
    if let Some(path) = handler.worker_path.as_deref().filter(|path| !path.is_empty()) {
        parts.push(format!("\"{}\"", expanded(path)));
    }
    parts.extend(handler.worker_arguments.iter().map(|text| expanded(text)));
    let joined: String = parts.iter().map(|part| format!(" {part}")).collect();

    CommandLine {
        program: executable(&expanded(&handler.executable), &handler.worker_directory),
        arguments: split(&remove_variables(&joined)),
    }
}

/// The file that a program's name means if it is not a path below the worker directory: absolute, in the host's current
/// directory, or on the search path, in this order (protocol.md#command-line).
pub fn find_program(program: &str, current_directory: &Path, search_path: &str) -> Option<PathBuf> {
    let here = current_directory.join(program);
    let is_found = Path::new(program).is_absolute() || here.is_file();
    if is_found { Some(here) } else { on_search_path(search_path, program) }
}

/// A relative name becomes an absolute path if the file is there; otherwise it is left to the search path (recording C01).
fn executable(name: &str, directory: &Path) -> String {
    let candidate = directory.join(name);
    let found = Path::new(name).is_relative() && candidate.is_file();
    if found { candidate.to_string_lossy().into_owned() } else { name.to_owned() }
}

/// `%NAME%` replaced where `value` knows the name.
fn expand(text: &str, value: &impl Fn(&str) -> Option<String>) -> String {
    let known = |name: &str| Some(name).filter(|name| !name.is_empty()).and_then(value);
    let Ok(expanded) = setting_names::replace(text, |name| Ok::<_, Infallible>(known(name).map(Cow::Owned)));
    expanded
}

/// Deletes what the regular expression `%(.+?)%` finds: unknown variables, and innocent text between two percent signs
/// (recording CX-arg-vars).
fn remove_variables(text: &str) -> String {
    Regex::new("%.+?%").map_or_else(|_| text.to_owned(), |variable| variable.replace_all(text, "").into_owned())
}

/// Splits a command line as .NET does on Unix: spaces and tabs separate arguments, double quotes keep them together, a backslash
/// escapes only a double quote, two double quotes inside quotes are one (recording CX-arg-empty).
fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut argument: Option<String> = None;
    let mut in_quotes = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let mut backslashes = 1;
                while characters.next_if_eq(&'\\').is_some() {
                    backslashes += 1;
                }
                let text = argument.get_or_insert_default();
                if characters.peek() == Some(&'"') {
                    text.extend(std::iter::repeat_n('\\', backslashes / 2));
                    if backslashes % 2 == 1 {
                        characters.next();
                        text.push('"');
                    }
                } else {
                    text.extend(std::iter::repeat_n('\\', backslashes));
                }
            }
            '"' => {
                let text = argument.get_or_insert_default();
                if in_quotes && characters.next_if_eq(&'"').is_some() {
                    text.push('"');
                } else {
                    in_quotes = !in_quotes;
                }
            }
            ' ' | '\t' if !in_quotes => arguments.extend(argument.take()),
            other => argument.get_or_insert_default().push(other),
        }
    }
    arguments.extend(argument);
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(written: &[&str]) -> Vec<String> {
        let handler = CustomHandler {
            executable: "node".into(),
            arguments: written.iter().map(ToString::to_string).collect(),
            ..CustomHandler::default()
        };
        let host = |name: &str| (name == "MYVAR").then(|| "my value".to_owned());
        command_line(&handler, host, &[("FUNCTIONS_CUSTOMHANDLER_PORT", "4711".to_owned())]).arguments
    }

    #[test]
    fn blanks_part_and_double_quotes_join() {
        assert_eq!(arguments(&["a b", "c"]), ["a", "b", "c"]);
        assert_eq!(arguments(&["\"a b\"", "'c d'", "e\\ f"]), ["a b", "'c", "d'", "e\\", "f"]);
    }

    #[test]
    fn an_unpaired_quote_runs_on() {
        assert_eq!(arguments(&["g\"h", "\\\"i\\\""]), ["gh \"i\""]);
    }

    #[test]
    fn an_empty_text_vanishes_and_two_quotes_are_an_empty_argument() {
        assert_eq!(arguments(&["", "x", "\"\""]), ["x", ""]);
    }

    #[test]
    fn variables_are_expanded_before_splitting() {
        assert_eq!(arguments(&["%MYVAR%", "p%MYVAR%q"]), ["my", "value", "pmy", "valueq"]);
        assert_eq!(arguments(&["--port", "%FUNCTIONS_CUSTOMHANDLER_PORT%"]), ["--port", "4711"]);
        assert_eq!(arguments(&["a%myvar%", "b%functions_customhandler_port%"]), ["a", "b"], "letter case counts");
    }

    #[test]
    fn text_between_two_percent_signs_is_deleted() {
        assert_eq!(arguments(&["x%NOPE%y"]), ["xy"]);
        assert_eq!(arguments(&["100%", "a%%b", "5%", "and10%"]), ["100", "and10%"]);
    }

    #[test]
    fn the_worker_path_is_quoted_and_followed_by_its_arguments() {
        let handler = CustomHandler {
            executable: "node".into(),
            arguments: vec!["-a".into()],
            worker_path: Some("dir x/w.js".into()),
            worker_arguments: vec!["-c".into()],
            ..CustomHandler::default()
        };
        let line = command_line(&handler, |_| None, &[]);
        assert_eq!(line.arguments, ["-a", "dir x/w.js", "-c"]);
    }

    #[test]
    fn a_program_is_looked_for_in_the_worker_directory_first() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(executable("Cargo.toml", directory), directory.join("Cargo.toml").to_string_lossy());
        assert_eq!(executable("no-such-file", directory), "no-such-file");
        assert_eq!(find_program("Cargo.toml", directory, ""), Some(directory.join("Cargo.toml")));
        assert_eq!(find_program("src", directory, ""), None);
    }
}
