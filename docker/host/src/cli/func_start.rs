//! Words of `func start` that hands type, and what they are called here.

/// What to type instead of an option or a verb of Core Tools.
pub fn hint(word: &str) -> Option<&'static str> {
    // `--cert FILE` and `--cert=FILE` are named as they were typed.
    let name = word.split([' ', '=']).next().unwrap_or_default().to_ascii_lowercase();
    Some(match name.as_str() {
        "start" | "host" => "`func start` is `mini-host` alone",
        "--script-root" | "--prefix" => "name the folder alone: mini-host FOLDER",
        "--usehttps" | "--use-https" | "--cert" | "--password" => {
            "mini-host speaks HTTP alone; for HTTPS put a proxy before it"
        }
        "--verbose" => {
            "the level of the log is host.json's: AzureFunctionsJobHost__logging__logLevel__default=Debug mini-host"
        }
        "--language-worker" | "--dotnet-isolated" | "--dotnet-isolated-debug" => {
            "a custom handler has no language worker; `--print-env` lets you start the handler in a debugger"
        }
        "--no-build" => "leave it out: mini-host builds nothing",
        "--enableauth" | "--enable-auth" => "leave it out: keys are always asked for, and `--open-keys` prints them",
        "--timeout" | "-t" => "leave it out: mini-host waits for a handler as long as the real host",
        "--enable-json-output" => "`--output json`",
        "--json-output-file" => "`--output json > FILE`",
        "--runtime" => "leave it out: there is one host",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_core_tools_have_a_name_here() {
        assert_eq!(hint("--script-root"), Some("name the folder alone: mini-host FOLDER"));
        assert!(hint("--cert=a.pfx").is_some() && hint("--useHttps").is_some());
        assert_eq!(hint("--prot"), None);
    }
}
