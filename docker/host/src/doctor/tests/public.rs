//! What stands in the files of public apps that use the keys of 2025 and 2026, and what this host makes of it: one row for each
//! oddity that a tool must survive. Two are seen only when the app runs: a program that listens elsewhere (`W19`,
//! `handler::tests`), and one that takes local `Host` values only (`W22`, recording Y16).

use std::path::Path;

use crate::app::{self, App, AuthLevel, HttpMode, Settings};

/// A row: host.json, files beside it, settings, and what is expected.
struct Row {
    id: &'static str,
    host_json: &'static str,
    files: &'static [(&'static str, &'static str)],
    settings: &'static [(&'static str, &'static str)],
    expected: Expected,
}

enum Expected {
    /// The app runs, and nothing is said about it.
    Fine,
    /// The app runs, and this is said.
    Said(&'static [&'static str]),
    /// The app is a host error, and this is said.
    Error(&'static [&'static str]),
    NoFunctions,
}

use Expected::{Error, Fine, NoFunctions, Said};

const CUSTOM: &[(&str, &str)] = &[("FUNCTIONS_WORKER_RUNTIME", "custom")];
const CATCH_ALL: &str = r#"{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": "{*route}"},
                            {"type": "http", "direction": "out", "name": "res"}]}"#;
const SEVEN_METHODS: &str = r#"{"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": "{*route}",
                            "methods": ["get", "post", "put", "delete", "patch", "head", "options"]},
                            {"type": "http", "direction": "out", "name": "res"}]}"#;

const ROWS: &[Row] = &[
    Row {
        id: "W01 port as a text",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "sh"}, "port": "8000"}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W02 port as a placeholder",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "sh", "arguments": ["<path to main script file>"]}, "port": "<MCP server port>"}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Error(&["'<MCP server port>'", "write the number that the program listens on", "is a placeholder"]),
    },
    Row {
        id: "W03 DefaultAuthorizationLevel",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "sh"}, "http": {"DefaultAuthorizationLevel": "anonymous"}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W04 defaultAuthorizationLevel",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "sh"}, "http": {"defaultAuthorizationLevel": "anonymous"}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W05 enableHttpProxyingRequest beside forwarding",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"},
            "enableHttpProxyingRequest": true, "enableForwardingHttpRequest": true}}"#,
        files: &[("F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Said(&[
            "`enableHttpProxyingRequest` means nothing here",
            "`enableProxyingHttpRequest`",
            "nothing is streamed",
        ]),
    },
    Row {
        id: "W06 enableProxying and a route below admin",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"}, "http": {"enableProxying": true,
            "routes": [{"route": "admin/{*route}"}, {"route": "{*route}"}]}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Said(&["`enableProxying` means nothing here", "`enableProxyingHttpRequest`", "remove this route"]),
    },
    Row {
        id: "W07 forwarding and proxying",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"},
            "enableForwardingHttpRequest": true, "enableProxyingHttpRequest": true}}"#,
        files: &[("F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W08 comments and trailing commas",
        host_json: "{\"version\": \"2.0\", // why\n \"customHandler\": {\"description\": {\"defaultExecutablePath\": \"sh\",},},}",
        files: &[("F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W09 a placeholder of a build",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "sh", "arguments": ["-jar", "@runner.jar.name@"]}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Said(&["`@runner.jar.name@` is a placeholder", "give the folder that the build writes"]),
    },
    Row {
        id: "W10 a path that is Azure's",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler",
            "customHandler": {"description": {"defaultExecutablePath": "/usr/lib/jvm/msft-17-x64/bin/sh"}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Said(&["is not a program", "`sh` is on PATH: write `sh`"]),
    },
    Row {
        id: "W11 empty texts and lists",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh", "workingDirectory": "",
            "arguments": []}, "enableProxyingHttpRequest": true}}"#,
        files: &[("F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W12 proxying and nothing to serve",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"}, "enableProxyingHttpRequest": true}}"#,
        files: &[],
        settings: CUSTOM,
        expected: NoFunctions,
    },
    Row {
        id: "W13 a profile beside a left-over function.json",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[("mcp-handler/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Error(&["Detected both function.json files", "remove the folders with a function.json"]),
    },
    Row {
        id: "W14 another worker runtime with a profile",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[],
        settings: &[("FUNCTIONS_WORKER_RUNTIME", "dotnet-isolated")],
        expected: Fine,
    },
    Row {
        id: "W15 feature flags",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[],
        settings: &[
            ("FUNCTIONS_WORKER_RUNTIME", "python"),
            ("AzureWebJobsFeatureFlags", "EnableMcpCustomHandlerPreview,Other"),
        ],
        expected: Fine,
    },
    Row {
        id: "W16 no storage",
        host_json: r#"{"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "sh"}, "enableProxyingHttpRequest": true}}"#,
        files: &[("F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W17 files of other models",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[("function_app.py", ""), ("package.json", r#"{"main": "x"}"#), ("bin/x.dll", "")],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W18, W25 another app in a folder below",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[("src/api/host.json", "{}"), ("src/api/F/function.json", CATCH_ALL)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W20 a catch-all of a web app",
        host_json: r#"{"version": "2.0", "configurationProfile": "web-app-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "sh"}}}"#,
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W21 seven methods in small letters",
        host_json: r#"{"version": "2.0", "extensions": {"http": {"routePrefix": ""}},
            "customHandler": {"description": {"defaultExecutablePath": "sh"}, "enableProxyingHttpRequest": true}}"#,
        files: &[("F/function.json", SEVEN_METHODS)],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W23 a byte order mark",
        host_json: "\u{feff}{\"version\": \"2.0\", \"configurationProfile\": \"mcp-custom-handler\", \
            \"customHandler\": {\"description\": {\"defaultExecutablePath\": \"sh\"}}}",
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W24 odd indentation",
        host_json: "{\n\t\"version\": \"2.0\",\n   \"configurationProfile\": \"mcp-custom-handler\",  \n\t\"customHandler\": {\"description\": \
            {\"defaultExecutablePath\": \"sh\", \"arguments\": [ \"x\" ]} } \n}  \n",
        files: &[],
        settings: CUSTOM,
        expected: Fine,
    },
    Row {
        id: "W26 a script without execute bit",
        host_json: r#"{"version": "2.0", "configurationProfile": "mcp-custom-handler", "customHandler": {"description": {"defaultExecutablePath": "run.sh"}}}"#,
        files: &[("run.sh", "#!/bin/sh\n")],
        settings: CUSTOM,
        expected: Said(&["may not be executed", "chmod +x"]),
    },
];

/// The app of a row, and all that is said about it.
fn load(row: &Row, root: &Path) -> (App, String) {
    std::fs::write(root.join("host.json"), row.host_json).unwrap();
    for (name, text) in row.files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    let settings: Settings = row.settings.iter().copied().chain([("PATH", path.as_str())]).collect();
    let app = app::load(root, &settings);
    let said = super::lines(&[app.diagnostics.clone(), crate::doctor::diagnostics(&app, &settings)].concat());
    (app, said)
}

#[test]
fn public_files_are_survived_and_explained() {
    for row in ROWS {
        let folder = tempfile::tempdir().unwrap();
        let (app, said) = load(row, folder.path());
        let (parts, is_error) = match row.expected {
            Fine | NoFunctions => (&[][..], false),
            Said(parts) => (parts, false),
            Error(parts) => (parts, true),
        };
        assert_eq!(!app.errors.is_empty(), is_error, "{}: {:?}", row.id, app.errors);
        if !is_error {
            assert_eq!(app.has_functions(), !matches!(row.expected, NoFunctions), "{}", row.id);
        }
        for part in parts {
            assert!(said.contains(part), "{}: {said}", row.id);
        }
        if matches!(row.expected, Fine) {
            assert_eq!(said, "", "{}", row.id);
        }
    }
}

#[test]
fn what_is_fine_means_what_it_says() {
    let row = |id: &str| ROWS.iter().find(|row| row.id.starts_with(id)).unwrap();
    let folder = || tempfile::tempdir().unwrap();
    let loaded = |id: &str| load(row(id), folder().path()).0;
    assert_eq!(loaded("W01").fixed_port(), Some(8000));
    for id in ["W03", "W04"] {
        assert_eq!(loaded(id).functions[0].http.as_ref().unwrap().level, AuthLevel::Anonymous, "{id}");
    }
    for (id, mode) in [("W05", HttpMode::Forwarding), ("W07", HttpMode::Proxying), ("W14", HttpMode::Proxying)] {
        let app = loaded(id);
        assert_eq!(app.functions[0].http_mode(&app.options), Some(mode), "{id}");
    }
    assert_eq!(loaded("W21").functions[0].http.as_ref().unwrap().methods.as_ref().map(Vec::len), Some(7));
    assert_eq!(loaded("W18").functions.len(), 1);
}
