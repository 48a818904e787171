//! Writes a zip: the one file that names the crate for it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::error;
use super::files::{File, aside};
use crate::app::Diagnostic;
use crate::files;

/// Beyond it a zip needs other headers.
const SMALL: u64 = u32::MAX as u64;

/// Packs files, beside the place where the zip is to stand. Equal files are equal bytes: none has its time in it.
pub fn write(files: &[File], output: &Path) -> Result<NamedTempFile, Diagnostic> {
    let cannot = |error: io::Error| error::unwritable(output, &error);
    let (folder, name) = (output.parent().unwrap_or(Path::new("/")), aside(output));
    let mut builder = tempfile::Builder::new();
    builder.prefix(&name);
    builder.permissions(Permissions::from_mode(0o644));
    let mut zip = ZipWriter::new(builder.tempfile_in(folder).map_err(cannot)?);
    for file in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(if file.is_executed { 0o755 } else { 0o644 })
            .large_file(file.size > SMALL);
        zip.start_file(&file.name, options).map_err(|error| cannot(error.into()))?;
        let mut content = files::open(&file.path).map_err(|error| error::unreadable(&file.path, &error))?;
        if io::copy(&mut content, &mut zip).map_err(cannot)? != file.size {
            return Err(error::changed(&file.name));
        }
    }
    zip.finish().map_err(|error| cannot(error.into()))
}

/// Gives a zip its name, and returns its size.
pub fn put_in_place(zip: NamedTempFile, output: &Path) -> Result<u64, Diagnostic> {
    let cannot = |error: io::Error| error::unwritable(output, &error);
    let file = zip.persist(output).map_err(|error| cannot(error.error))?;
    Ok(file.metadata().map_err(cannot)?.len())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::files::{compare, list};
    use super::*;

    #[test]
    fn a_folder_that_changes_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (root, output) = (folder.path(), folder.path().join("app.zip"));
        let list = || list(root, None, &output).unwrap();
        fs::write(root.join("one"), "1").unwrap();
        fs::write(root.join("app.zip"), "of yesterday").unwrap();
        let before = list();
        assert!(compare(&before, &list()).is_ok());
        fs::write(root.join("two"), "2").unwrap();
        assert_eq!(compare(&before, &list()), Err(error::changed("two")));
        fs::write(root.join("one"), "1, and more").unwrap();
        assert_eq!(write(&before, &output).unwrap_err(), error::changed("one"));
        assert_eq!(fs::read(output).unwrap(), b"of yesterday");
    }
}
