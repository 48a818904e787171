//! The inputs of a sample: every file in its folder that git does not ignore. There is no list to keep.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// The inputs of one sample, relative to its folder, in order: what git does not ignore. Its rules are read from the folder itself
/// and from those above it, in a checkout or not: a reader's copy of the folder is not a repository yet.
pub fn list(dir: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut rules = WalkBuilder::new(dir);
    rules.hidden(false).ignore(false).require_git(false).filter_entry(|entry| entry.file_name() != ".git");
    files(&rules, dir)
}

/// Every file in a folder, relative to it, in order. A folder that is not there has none.
pub fn all(dir: &Path) -> io::Result<BTreeSet<PathBuf>> {
    files(WalkBuilder::new(dir).standard_filters(false), dir)
}

fn files(rules: &WalkBuilder, dir: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    for entry in rules.build() {
        let entry = match entry.map_err(|error| error.into_io_error()) {
            // A folder has gone since it was listed.
            Err(Some(error)) if error.kind() == io::ErrorKind::NotFound => continue,
            entry => entry.map_err(|error| error.unwrap_or_else(|| io::Error::other("a loop of links")))?,
        };
        if entry.file_type().is_some_and(|kind| !kind.is_dir())
            && let Ok(inner) = entry.path().strip_prefix(dir)
        {
            files.insert(inner.to_path_buf());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(files: &BTreeSet<PathBuf>) -> Vec<String> {
        files.iter().map(|file| file.display().to_string()).collect()
    }

    #[test]
    fn what_is_ignored_is_no_input() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("samples/go");
        fs::create_dir_all(dir.join("target/deep")).unwrap();
        fs::create_dir_all(dir.join(".hidden")).unwrap();
        for (file, text) in [
            (".gitignore", "/target/\n*.lock\n"),
            ("main.go", ""),
            ("go.lock", ""),
            ("target/deep/handler", ""),
            (".hidden/file", ""),
        ] {
            fs::write(dir.join(file), text).unwrap();
        }
        assert_eq!(names(&list(&dir).unwrap()), [".gitignore", ".hidden/file", "main.go"]);
    }
}
