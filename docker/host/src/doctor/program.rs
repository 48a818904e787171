//! Checks whether the kernel can execute a file, so that a broken executable is reported at once.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::elf::{self, Elf};
use crate::files;

const HEAD_BYTES: u64 = 4096;
/// `ENOEXEC`: the file is not a program that this kernel knows.
const EXEC_FORMAT_ERROR: i32 = 8;
/// The kernel's other ways to start a file, such as an emulator of another processor.
const OTHER_FORMATS: &str = "/proc/sys/fs/binfmt_misc";

const ELF_MACHINES: [(u16, &str, &str); 5] = [
    (3, "x86", "32-bit x86"),
    (40, "arm", "32-bit ARM"),
    (62, "x86_64", "x86-64"),
    (183, "aarch64", "ARM64"),
    (243, "riscv64", "RISC-V"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExecutable {
    /// What is wrong with the file, to follow its name.
    pub what: String,
    pub hint: String,
    /// Whether the file is of no format that the kernel knows. The C library would give such a file to a shell; .NET, and so the
    /// real host, does not.
    pub is_unknown_format: bool,
}

impl NotExecutable {
    fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into(), is_unknown_format: false }
    }

    fn unknown_format(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_unknown_format: true, ..Self::new(what, hint) }
    }
}

/// What a file is to a kernel that is to execute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    Elf(Elf),
    /// A script, with what follows `#!` in its first line.
    Script(String),
    /// A program of another system, by its name.
    Foreign(&'static str),
    Unknown,
}

/// Looks at the first bytes of a file, and at those parts of a program that say where it runs.
pub fn format(path: &Path) -> io::Result<Format> {
    let mut head = Vec::new();
    let mut file = files::open(path)?;
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let begins_with = |magic: &[u8]| head.starts_with(magic);
    Ok(if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Format::Script(String::from_utf8_lossy(line).into_owned())
    } else if begins_with(b"MZ") {
        Format::Foreign("Windows")
    } else if begins_with(b"\xcf\xfa\xed\xfe") || begins_with(b"\xca\xfe\xba\xbe") {
        Format::Foreign("macOS")
    } else {
        elf::read(file).map_or(Format::Unknown, Format::Elf)
    })
}

/// What keeps a file from being started; `None` if nothing does, or it cannot be known.
pub fn not_executable(path: &Path) -> Option<NotExecutable> {
    if !is_executable(path) {
        return Some(NotExecutable::new("is there but may not be executed", format!("chmod +x {}", path.display())));
    }
    match format(path).ok()? {
        Format::Elf(elf) => of_elf(&elf, std::env::consts::ARCH, "this machine").or_else(|| without_loader(&elf)),
        Format::Script(line) => windows_line_end(&line, path).or_else(|| without_interpreter(&line)),
        Format::Foreign(system) => {
            Some(NotExecutable::unknown_format(format!("is a program for {system}"), "build it for Linux"))
        }
        Format::Unknown => Some(unknown()),
    }
}

/// Without such a line a text is for a shell to read, and none is called.
pub fn unknown() -> NotExecutable {
    NotExecutable::unknown_format(
        "is neither a program nor a script that names its interpreter",
        "begin it with a line such as `#!/bin/sh`, or name the interpreter in `defaultExecutablePath` and the file in `arguments`",
    )
}

/// The error that starting such a file ends with in the real host, where the C library would do something else.
pub fn refuse_unknown_format(path: &Path) -> io::Result<()> {
    match not_executable(path) {
        Some(reason) if reason.is_unknown_format && !has_other_formats() => {
            Err(io::Error::from_raw_os_error(EXEC_FORMAT_ERROR))
        }
        _ => Ok(()),
    }
}

fn has_other_formats() -> bool {
    let formats = std::fs::read_dir(OTHER_FORMATS).into_iter().flatten().flatten();
    formats.map(|entry| entry.file_name()).any(|name| name != "register" && name != "status")
}

/// A carriage return at the end of a script's first line.
pub fn windows_line_end(line: &str, path: &Path) -> Option<NotExecutable> {
    line.ends_with('\r').then(|| {
        NotExecutable::new(
            "has Windows line ends, so the system looks for an interpreter whose name ends in a carriage return",
            format!("save it with Unix line ends: sed -i 's/\\r$//' {}", path.display()),
        )
    })
}

fn without_interpreter(line: &str) -> Option<NotExecutable> {
    let interpreter = line.split_whitespace().next().unwrap_or_default();
    (!Path::new(interpreter).is_file()).then(|| {
        NotExecutable::new(
            format!("begins with `#!{}`, and there is no `{interpreter}`", line.trim_end()),
            "install the interpreter, or correct that line, perhaps to `#!/usr/bin/env NAME`",
        )
    })
}

/// A program for another processor than `here`, which is that of `place`.
pub fn of_elf(elf: &Elf, here: &str, place: &str) -> Option<NotExecutable> {
    let named = ELF_MACHINES.iter().find(|(number, ..)| *number == elf.machine);
    let is_known_here = ELF_MACHINES.iter().any(|(_, architecture, _)| *architecture == here);
    (is_known_here && named.is_none_or(|(_, architecture, _)| *architecture != here)).then(|| {
        let name = named.map_or("another processor", |(.., name)| name);
        NotExecutable::unknown_format(
            format!("is a program for {name}, and {place} is {here}"),
            format!("build it for {here}"),
        )
    })
}

/// A program whose loader is not here: built on another system, and not statically.
fn without_loader(elf: &Elf) -> Option<NotExecutable> {
    let loader = elf.loader.as_deref().filter(|loader| !Path::new(loader).is_file())?;
    Some(NotExecutable::new(
        format!("wants the loader `{loader}`, which is not here: it was built for another system"),
        "link it statically, or build it on this system",
    ))
}

pub fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn found(content: &[u8]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("handler");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        not_executable(&path).map(|reason| reason.what)
    }

    #[test]
    fn programs_and_scripts_are_fine() {
        assert_eq!(not_executable(&std::env::current_exe().unwrap()), None);
        assert_eq!(found(b"#!/bin/sh\necho\n"), None);
        assert_eq!(found(b"#! /usr/bin/env node\n"), None);
    }

    #[test]
    fn what_the_kernel_refuses_is_told() {
        let of_another_machine = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 11], &[0xF3, 0x7F], &[0; 44]].concat();
        for (content, part) in [
            (b"#!/bin/sh\r\necho\r\n".as_slice(), "Windows line ends"),
            (b"#!/usr/bin/nodejs18\n", "there is no `/usr/bin/nodejs18`"),
            (b"MZ\x90\0", "for Windows"),
            (b"\xcf\xfa\xed\xfe", "for macOS"),
            (b"echo hello\n", "neither a program nor a script"),
            (&of_another_machine, "for another processor"),
        ] {
            assert!(found(content).is_some_and(|what| what.contains(part)), "{part}: {:?}", found(content));
        }
    }
}
