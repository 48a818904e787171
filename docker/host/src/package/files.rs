//! The files of an app that are deployed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ignore::WalkBuilder;
use ignore::gitignore::GitignoreBuilder;

use super::error::Error;
use crate::doctor::program::{self, Format};

/// What Core Tools leaves out in every folder and ignoring case, whatever `.funcignore` says.
const NEVER_FOLDERS: [&str; 2] = [".git", ".vscode"];
const NEVER_FILES: [&str; 4] = [".funcignore", ".gitignore", "local.settings.json", "project.lock.json"];

/// One file.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the app, with forward slashes.
    pub name: String,
    pub path: PathBuf,
    pub size: u64,
    pub modified: Option<SystemTime>,
    /// Whether it gets the execute bit: it has one, or is a program or a script, which file systems without modes lack.
    pub is_executed: bool,
}

/// Every file below `root` that is deployed, in the order of the names. Links are followed; `output` is no part of it.
///
/// # Errors
/// If a file or `.funcignore` cannot be read.
pub fn list(root: &Path, output: &Path) -> Result<Vec<File>, Error> {
    let mut ignored = GitignoreBuilder::new(root);
    let list = root.join(".funcignore");
    if let Some(error) = list.is_file().then(|| ignored.add(list)).flatten() {
        return Err(error.into());
    }
    let (ignored, output) = (ignored.build()?, output.to_path_buf());
    let is_deployed = move |entry: &ignore::DirEntry| {
        let is_dir = entry.path().is_dir();
        let never = if is_dir { &NEVER_FOLDERS[..] } else { &NEVER_FILES[..] };
        let is_left_out = never.iter().any(|name| entry.file_name().eq_ignore_ascii_case(name));
        // The zip is written beside its place, under a name that begins like it.
        let is_output = entry.path().to_string_lossy().starts_with(&*output.to_string_lossy());
        entry.depth() == 0 || !(is_left_out || is_output || ignored.matched(entry.path(), is_dir).is_ignore())
    };
    let walk = WalkBuilder::new(root).standard_filters(false).follow_links(true).filter_entry(is_deployed).build();
    let mut files = Vec::new();
    for entry in walk {
        let path = entry?.into_path();
        if path.is_file() {
            files.push(file(root, path)?);
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

/// # Errors
/// Names a file that is not the same in both lists.
pub fn compare(before: &[File], after: &[File]) -> Result<(), Error> {
    let is_new = |file: &&File| !after.contains(file);
    let changed = before.iter().find(is_new).or_else(|| after.iter().find(|file| !before.contains(file)));
    changed.map_or(Ok(()), |file| Err(Error::Changed(file.name.clone())))
}

fn file(root: &Path, path: PathBuf) -> Result<File, Error> {
    let read = |error| Error::Read { path: path.clone(), error };
    let metadata = fs::metadata(&path).map_err(read)?;
    let is_executed = program::is_executable(&path)
        || matches!(program::format(&path).map_err(read)?, Format::Elf(_) | Format::Script(_));
    let parts = path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_str());
    let parts: Option<Vec<&str>> = parts.collect();
    Ok(File {
        name: parts.ok_or_else(|| Error::Name(path.clone()))?.join("/"),
        size: metadata.len(),
        modified: metadata.modified().ok(),
        is_executed,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::super::archive;
    use super::*;

    /// The names of what is deployed of a folder with these files.
    fn deployed(ignored: &str, files: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".funcignore"), ignored).unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        list(folder.path(), Path::new("/nowhere")).unwrap().into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn settings_and_the_files_of_editors_are_deployed_from_no_folder() {
        let files =
            ["a", "local.settings.json", "b/Local.Settings.json", "b/c/.git/HEAD", "b/.vscode/x", "b/.gitignore"];
        assert_eq!(deployed("", &files), ["a"]);
    }

    #[test]
    fn the_list_of_what_is_left_out_is_read_as_git_reads_its_own() {
        for (ignored, expected) in [
            ("*.md\r\n\r\n# all of them\r\n", &["bin/a.log", "bin/keep.log", "src/bin/b"][..]),
            ("/bin", &["a.md", "src/b.md", "src/bin/b"]),
            ("bin/", &["a.md", "src/b.md"]),
            ("*.log\n!keep.log", &["a.md", "bin/keep.log", "src/b.md", "src/bin/b"]),
            ("src/**/b\n**/a.*", &["bin/keep.log", "src/b.md"]),
        ] {
            let all = ["a.md", "bin/a.log", "bin/keep.log", "src/b.md", "src/bin/b"];
            assert_eq!(deployed(ignored, &all), expected, "{ignored:?}");
        }
    }

    #[test]
    fn a_folder_that_changes_meanwhile_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (root, output) = (folder.path(), folder.path().join("app.zip"));
        let list = || list(root, &output).unwrap();
        fs::write(root.join("one"), "1").unwrap();
        fs::write(root.join("app.zip"), "of yesterday").unwrap();
        let before = list();
        assert!(compare(&before, &list()).is_ok());
        fs::write(root.join("two"), "2").unwrap();
        assert!(matches!(compare(&before, &list()), Err(Error::Changed(name)) if name == "two"));
        fs::write(root.join("one"), "1, and more").unwrap();
        assert!(matches!(archive::write(&before, &output), Err(Error::Changed(name)) if name == "one"));
        assert_eq!(fs::read(output).unwrap(), b"of yesterday");
    }
}
