//! Checks whether the handler's program can be started, so that a broken one is reported at once
//! (protocol.md#customhandler-description, #command-line and #exit-and-restart).

use std::path::Path;

use super::program;
use crate::app::{CustomHandler, Diagnostic, HandlerKind, HostOptions, Settings};
use crate::files::on_search_path;
use crate::grammar::setting_names;
use crate::grammar::spelling::{self, did_you_mean};
use dotnet_text::letter_case::is_one_of;

/// What the host sets for the handler; these names mean values in its arguments.
const OWN_VARIABLES: [&str; 5] = [
    "FUNCTIONS_CUSTOMHANDLER_PORT",
    "FUNCTIONS_CUSTOMHANDLER_WORKER_ID",
    "FUNCTIONS_APP_ROOT_PATH",
    "FUNCTIONS_HTTPWORKER_PORT",
    "FUNCTIONS_HTTPWORKER_ID",
];
const WINDOWS_ENDINGS: [&str; 4] = [".exe", ".bat", ".cmd", ".ps1"];

/// Diagnostics of the program, its directory and its arguments. The real host only logs the failed start and lets the first request
/// wait (recording CX-workdir-missing).
pub fn mistakes(options: &HostOptions, settings: &Settings) -> Vec<Diagnostic> {
    let Some(handler) = options.custom_handler.as_ref() else { return Vec::new() };
    let section = match handler.kind {
        HandlerKind::CustomHandler => "customHandler",
        HandlerKind::HttpWorker => "httpWorker",
    };
    let mut found = Vec::new();
    found.extend(of_program(handler, settings, &format!("{section}.description.defaultExecutablePath")));
    if !handler.working_directory.is_dir() {
        let text = format!("there is no directory `{}`", handler.working_directory.display());
        let hint =
            "it is relative to the folder of host.json; without `workingDirectory` the handler runs in that folder";
        found.push(Diagnostic::new(text, format!("{section}.description.workingDirectory")).hint(hint));
    }
    for (list, arguments) in [("arguments", &handler.arguments), ("workerArguments", &handler.worker_arguments)] {
        let numbered = arguments.iter().enumerate();
        found.extend(numbered.filter_map(|(index, argument)| {
            let at = format!("{section}.description.{list}[{index}]");
            let before = index.checked_sub(1).and_then(|before| arguments.get(before));
            let is_script = is_shell(&handler.executable) && before.is_some_and(|option| option == "-c");
            of_argument(argument, is_script, settings, at)
        }));
    }
    found
}

fn of_program(handler: &CustomHandler, settings: &Settings, at: &str) -> Option<Diagnostic> {
    let written = handler.executable.as_str();
    if written.contains('%') {
        return Some(missing_variable(&unknown_variable(written, settings)?, "stays as it is", at.to_owned()));
    }
    let path = handler.worker_directory.join(written);
    if path.is_file() {
        let reason = program::not_executable(&path)?;
        return Some(Diagnostic::new(format!("`{written}` {}", reason.what), at).hint(reason.hint));
    }
    let search_path = settings.get("PATH").unwrap_or_default();
    if !written.contains('/') && on_search_path(search_path, written).is_some() {
        return None;
    }
    let what =
        if path.is_dir() { "is a folder" } else { "is not a program: it is neither in the app's folder nor on PATH" };
    Some(Diagnostic::new(format!("`{written}` {what}"), at).hint(hint_for_missing(handler, search_path)))
}

fn hint_for_missing(handler: &CustomHandler, search_path: &str) -> String {
    let written = handler.executable.as_str();
    let names = names(&handler.worker_directory);
    let meant = did_you_mean(written, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let in_working_directory = handler.working_directory.join(written);
    let first = written.split_whitespace().next().unwrap_or_default();
    let with_slashes = written.replace('\\', "/");
    let name = written.rsplit('/').next().unwrap_or_default();
    if written.starts_with('/') && on_search_path(search_path, name).is_some() {
        format!("no such file on this machine, as it may be on Azure; `{name}` is on PATH: write `{name}`")
    } else if first != written {
        format!("the program alone stands here: \"{first}\"; what follows it goes into `arguments`")
    } else if let Some(meant) = meant {
        format!("did you mean `{meant}`?")
    } else if in_working_directory.is_file() {
        let below = in_working_directory.strip_prefix(&handler.worker_directory).unwrap_or(&in_working_directory);
        format!("programs are not looked for in `workingDirectory`: write `{}`", below.display())
    } else if with_slashes != written {
        format!("here a backslash is a character like others: write `{with_slashes}`")
    } else if WINDOWS_ENDINGS.iter().any(|ending| written.to_lowercase().ends_with(ending)) {
        "that is a name for Windows; on Linux a program has no ending, and a script names its interpreter".to_owned()
    } else {
        "build the handler first, or name the program that runs it".to_owned()
    }
}

/// What becomes of an argument is a surprise: unknown variables are deleted (recording CX-arg-vars).
fn of_argument(argument: &str, is_script: bool, settings: &Settings, at: String) -> Option<Diagnostic> {
    if let Some(hint) = placeholder(argument) {
        return Some(
            Diagnostic::new(format!("`{argument}` is a placeholder that nobody has filled in"), at).hint(hint),
        );
    }
    match unknown_variable(argument, settings) {
        Some(name) => Some(missing_variable(&name, "is deleted", at)),
        None if is_script => of_script(argument, at),
        None => of_dollar(argument, settings, at),
    }
}

/// What to do about a placeholder, as templates of public apps have it.
fn placeholder(text: &str) -> Option<&'static str> {
    let is_between = |first: char, last: char| text.len() > 2 && text.starts_with(first) && text.ends_with(last);
    if is_between('<', '>') {
        Some("write what is meant, such as the name of the main file")
    } else if is_between('@', '@') {
        Some("the build fills it in: build the app, and give the folder that the build writes")
    } else {
        None
    }
}

/// A `$` means nothing if no shell reads it.
fn of_dollar(argument: &str, settings: &Settings, at: String) -> Option<Diagnostic> {
    let name: String = argument
        .split_once('$')
        .map_or("", |(_, rest)| rest.trim_start_matches('{'))
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
        .collect();
    (!name.is_empty() && is_known(&name, settings)).then(|| {
        Diagnostic::new(format!("no shell reads `{argument}`: it stays as it is"), at).hint(format!("write `%{name}%`"))
    })
}

/// A script behind `-c` of a shell is one argument to its author, and many to the host (protocol.md#command-line).
fn of_script(script: &str, at: String) -> Option<Diagnostic> {
    let first = script.split_whitespace().next().filter(|first| first.len() < script.trim().len())?;
    let is_quoted = script.contains('"');
    let text = format!("spaces separate arguments, so all that the shell reads of `{script}` is `{first}`");
    (!is_quoted).then(|| Diagnostic::new(text, at).hint(format!(r#"put it in quotes: "\"{script}\"""#)))
}

fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or_default();
    ["ash", "bash", "dash", "ksh", "sh", "zsh"].contains(&name)
}

fn missing_variable(name: &str, consequence: &str, at: String) -> Diagnostic {
    Diagnostic::new(format!("there is no environment variable `{name}`, so `%{name}%` {consequence}"), at)
        .hint(spelling::hint(name, &OWN_VARIABLES, format!("set the environment variable `{name}`")))
}

/// The first name between two percent signs that nothing has, if it can be a name.
fn unknown_variable(text: &str, settings: &Settings) -> Option<String> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let replaced = setting_names::replace(text, |name| match is_known(name, settings) {
        false if is_name(name) => Err(name.to_owned()),
        is_known => Ok(is_known.then(|| name.to_owned().into())),
    });
    replaced.err()
}

fn is_known(name: &str, settings: &Settings) -> bool {
    settings.get(name).is_some() || is_one_of(name, &OWN_VARIABLES)
}

fn names(directory: &Path) -> Vec<String> {
    let paths = std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = paths.filter(|path| path.is_file() && program::is_executable(path));
    files.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    /// The advice about a description, in a folder with an executable `handler`, one in `sub`, and a folder `bin`.
    fn of(description: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::create_dir_all(root.join("bin")).unwrap();
        for name in ["handler", "sub/run"] {
            std::fs::write(root.join(name), "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(root.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let host_json = format!(r#"{{"version": "2.0", "customHandler": {{"description": {{{description}}}}}}}"#);
        std::fs::write(root.join("host.json"), host_json).unwrap();
        let path = std::env::var("PATH").unwrap();
        let settings = [("KNOWN", "1"), ("AzureWebJobsStorage", "x"), ("PATH", &path)].into_iter().collect();
        crate::doctor::tests::lines(&crate::doctor::diagnostics(&crate::app::load(root, &settings), &settings))
            .replace(&*root.to_string_lossy(), "APP")
    }

    #[test]
    fn a_program_that_cannot_be_started_is_told_with_the_likely_fix() {
        for (program, parts) in [
            (
                "handlr",
                "`APP/host.json:1:79`: `handlr` is not a program: it is neither in the app's folder nor on PATH\nhint: did you mean `handler`?",
            ),
            ("handler.exe", "did you mean `handler`?"),
            ("server.bat", "a name for Windows"),
            ("sh handler", "\"sh\"; what follows it goes into `arguments`"),
            ("bin", "`bin` is a folder"),
            (r"out\\program", "write `out/program`"),
            ("%NOPE%/x", "there is no environment variable `NOPE`"),
        ] {
            let found = of(&format!(r#""defaultExecutablePath": "{program}""#));
            assert!(found.contains(parts), "{program}: {found}");
        }
        let found = of(r#""defaultExecutablePath": "run", "workingDirectory": "sub""#);
        assert!(found.contains("not looked for in `workingDirectory`: write `sub/run`"), "{found}");
        assert_eq!(of(r#""defaultExecutablePath": "handler""#), "");
        assert_eq!(of(r#""defaultExecutablePath": "sh""#), "");
    }

    #[test]
    fn a_directory_that_is_not_there_is_told() {
        let found = of(r#""defaultExecutablePath": "sh", "workingDirectory": "nope""#);
        assert!(found.starts_with("`APP/host.json:1:105`: there is no directory `APP/nope`\nhint: "), "{found}");
    }

    #[test]
    fn variables_that_nobody_knows_are_told() {
        for (argument, part) in [
            ("%NOPE%", "`%NOPE%` is deleted\nhint: set the environment variable `NOPE`"),
            ("127.0.0.1:%FUNCTIONS_CUSTOMHANDLERPORT%", "did you mean `FUNCTIONS_CUSTOMHANDLER_PORT`?"),
            ("$FUNCTIONS_CUSTOMHANDLER_PORT", "write `%FUNCTIONS_CUSTOMHANDLER_PORT%`"),
            ("--port=${KNOWN}", "write `%KNOWN%`"),
            ("100% of %NOPE%", "`%NOPE%` is deleted"),
        ] {
            let found = of(&format!(r#""defaultExecutablePath": "sh", "arguments": ["x", "{argument}"]"#));
            assert!(found.contains(part), "{argument}: {found}");
        }
        let fine = r#""defaultExecutablePath": "sh", "arguments": ["%KNOWN%", "%FUNCTIONS_CUSTOMHANDLER_PORT%", "100%", "$5"]"#;
        assert_eq!(of(fine), "");
    }

    #[test]
    fn a_shell_reads_variables_and_needs_quotes_around_a_script() {
        let script =
            |script: &str| of(&format!(r#""defaultExecutablePath": "/bin/sh", "arguments": ["-c", "{script}"]"#));
        let found = script("exec ./run $KNOWN");
        assert!(
            found.contains(
                "all that the shell reads of `exec ./run $KNOWN` is `exec`\nhint: put it in quotes: \"\\\"exec"
            ),
            "{found}"
        );
        for fine in [r#"\"exec ./run $KNOWN\""#, "./run", "echo${IFS}$KNOWN"] {
            assert_eq!(script(fine), "", "{fine}");
        }
    }
}
