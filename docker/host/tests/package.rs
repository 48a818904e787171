//! The zip that Azure takes: what is in it, and what is refused instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use zip::ZipArchive;

const HOST_JSON: &str = r#"{
  "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "bin/handler" } },
  "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }
}"#;
const HANDLER: &str = "#!/usr/bin/env node
require('node:http').createServer((request, response) => {
  const text = JSON.stringify({ Outputs: { res: { statusCode: 200, body: 'packed' } } });
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";
const FUNCTION: &str = r#"{ "bindings": [
  { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" },
  { "type": "http", "direction": "out", "name": "res" }
] }"#;

/// An app whose program has no execute bit, as on a file system without modes; `more` comes on top.
fn app(more: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 8] = [
        ("host.json", HOST_JSON.as_bytes()),
        ("bin/handler", HANDLER.as_bytes()),
        ("hello/function.json", FUNCTION.as_bytes()),
        ("data.txt", b"data"),
        ("README.md", b"read"),
        ("src/main.js", b"source"),
        (".funcignore", b"*.md\nsrc\n"),
        ("local.settings.json", b"{}"),
    ];
    for (name, content) in files.iter().chain(more) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn package(app: &Path, output: &Path, plan: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-host"));
    command.arg("package").arg(app).args(["--plan", plan]).arg("--output").arg(output).output().unwrap()
}

#[test]
fn a_package_has_what_is_deployed_with_its_modes_and_runs_where_it_is_unpacked() {
    let (app, aside) = (app(&[]), tempfile::tempdir().unwrap());
    let [one, two] = ["one.zip", "two.zip"].map(|name| aside.path().join(name));
    let ended = package(app.path(), &one, "container");
    assert!(ended.status.success(), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stdout).contains("-rwxr-xr-x"), "{ended:?}");
    // Another time and another mode are the same package.
    fs::write(app.path().join("data.txt"), "data").unwrap();
    fs::set_permissions(app.path().join("bin/handler"), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(package(app.path(), &two, "container").status.success());
    let bytes = fs::read(&one).unwrap();
    assert_eq!(bytes, fs::read(&two).unwrap());

    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let entries: Vec<_> = (0..zip.len())
        .map(|index| {
            let file = zip.by_index(index).unwrap();
            (file.name().unwrap().to_string(), file.unix_mode().unwrap())
        })
        .collect();
    let plain = 0o100_644;
    let expected =
        [("bin/handler", 0o100_755), ("data.txt", plain), ("hello/function.json", plain), ("host.json", plain)];
    assert_eq!(entries, expected.map(|(name, mode)| (name.to_owned(), mode)));

    let unpacked = aside.path().join("unpacked");
    zip.extract(&unpacked).unwrap();
    let response = host::Host::serve(&unpacked, &[]).post("/api/hello", "");
    assert!(response.contains("\r\npacked\r\n"), "{response}");
}

#[test]
fn what_cannot_run_there_is_refused_with_the_reason_and_no_zip_is_made() {
    let arm = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 11], &[183, 0, 1], &[0; 43]].concat();
    let blob =
        r#"{ "bindings": [{ "type": "blobTrigger", "direction": "in", "name": "in", "path": "inbox/{name}" }] }"#;
    let cases: [(&str, &[u8], &str); 7] = [
        ("bin/handler", &arm, "is a program for ARM64, and Azure is x86_64"),
        ("bin/handler", b"MZ", "is a program for Windows"),
        ("bin/handler", b"#!/bin/sh\r\n", "has Windows line ends"),
        ("bin/handler", b"node x.js", "is neither a program nor a script"),
        (".funcignore", b"bin", "`bin/handler` is not packed\nhint: `.funcignore` names it"),
        ("host.json", br#"{ "version": "2.0" }"#, "hint: add a section `customHandler`"),
        ("copy/function.json", blob.as_bytes(), "copy/function.json:1:26`: Flex Consumption does not scan containers"),
    ];
    for (file, content, part) in cases {
        let (app, aside) = (app(&[(file, content)]), tempfile::tempdir().unwrap());
        let ended = package(app.path(), &aside.path().join("app.zip"), "flex");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains(part) && ended.status.code() == Some(1), "{part}: {said}");
        assert_eq!(fs::read_dir(aside.path()).unwrap().count(), 0, "{part}");
    }
    let left_out: [(&str, &[u8]); 2] = [("copy/function.json", blob.as_bytes()), (".funcignore", b"*.md\ncopy\n")];
    let (app_without, aside) = (app(&left_out), tempfile::tempdir().unwrap());
    let ended = package(app_without.path(), &aside.path().join("app.zip"), "flex");
    assert!(ended.status.success(), "what is not packed keeps nothing from running: {ended:?}");
    let (app, aside) = (app(&[("copy/function.json", blob.as_bytes())]), tempfile::tempdir().unwrap());
    let ended = package(app.path(), &aside.path().join("app.zip"), "premium");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.contains("needs `node`, which is there if the app's runtime is `node`"),
        "{said}"
    );
}
