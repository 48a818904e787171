//! Checks whether the kernel can execute a file, so that a broken executable is reported at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::files;

/// How much of a file is looked at.
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

/// Why a file cannot be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExecutable {
    /// What is wrong with the file, to follow its name.
    pub what: String,
    /// What to do about it.
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

/// What keeps a file from being started; `None` if nothing does, or it cannot be known.
pub fn not_executable(path: &Path) -> Option<NotExecutable> {
    if !is_executable(path) {
        return Some(NotExecutable::new("is there but may not be executed", format!("chmod +x {}", path.display())));
    }
    let mut head = Vec::new();
    let mut file = files::open(path).ok()?;
    file.by_ref().take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    if let Some(line) = head.strip_prefix(b"#!") {
        return script(line, path);
    }
    if head.starts_with(b"\x7fELF") {
        return elf(&head, file);
    }
    // Without such a line a text is for a shell to read, and none is called.
    Some(if head.starts_with(b"MZ") {
        NotExecutable::unknown_format("is a program for Windows", "build it for Linux")
    } else if [&b"\xcf\xfa\xed\xfe"[..], b"\xca\xfe\xba\xbe"].iter().any(|magic| head.starts_with(magic)) {
        NotExecutable::unknown_format("is a program for macOS", "build it for Linux")
    } else {
        NotExecutable::unknown_format(
            "is neither a program nor a script that names its interpreter",
            "begin it with a line such as `#!/bin/sh`, or name the interpreter in `defaultExecutablePath` and the file in `arguments`",
        )
    })
}

/// The error that starting such a file ends with in the real host, where the C library would do something else.
///
/// # Errors
/// If the file is of no format that the kernel knows.
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

/// What follows `#!`.
fn script(head: &[u8], path: &Path) -> Option<NotExecutable> {
    let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\n').next()?).into_owned();
    if line.ends_with('\r') {
        return Some(NotExecutable::new(
            "has Windows line ends, so the system looks for an interpreter whose name ends in a carriage return",
            format!("save it with Unix line ends: sed -i 's/\\r$//' {}", path.display()),
        ));
    }
    let interpreter = line.split_whitespace().next().unwrap_or_default();
    (!Path::new(interpreter).is_file()).then(|| {
        NotExecutable::new(
            format!("begins with `#!{}`, and there is no `{interpreter}`", line.trim_end()),
            "install the interpreter, or correct that line, perhaps to `#!/usr/bin/env NAME`",
        )
    })
}

/// A program for another machine, or one whose loader is not here: built on another system, and not statically.
fn elf(head: &[u8], file: File) -> Option<NotExecutable> {
    let machine = u16::from_le_bytes(*head.get(18..)?.first_chunk()?);
    let here = std::env::consts::ARCH;
    let named = ELF_MACHINES.iter().find(|(number, ..)| *number == machine);
    let is_known_here = ELF_MACHINES.iter().any(|(_, architecture, _)| *architecture == here);
    if is_known_here && named.is_none_or(|(_, architecture, _)| *architecture != here) {
        let name = named.map_or("another processor", |(.., name)| name);
        return Some(NotExecutable::unknown_format(
            format!("is a program for {name}, and this machine is {here}"),
            "build it for this machine",
        ));
    }
    let loader = loader(head, file)?;
    (!Path::new(&loader).is_file()).then(|| {
        NotExecutable::new(
            format!("wants the loader `{loader}`, which is not here: it was built for another system"),
            "link it statically, or build it on this system",
        )
    })
}

/// The program that loads a dynamically linked one: segment `PT_INTERP` of a 64-bit file.
fn loader(head: &[u8], mut file: File) -> Option<String> {
    const PT_INTERP: u32 = 3;
    let number = |at: usize| Some(u64::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let small = |at: usize| Some(usize::from(u16::from_le_bytes(*head.get(at..)?.first_chunk()?)));
    let (table, size, count) = (usize::try_from(number(32)?).ok()?, small(54)?, small(56)?);
    let segment = (0..count).map(|index| table + index * size).find(|at| {
        head.get(*at..).and_then(|rest| rest.first_chunk()).is_some_and(|kind| u32::from_le_bytes(*kind) == PT_INTERP)
    })?;
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(number(segment + 8)?)).ok()?;
    file.take(number(segment + 32)?.min(HEAD_BYTES)).read_to_end(&mut text).ok()?;
    String::from_utf8(text).ok().map(|text| text.trim_end_matches('\0').to_owned())
}

/// Whether anybody may execute a file.
pub fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
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
