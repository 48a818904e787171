//! What an ELF file says about the systems that can run it.

use std::fs::File;

use object::elf::{FileHeader32, FileHeader64};
use object::endian::Endianness;
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{FileKind, ReadCache, ReadRef};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    pub machine: u16,
    /// The program that loads it; `None` if it is linked statically, or is a library.
    pub loader: Option<String>,
    /// The oldest GNU C library that has all it asks for; `None` if it asks for none.
    pub glibc: Option<(u32, u32)>,
}

/// Reads those parts of a file; `None` if it is not an ELF file, or a broken one.
pub fn read(file: File) -> Option<Elf> {
    let data = ReadCache::new(file);
    match FileKind::parse(&data).ok()? {
        FileKind::Elf32 => of::<FileHeader32<Endianness>, _>(&data).ok(),
        FileKind::Elf64 => of::<FileHeader64<Endianness>, _>(&data).ok(),
        _ => None,
    }
}

fn of<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(data: R) -> object::Result<Elf> {
    let header = H::parse(data)?;
    let endian = header.endian()?;
    let mut loader = None;
    for segment in header.program_headers(endian, data)? {
        if let Some(path) = segment.interpreter(endian, data)? {
            loader = Some(String::from_utf8_lossy(path).into_owned());
        }
    }
    let mut glibc = None;
    let sections = header.sections(endian, data)?;
    if let Some((mut libraries, link)) = sections.gnu_verneed(endian, data)? {
        let names = sections.strings(endian, data, link)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                glibc = glibc.max(glibc_version(version.name(endian, names)?));
            }
        }
    }
    Ok(Elf { machine: header.e_machine(endian).0, loader, glibc })
}

/// `GLIBC_2.34` as (2, 34).
fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let (major, minor) = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
