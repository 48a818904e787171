//! Whether a staged app can start at all: what would otherwise show as a handler that never listens.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::Value;

use super::inputs;
use crate::process::command;
use crate::text;

/// Checks the executable that host.json names: it is there and can be executed on this machine, or it is a program that
/// comes with the toolchain and the image.
pub fn check(dir: &Path, path: &OsStr) -> Result<()> {
    let text = std::fs::read_to_string(dir.join("host.json")).context("cannot read `host.json`")?;
    let host: Value = parse_to_serde_value(&text, &ParseOptions::default()).context("`host.json` is not JSON")?;
    let description = &host["customHandler"]["description"];
    let Some(name) = description["defaultExecutablePath"].as_str().filter(|name| !name.is_empty()) else {
        bail!(
            "`host.json` names no executable\n\
             hint: `customHandler.description.defaultExecutablePath` is the handler to start"
        );
    };
    // A variable is the host's to expand, and we do not know its environment.
    if name.contains('%') {
        return Ok(());
    }
    let file = dir.join(description["workerDirectory"].as_str().unwrap_or_default()).join(name);
    if file.is_file() {
        return executable(&file, name);
    }
    if name.contains('/') || command::find(name, dir, path).is_none() {
        let staged = inputs::all(dir).context("cannot list the staged app")?;
        let staged: Vec<String> = staged.iter().map(|file| file.display().to_string()).collect();
        let hint = text::did_you_mean(name, &staged).unwrap_or_else(|| {
            "it is either staged with the app, or a program of the toolchain and of the image".to_owned()
        });
        bail!("`host.json` names `{name}`, which is neither in the staged app nor on the PATH\nhint: {hint}");
    }
    Ok(())
}

/// The first bytes of a program, as far as they say what it runs on.
const HEAD: usize = 20;

fn executable(file: &Path, name: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().with_context(|| format!("cannot look at `{name}`"))?.permissions().mode();
    if mode & 0o111 == 0 {
        bail!("`{name}`, which `host.json` names, has no executable bit\nhint: `chmod +x`, or fix what makes it");
    }
    let mut head = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head));
    opened.with_context(|| format!("cannot read `{name}`"))?;
    match machine(&head) {
        Some(found) if found != std::env::consts::ARCH => bail!(
            "`{name}` is made for {found}, and this machine is {}\nhint: build it for this machine",
            std::env::consts::ARCH
        ),
        _ => Ok(()),
    }
}

/// The machine that an ELF file is made for, in Rust's words; `None` if it is not an ELF file, such as a script.
fn machine(head: &[u8]) -> Option<&'static str> {
    const LITTLE_ENDIAN: u8 = 1;
    if !head.starts_with(b"\x7fELF") {
        return head.starts_with(b"MZ").then_some("Windows");
    }
    let number: [u8; 2] = head.get(18..20)?.try_into().ok()?;
    let number = if head[5] == LITTLE_ENDIAN { u16::from_le_bytes(number) } else { u16::from_be_bytes(number) };
    Some(match number {
        3 => "x86",
        40 => "arm",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv64",
        _ => "another machine",
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn app(host: &str, files: &[(&str, &[u8], u32)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("host.json"), host).unwrap();
        for (name, bytes, mode) in files {
            fs::write(dir.path().join(name), bytes).unwrap();
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(*mode)).unwrap();
        }
        dir
    }

    fn checked(host: &str, files: &[(&str, &[u8], u32)]) -> Result<(), String> {
        let path = std::env::var_os("PATH").unwrap();
        check(app(host, files).path(), &path).map_err(|error| error.to_string())
    }

    const HANDLER: &str =
        r#"{ /* as the host reads it */ "customHandler": {"description": {"defaultExecutablePath": "handler"}} }"#;

    fn elf(machine: u8) -> Vec<u8> {
        let mut head = b"\x7fELF\x02\x01\x01".to_vec();
        head.resize(18, 0);
        head.extend([machine, 0]);
        head
    }

    #[test]
    fn a_staged_executable_is_looked_at() {
        assert_eq!(checked(HANDLER, &[("handler", b"#!/bin/sh\n", 0o755)]), Ok(()));
        let error = checked(HANDLER, &[("handler", b"#!/bin/sh\n", 0o644)]).unwrap_err();
        assert!(error.contains("no executable bit"), "{error}");
        let foreign = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
        let error = checked(HANDLER, &[("handler", &elf(foreign), 0o755)]).unwrap_err();
        assert!(error.contains("is made for"), "{error}");
    }

    #[test]
    fn a_program_may_come_with_the_toolchain() {
        let shell = HANDLER.replace("\"handler\"", "\"sh\"");
        assert_eq!(checked(&shell, &[]), Ok(()));
        let error = checked(HANDLER, &[("handlr", b"", 0o755)]).unwrap_err();
        assert!(error.ends_with("hint: did you mean `handlr`?"), "{error}");
        let error = checked(&HANDLER.replace("\"handler\"", "\"bin/handler\""), &[]).unwrap_err();
        assert!(error.contains("neither in the staged app nor on the PATH"), "{error}");
    }

    #[test]
    fn a_host_json_without_an_executable_is_answered() {
        assert!(checked("{}", &[]).unwrap_err().contains("names no executable"));
        assert!(checked("{", &[]).unwrap_err().contains("is not JSON"));
    }
}
