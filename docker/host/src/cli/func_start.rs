//! Options and verbs of `func` that people type out of habit, and what they are called here.

/// What to type instead of an option or a verb of Core Tools; `None` for any other word.
///
/// The options are those of its `StartHostAction` and its global ones, of version 4, and two of version 1.
pub fn hint(word: &str) -> Option<&'static str> {
    // `--cert FILE` and `--cert=FILE` are named as they were typed.
    let name = word.split([' ', '=']).next().unwrap_or_default().to_ascii_lowercase();
    Some(match name.as_str() {
        "start" | "host" => "`func start` is `mini-host` alone",
        "run" => "`mini-host send FUNCTION` invokes one",
        "pack" | "azure" | "publish" => "`mini-host package` makes the zip that Azure takes",
        "--script-root" | "--prefix" => "name the folder alone: mini-host FOLDER",
        "--usehttps" | "--use-https" | "--cert" | "--password" => {
            "mini-host speaks HTTP alone; for HTTPS put a proxy before it"
        }
        "-v" => {
            "`mini-host --version`; for more log: AzureFunctionsJobHost__logging__logLevel__default=Debug mini-host"
        }
        "--verbose" => {
            "the level of the log is host.json's: AzureFunctionsJobHost__logging__logLevel__default=Debug mini-host"
        }
        "--user-log-level" => {
            "the level of the log is host.json's: AzureFunctionsJobHost__logging__logLevel__Function=Debug mini-host"
        }
        "--language-worker" | "--dotnet-isolated-debug" | "--debug" => {
            "a custom handler has no language worker; `--print-env` lets you start the handler in a debugger"
        }
        "--csharp" | "--dotnet" | "--dotnet-isolated" | "--javascript" | "--typescript" | "--node" | "--java"
        | "--python" | "--powershell" | "--custom" => "leave it out: mini-host runs custom handlers alone",
        "--no-build" => "leave it out: mini-host builds nothing",
        "--offline" => "leave it out: mini-host downloads nothing",
        "--pause-on-error" => "leave it out: mini-host never waits for a key",
        "--enableauth" | "--enable-auth" => "leave it out: keys are always asked for, and `--open-keys` prints them",
        "--timeout" | "-t" => "leave it out: mini-host waits for a handler as long as the real host",
        "--enable-json-output" => "`--output json`",
        "--json-output-file" => "`--output json > FILE`",
        "--runtime" => "leave it out: there is one host",
        "true" | "false" => "a switch takes no value here: it is there, or it is not",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    /// All that Core Tools takes after `func start`, with a value where it wants one.
    const TYPED: [&str; 29] = [
        "--port 0",
        "-p 0",
        "--cors http://localhost:3000",
        "--cors-credentials",
        "--timeout 30",
        "-t 30",
        "--useHttps",
        "--cert a.pfx",
        "--password secret",
        "--language-worker x",
        "--no-build",
        "--enableAuth",
        "--functions hello Orders",
        "--user-log-level Debug",
        "--dotnet-isolated-debug",
        "--enable-json-output",
        "--json-output-file out",
        "--runtime default",
        "--verbose",
        "--offline",
        "--csharp",
        "--dotnet",
        "--dotnet-isolated",
        "--javascript",
        "--typescript",
        "--node",
        "--custom",
        "--script-root bin",
        "--pause-on-error",
    ];

    #[test]
    fn every_option_of_func_start_is_taken_or_has_a_name_here() {
        for typed in TYPED {
            let words = ["mini-host"].into_iter().chain(typed.split(' '));
            assert!(Cli::try_parse_from(words).is_ok() || hint(typed).is_some(), "{typed}");
        }
        assert!(hint("--cert=a.pfx").is_some());
        assert_eq!(hint("--prot"), None);
    }
}
