//! The inputs of a sample: every file in its folder that git tracks or does not ignore. There is no list to keep.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ignore::WalkBuilder;
use serde::{Deserialize, Serialize};
use xshell::cmd;

use super::fingerprint::Stat;
use crate::process::command;
use crate::project::Project;
use crate::sample::Sample;
use crate::toolchain;

/// It reads one file, the index.
const GIT_LIMIT: Duration = Duration::from_secs(30);

/// Files that git tracks, by sample's folder; none without git or a repository. Those that it would ignore are inputs too.
#[derive(Debug, Default)]
pub struct Tracked(BTreeMap<PathBuf, BTreeSet<PathBuf>>);

/// What git said, and the state of its index then: as long as that is the same, git need not be asked.
#[derive(Deserialize, Serialize)]
struct Remembered {
    index: Stat,
    files: Vec<PathBuf>,
}

impl Tracked {
    /// Asks git, once for all samples, or remembers what it said.
    pub fn read(project: &Project, samples: &[Sample]) -> Tracked {
        let mut tracked = Tracked::default();
        for file in files(project).into_iter().map(|file| project.root().join(file)) {
            if let Some(sample) = samples.iter().find(|sample| file.starts_with(&sample.dir)) {
                tracked.0.entry(sample.dir.clone()).or_default().insert(file);
            }
        }
        tracked
    }
}

fn files(project: &Project) -> Vec<PathBuf> {
    let memory = project.target().join("stage/.tracked.json");
    let Some(index) = index(project) else { return Vec::new() };
    let remembered = std::fs::read(&memory).ok().and_then(|text| serde_json::from_slice::<Remembered>(&text).ok());
    if let Some(remembered) = remembered.filter(|remembered| remembered.index == index) {
        return remembered.files;
    }
    let shell = toolchain::shell(project);
    let Ok(listed) = command::run(cmd!(shell, "git ls-files -z --cached -- samples"), GIT_LIMIT) else {
        return Vec::new();
    };
    let files = listed.output.split_terminator('\0').map(PathBuf::from).collect();
    let remembered = Remembered { index, files };
    if let Ok(text) = serde_json::to_vec(&remembered) {
        // If this fails, git is asked again the next time.
        let _ = shell.write_file(memory, text);
    }
    remembered.files
}

/// The state of git's index; `None` without a repository. In a worktree `.git` is a file that names the folder.
fn index(project: &Project) -> Option<Stat> {
    let git = project.root().join(".git");
    let folder = match std::fs::read_to_string(&git) {
        Ok(text) => project.root().join(text.trim().strip_prefix("gitdir: ")?),
        Err(_) => git,
    };
    Stat::of(&folder.join("index")).ok()
}

/// The inputs of one sample, relative to its folder, in order.
pub fn list(dir: &Path, tracked: &Tracked) -> io::Result<BTreeSet<PathBuf>> {
    let mut inputs: BTreeSet<PathBuf> = walk(dir)?.into_iter().collect();
    let kept = tracked.0.get(dir).into_iter().flatten().filter(|file| file.symlink_metadata().is_ok());
    inputs.extend(kept.filter_map(|file| file.strip_prefix(dir).ok()).map(Path::to_path_buf));
    Ok(inputs)
}

/// What git does not ignore. Its rules are read from the folder itself and from those above it, in a checkout or not:
/// a reader's copy of the folder is not a repository yet.
fn walk(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut rules = WalkBuilder::new(dir);
    rules.hidden(false).ignore(false).require_git(false).filter_entry(|entry| entry.file_name() != ".git");
    for entry in rules.build() {
        let entry = match entry.map_err(|error| error.into_io_error()) {
            // A folder has gone since it was listed.
            Err(Some(error)) if error.kind() == io::ErrorKind::NotFound => continue,
            entry => entry.map_err(|error| error.unwrap_or_else(|| io::Error::other("a loop of links")))?,
        };
        if entry.file_type().is_some_and(|kind| !kind.is_dir())
            && let Ok(inner) = entry.path().strip_prefix(dir)
        {
            files.push(inner.to_path_buf());
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
    fn what_is_ignored_is_no_input_unless_git_tracks_it() {
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
        assert_eq!(names(&list(&dir, &Tracked::default()).unwrap()), [".gitignore", ".hidden/file", "main.go"]);

        let tracked = Tracked(BTreeMap::from([(dir.clone(), BTreeSet::from([dir.join("go.lock"), dir.join("gone")]))]));
        assert_eq!(names(&list(&dir, &tracked).unwrap()), [".gitignore", ".hidden/file", "go.lock", "main.go"]);
    }
}
