//! What a staged app was made from, and whether that is still so: fresh, or stale and why.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::process::run;

/// Counts up when what is recorded, or how an app is staged, changes.
const FORMAT: u32 = 1;

/// A file system's clock may tick this rarely: a file changed this shortly before it was looked at may change again
/// without a new time, so its content is looked at instead. (git calls such entries racy.)
const CLOCK_TICK_NANOSECONDS: i128 = 50_000_000;

/// What is remembered of a build, in `target/stage/<sample>.json`.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    format: u32,
    /// The inputs as they were before the build.
    pub inputs: Files,
    pub tools: Tools,
    /// The staged app as it was left.
    pub staged: Files,
}

/// Files by path relative to some folder.
pub type Files = BTreeMap<PathBuf, FileState>;

pub type Tools = BTreeMap<String, Tool>;

/// A toolchain as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Tool {
    /// What its probe printed.
    pub version: String,
    /// The program that the probe ran, and its state: as long as this is the same, so is the version.
    pub program: PathBuf,
    pub state: Stat,
}

/// What a file was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileState {
    /// The permission bits, `0o120777` for a symbolic link.
    pub mode: u32,
    /// blake3 of the content, in hexadecimal; of a symbolic link: of its target.
    pub hash: String,
    stat: Stat,
    /// Nanoseconds since 1970 when it was looked at.
    looked_at: i128,
}

/// What the file system says of a file without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Stat {
    size: u64,
    inode: u64,
    modified: i128,
    changed: i128,
}

impl Stat {
    pub fn of(meta: &Metadata) -> Stat {
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Stat {
            size: meta.size(),
            inode: meta.ino(),
            modified: nanoseconds(meta.mtime(), meta.mtime_nsec()),
            changed: nanoseconds(meta.ctime(), meta.ctime_nsec()),
        }
    }
}

impl FileState {
    /// Looks at a file. Its content is only read where `known` cannot vouch for it.
    pub fn look(file: &Path, known: Option<&FileState>) -> io::Result<FileState> {
        let looked_at = now();
        let meta = file.symlink_metadata()?;
        let (stat, mode) = (Stat::of(&meta), meta.mode());
        if let Some(known) = known
            && known.stat == stat
            && known.mode == mode
            && stat.changed.max(stat.modified) + CLOCK_TICK_NANOSECONDS < known.looked_at
        {
            return Ok(known.clone());
        }
        Ok(FileState { mode, hash: hash(file, &meta)?, stat, looked_at })
    }
}

impl Record {
    /// A record of a build that has just ended.
    pub fn new(inputs: Files, tools: Tools, staged: Files) -> Record {
        Record { format: FORMAT, inputs, tools, staged }
    }

    /// Reads what was remembered; `None` if there is no record, or not one of this format.
    pub fn read(file: &Path) -> Option<Record> {
        let record: Record = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        (record.format == FORMAT).then_some(record)
    }

    /// Remembers, all of it or nothing.
    pub fn write(&self, target: &Path, file: &Path) -> io::Result<()> {
        let mut aside = tempfile::NamedTempFile::new_in(run::scratch(target)?)?;
        serde_json::to_writer(&mut aside, self)?;
        aside.persist(file)?;
        Ok(())
    }

    /// Why what was as this record has it and is as it is `now` calls for a build; empty if it does not.
    pub fn changes(&self, now: &Record) -> Vec<String> {
        let mut reasons = input_changes(&self.inputs, &now.inputs);
        reasons.extend(tool_changes(&self.tools, &now.tools));
        reasons.extend(staged_changes(&self.staged, &now.staged));
        reasons
    }

    /// How large the staged app is.
    pub fn bytes(&self) -> u64 {
        self.staged.values().map(|file| file.stat.size).sum()
    }

    /// The hash of the staged app: path, mode and content of every file.
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (path, file) in &self.staged {
            hasher.update(format!("{}\0{:o}\0{}\n", path.display(), file.mode, file.hash).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Looks at files, reading only those that `known` cannot vouch for. One that has gone since it was listed is gone.
pub fn look_at<'a>(
    dir: &Path,
    files: impl IntoIterator<Item = &'a PathBuf>,
    known: Option<&Files>,
) -> io::Result<Files> {
    let look = |path: &PathBuf| match FileState::look(&dir.join(path), known.and_then(|known| known.get(path))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        looked => Some(looked.map(|state| (path.clone(), state))),
    };
    files.into_iter().filter_map(look).collect()
}

/// Why inputs that were `before` and are `now` call for a build; empty if they do not.
pub fn input_changes(before: &Files, now: &Files) -> Vec<String> {
    differences(before, now, ["{} changed", "new file {}", "{} is gone"])
}

fn tool_changes(before: &Tools, now: &Tools) -> Vec<String> {
    let changes = now.iter().filter_map(|(name, tool)| match before.get(name) {
        None => Some(format!("{name} was not asked for")),
        Some(known) if known.version == tool.version => None,
        Some(known) => Some(format!("{name} version {} -> {}", known.version, tool.version)),
    });
    changes.collect()
}

fn staged_changes(before: &Files, now: &Files) -> Vec<String> {
    if now.is_empty() {
        return vec!["staged app is gone".into()];
    }
    differences(before, now, ["staged file edited: {}", "staged file added: {}", "staged file gone: {}"])
}

/// `main.go changed (+2 more)`
pub fn summary(reasons: &[String]) -> String {
    match reasons {
        [] => String::new(),
        [only] => only.clone(),
        [first, more @ ..] => format!("{first} (+{} more)", more.len()),
    }
}

/// What to say of each file, `{}`, that is another, is new, or is gone.
fn differences(before: &Files, now: &Files, [changed, new, gone]: [&str; 3]) -> Vec<String> {
    let say = |text: &str, path: &Path| text.replace("{}", &path.display().to_string());
    let other = now.iter().filter_map(|(path, file)| match before.get(path) {
        Some(known) if known.mode == file.mode && known.hash == file.hash => None,
        Some(_) => Some(say(changed, path)),
        None => Some(say(new, path)),
    });
    let lost = before.keys().filter(|path| !now.contains_key(*path));
    other.chain(lost.map(|path| say(gone, path))).collect()
}

fn hash(file: &Path, meta: &Metadata) -> io::Result<String> {
    use std::os::unix::ffi::OsStrExt;
    if !meta.is_file() && !meta.is_symlink() {
        return Err(io::Error::other(format!("`{}` is neither a file nor a link", file.display())));
    }
    if meta.is_symlink() {
        return Ok(blake3::hash(fs::read_link(file)?.as_os_str().as_bytes()).to_hex().to_string());
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn now() -> i128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos().cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in of {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let names: Vec<PathBuf> = of.iter().map(|(name, _)| PathBuf::from(name)).collect();
        let files = look_at(dir.path(), &names, None).unwrap();
        (dir, files)
    }

    #[test]
    fn reasons_are_spelled_as_documented() {
        let (_a, before) = files(&[("main.go", "1"), ("go.mod", "1"), ("old.go", "1")]);
        let (_b, now) = files(&[("main.go", "2"), ("go.mod", "1"), ("util.go", "1")]);
        let changes = input_changes(&before, &now);
        assert_eq!(changes, ["main.go changed", "new file util.go", "old.go is gone"]);
        assert_eq!(summary(&changes), "main.go changed (+2 more)");
        assert_eq!(summary(&changes[1..2]), "new file util.go");
        assert_eq!(staged_changes(&before, &now)[0], "staged file edited: main.go");
        assert_eq!(staged_changes(&before, &Files::new()), ["staged app is gone"]);
        assert!(input_changes(&before, &before).is_empty());
    }

    #[test]
    fn a_file_that_goes_between_two_looks_stops_nobody() {
        let (dir, before) = files(&[("main.go", "1"), ("swap", "1")]);
        fs::remove_file(dir.path().join("swap")).unwrap();
        let now = look_at(dir.path(), before.keys(), Some(&before)).unwrap();
        assert_eq!(input_changes(&before, &now), ["swap is gone"]);
    }

    #[test]
    fn an_edit_of_the_same_size_in_the_same_tick_is_seen() {
        let (dir, before) = files(&[("a", "1")]);
        fs::write(dir.path().join("a"), "2").unwrap();
        let now = look_at(dir.path(), before.keys(), Some(&before)).unwrap();
        assert_eq!(input_changes(&before, &now), ["a changed"]);
    }

    #[test]
    fn a_mode_counts_and_a_time_does_not() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, before) = files(&[("a", "1")]);
        let file = dir.path().join("a");
        File::options().append(true).open(&file).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert!(input_changes(&before, &look_at(dir.path(), before.keys(), Some(&before)).unwrap()).is_empty());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(input_changes(&before, &look_at(dir.path(), before.keys(), Some(&before)).unwrap()), ["a changed"]);
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let (dir, staged) = files(&[("a", "1"), ("b", "2")]);
        let record = Record::new(Files::new(), BTreeMap::new(), staged);
        let file = dir.path().join("go.json");
        record.write(dir.path(), &file).unwrap();
        assert_eq!(Record::read(&file), Some(record));
        fs::write(&file, "{}").unwrap();
        assert_eq!(Record::read(&file), None);
    }
}
