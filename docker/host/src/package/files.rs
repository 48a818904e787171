//! The files of an app that are deployed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ignore::gitignore::GitignoreBuilder;

use super::error;
use crate::app::Diagnostic;
use crate::doctor::program::{self, Format};

/// What Core Tools leaves out in every folder and ignoring case, whatever `.funcignore` says.
const NEVER_FOLDERS: [&str; 2] = [".git", ".vscode"];
const NEVER_FILES: [&str; 5] = [LIST, ".git", ".gitignore", SETTINGS, "project.lock.json"];
const SETTINGS: &str = "local.settings.json";
/// What else an app leaves out.
const LIST: &str = ".funcignore";

/// Folders that link to each other can have more paths than time.
const MOST_PATHS: usize = 100;

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

/// Every file below `root` that is deployed, in the order of the names: all but what `left_out` names, or else the
/// `.funcignore` in it if there is one. Links are followed; `output` is no part of it.
pub fn list(root: &Path, left_out: Option<&Path>, output: &Path) -> Result<Vec<File>, Diagnostic> {
    let mut ignored = GitignoreBuilder::new(root);
    let own = root.join(LIST);
    let list = left_out.unwrap_or(&own);
    let shown = left_out.unwrap_or(Path::new(LIST)).display();
    let unread = |error: &dyn Display| Diagnostic::of_whole(format!("cannot read `{shown}`: {error}"));
    let is_there = left_out.is_some() || list.symlink_metadata().is_ok();
    if is_there && !list.is_file() {
        return Err(unread(&"it is not a file"));
    }
    if let Some(error) = is_there.then(|| ignored.add(list)).flatten() {
        return Err(unread(&error));
    }
    let ignored = ignored.build().map_err(|error| unread(&error))?;
    let aside = output.with_file_name(aside(output));
    let is_left_out = |path: &Path, is_dir: bool| {
        let never = if is_dir { &NEVER_FOLDERS[..] } else { &NEVER_FILES[..] };
        let name = path.file_name().unwrap_or_default();
        let is_output = path == output || path.to_string_lossy().starts_with(&*aside.to_string_lossy());
        is_output
            || never.iter().any(|never| name.eq_ignore_ascii_case(never))
            || ignored.matched(path, is_dir).is_ignore()
    };
    let mut walk = Walk { is_left_out: &is_left_out, seen: HashMap::new(), found: Vec::new() };
    walk.below(root, &[])?;
    let mut files = walk.found.into_iter().map(|path| file(root, path)).collect::<Result<Vec<_>, _>>()?;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(files)
}

struct Walk<'a> {
    is_left_out: &'a dyn Fn(&Path, bool) -> bool,
    /// How often a folder was come upon.
    seen: HashMap<PathBuf, usize>,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Finds the files below a folder; `around` are those that it is in.
    fn below(&mut self, folder: &Path, around: &[PathBuf]) -> Result<(), Diagnostic> {
        let read = |error| error::unreadable(folder, &error);
        let real = folder.canonicalize().map_err(read)?;
        if around.contains(&real) {
            return Err(error::unfit(folder, "leads back to a folder that it is in"));
        }
        let times = self.seen.entry(real.clone()).or_default();
        *times += 1;
        if *times > MOST_PATHS {
            return Err(error::unfit(folder, &format!("is reached by more than {MOST_PATHS} links")));
        }
        let around = [around, &[real]].concat();
        for entry in fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let metadata = fs::metadata(&path);
            if (self.is_left_out)(&path, metadata.as_ref().is_ok_and(fs::Metadata::is_dir)) {
                continue;
            }
            match metadata {
                Ok(metadata) if metadata.is_dir() => self.below(&path, &around)?,
                Ok(_) if path.canonicalize().is_ok_and(|real| is_settings(&real)) => {}
                Ok(metadata) if metadata.is_file() => self.found.push(path),
                Ok(_) => return Err(error::unfit(&path, "is not a file, and not a folder")),
                Err(_) if path.is_symlink() => return Err(error::unfit(&path, "is a link to nothing")),
                Err(error) => return Err(error::unreadable(&path, &error)),
            }
        }
        Ok(())
    }
}

/// A link to the settings is the settings.
fn is_settings(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(SETTINGS))
}

/// Names a file that is not the same in both lists, if there is one.
pub fn compare(before: &[File], after: &[File]) -> Result<(), Diagnostic> {
    let is_new = |file: &&File| !after.contains(file);
    let changed = before.iter().find(is_new).or_else(|| after.iter().find(|file| !before.contains(file)));
    changed.map_or(Ok(()), |file| Err(error::changed(&file.name)))
}

fn file(root: &Path, path: PathBuf) -> Result<File, Diagnostic> {
    let read = |error| error::unreadable(&path, &error);
    let metadata = fs::metadata(&path).map_err(read)?;
    let is_executed = program::is_executable(&path)
        || matches!(program::format(&path).map_err(read)?, Format::Elf(_) | Format::Script(_));
    let parts = path.strip_prefix(root).unwrap_or(&path).iter().map(|part| part.to_str());
    let parts: Option<Vec<&str>> = parts.collect();
    let unnamed =
        || Diagnostic::of_whole(format!("`{}` has a name that is not UTF-8, and a zip holds no other", path.display()));
    let name = parts.ok_or_else(unnamed)?.join("/");
    if name.contains(|character: char| character == '\\' || character.is_control()) {
        return Err(error::unfit(
            Path::new(&name.escape_debug().to_string()),
            "has a name that other systems read otherwise",
        ));
    }
    Ok(File { name, size: metadata.len(), modified: metadata.modified().ok(), is_executed, path })
}

/// How the name of a zip begins while it is being written.
pub fn aside(output: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push("-");
    name
}

#[cfg(test)]
mod tests {
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
        list(folder.path(), None, Path::new("/nowhere")).unwrap().into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn settings_and_the_files_of_editors_are_deployed_from_no_folder() {
        let files =
            ["a", "local.settings.json", "b/Local.Settings.json", "b/c/.git/HEAD", "b/.vscode/x", "b/.gitignore"];
        assert_eq!(deployed("", &files), ["a"]);
    }

    fn refused(prepare: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        list(folder.path(), None, Path::new("/nowhere")).unwrap_err().to_string()
    }

    #[test]
    fn what_leads_round_names_itself_or_is_not_read_is_said() {
        let diamond = refused(|folder| {
            let folders: Vec<_> = (0..20).map(|number| folder.join(number.to_string())).collect();
            folders.iter().for_each(|folder| fs::create_dir(folder).unwrap());
            for pair in folders.windows(2) {
                for name in ["a", "b"] {
                    std::os::unix::fs::symlink(&pair[1], pair[0].join(name)).unwrap();
                }
            }
        });
        assert!(diamond.contains("is reached by more than 100 links"), "{diamond}");
        let backslash = refused(|folder| fs::write(folder.join("a\\b"), "").unwrap());
        assert!(backslash.contains("has a name that other systems read otherwise"), "{backslash}");
        let unread = refused(|folder| fs::create_dir(folder.join(".funcignore")).unwrap());
        assert_eq!(unread, "cannot read `.funcignore`: it is not a file");
    }

    #[test]
    fn another_list_of_what_is_left_out_takes_the_place_of_the_own_one() {
        let (folder, aside) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        for file in ["a", "b/c", "b/d"] {
            fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
            fs::write(folder.path().join(file), "").unwrap();
        }
        fs::write(folder.path().join(".funcignore"), "a").unwrap();
        fs::write(&aside, "/b/c").unwrap();
        let names = |left_out| {
            let files =
                list(folder.path(), Some(left_out), Path::new("/nowhere")).map_err(|error| error.to_string())?;
            Ok::<_, String>(files.into_iter().map(|file| file.name).collect::<Vec<_>>())
        };
        assert_eq!(names(aside.path()), Ok(vec!["a".to_owned(), "b/d".to_owned()]));
        assert_eq!(names(Path::new("/no/list")), Err("cannot read `/no/list`: it is not a file".to_owned()));
    }

    #[test]
    fn a_link_to_the_settings_is_not_deployed() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["local.settings.json", ".git", "a"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("local.settings.json", folder.path().join("settings.json")).unwrap();
        let names: Vec<_> =
            list(folder.path(), None, Path::new("/nowhere")).unwrap().into_iter().map(|file| file.name).collect();
        assert_eq!(names, ["a"]);
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
    fn what_cannot_be_packed_is_named_unless_it_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (root, link) = (folder.path(), folder.path().join("link"));
        fs::write(root.join("app.zip.note"), "").unwrap();
        let names = || {
            let files = list(root, None, &root.join("app.zip")).map_err(|error| error.to_string())?;
            Ok::<_, String>(files.into_iter().map(|file| file.name).collect::<Vec<_>>())
        };
        for (to, expected) in [("nowhere", "is a link to nothing"), (".", "leads back"), ("/dev/null", "is not a file")]
        {
            std::os::unix::fs::symlink(to, &link).unwrap();
            let error = names().unwrap_err();
            assert!(error.contains(expected) && error.ends_with("name it in `.funcignore`"), "{error}");
            fs::write(root.join(".funcignore"), "link").unwrap();
            assert_eq!(names(), Ok(vec!["app.zip.note".to_owned()]));
            fs::remove_file(root.join(".funcignore")).unwrap();
            fs::remove_file(&link).unwrap();
        }
    }
}
