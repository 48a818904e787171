//! Changes of the app's files (protocol.md#other-keys). They are found by looking: that works in every container and on every
//! file system, and is what the real host does in its images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::host::{Host, OFFLINE_FILE};
use crate::log;

/// How often the files are looked at.
const LOOK_INTERVAL_MS: u64 = 300;
/// Files in the app's root, and in each directory below it, whose change starts the host anew.
const WATCHED_FILES: [&str; 3] = ["host.json", "function.json", "proxies.json"];
/// Directories that `--watch` does not look into: they are large, and made by tools.
const UNWATCHED_DIRECTORIES: [&str; 4] = ["node_modules", "target", "bin", "obj"];

/// Which files are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that the real host watches. Of what it finds below `node_modules` this host takes no notice, unless host.json
    /// names that directory: looking costs too much there.
    Configuration,
    /// Every file of the app, but for hidden ones and what tools make.
    Everything,
}

/// What host.json adds to the files that are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Added {
    /// `watchFiles`: names, wherever configuration is looked for.
    files: Vec<String>,
    /// `watchDirectories`: directories below the app's root, with all that is in them.
    directories: Vec<String>,
}

/// Serves the app anew whenever its files change, for ever. A file `app_offline.htm` put down while the host runs ends it, as it
/// does the real host (protocol.md#early-requests).
pub async fn watch(host: Arc<Host>, scope: Scope) {
    let mut extra = added(&host);
    let mut before = snapshot(host.root(), scope, &extra);
    loop {
        tokio::time::sleep(Duration::from_millis(LOOK_INTERVAL_MS)).await;
        let now = snapshot(host.root(), scope, &extra);
        if now == before {
            continue;
        }
        let is_offline = |files: &Snapshot| files.contains_key(&host.root().join(OFFLINE_FILE));
        if is_offline(&now) && !is_offline(&before) {
            host.log().information(log::HOST, format!("`{OFFLINE_FILE}` was put down: the host ends"));
            host.request_stop();
            return;
        }
        let changed = difference(&before, &now).map(|path| path.strip_prefix(host.root()).unwrap_or(path));
        let changed = changed.map_or_else(String::new, |path| path.display().to_string());
        host.log().information(log::HOST, format!("`{changed}` has changed: the host starts anew"));
        host.load();
        let extra_before = std::mem::replace(&mut extra, added(&host));
        // Where other files count from now on, they have not changed by that.
        before = if extra == extra_before { now } else { snapshot(host.root(), scope, &extra) };
    }
}

/// When each file was changed last, and its size.
type Snapshot = BTreeMap<PathBuf, (SystemTime, u64)>;

fn added(host: &Host) -> Added {
    let state = host.state();
    let options = &state.app().options;
    Added { files: options.watch_files.clone(), directories: options.watch_directories.clone() }
}

fn snapshot(root: &Path, scope: Scope, added: &Added) -> Snapshot {
    let mut files = Snapshot::new();
    look_at(root, scope, added, 0, &mut files);
    files
}

fn look_at(directory: &Path, scope: Scope, added: &Added, depth: usize, files: &mut Snapshot) {
    // What cannot be read cannot be watched; the host says elsewhere what it needs.
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let path = entry.path();
        if path.is_dir() {
            let (scope, is_wanted) = match scope {
                _ if depth == 0 && added.directories.iter().any(|known| known == name) => (Scope::Everything, true),
                Scope::Configuration => (scope, depth == 0),
                Scope::Everything => (scope, !name.starts_with('.') && !UNWATCHED_DIRECTORIES.contains(&name)),
            };
            if is_wanted {
                look_at(&path, scope, added, depth + 1, files);
            }
        } else if is_watched(name, scope, added, depth)
            && let Ok(metadata) = entry.metadata()
            && let Ok(modified) = metadata.modified()
        {
            files.insert(path, (modified, metadata.len()));
        }
    }
}

fn is_watched(name: &str, scope: Scope, added: &Added, depth: usize) -> bool {
    let mut names = WATCHED_FILES.into_iter().chain(added.files.iter().map(String::as_str));
    names.any(|watched| watched.eq_ignore_ascii_case(name))
        || (depth == 0 && name == OFFLINE_FILE)
        || (scope == Scope::Everything && !name.starts_with('.'))
}

fn difference<'a>(before: &'a Snapshot, now: &'a Snapshot) -> Option<&'a PathBuf> {
    let changed = now.iter().find(|(path, state)| before.get(*path) != Some(*state));
    changed.or_else(|| before.iter().find(|(path, _)| !now.contains_key(*path))).map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_watched_files_count() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("host.json", "{}");
        write("F/function.json", "{}");
        let snapshot = |scope| snapshot(root.path(), scope, &Added::default());
        let [narrow, wide] = [Scope::Configuration, Scope::Everything].map(snapshot);
        write("handler.js", "1");
        write("node_modules/x/index.js", "1");
        assert_eq!(snapshot(Scope::Configuration), narrow);
        let now = snapshot(Scope::Everything);
        assert_eq!(difference(&wide, &now), Some(&root.path().join("handler.js")));
        write("F/function.json", "{ }");
        let now = snapshot(Scope::Configuration);
        assert_eq!(difference(&narrow, &now), Some(&root.path().join("F/function.json")));
    }

    #[test]
    fn host_json_adds_names_and_directories() {
        let root = tempfile::tempdir().unwrap();
        let added = Added { files: vec!["settings.json".to_owned()], directories: vec!["shared".to_owned()] };
        let before = snapshot(root.path(), Scope::Configuration, &added);
        for (name, is_seen) in [("other.json", false), ("Settings.json", true), ("shared/deep/x.txt", true)] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "x").unwrap();
            let now = snapshot(root.path(), Scope::Configuration, &added);
            assert_eq!(difference(&before, &now).is_some(), is_seen, "{name}");
            std::fs::remove_file(path).unwrap();
        }
    }
}
