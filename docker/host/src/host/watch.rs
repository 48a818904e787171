//! Changes of the app's files (protocol.md#other-keys). They are found by looking: that works in every container and on every
//! file system, and is what the real host does in its images.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::host::{Host, OFFLINE_FILE, aside};
use crate::log;

const LOOK_INTERVAL_MS: u64 = 300;
/// The pause between two looks is at least so many times as long as a look takes: an app of many files costs no more of a processor.
const LOOK_SHARE: u32 = 10;
/// Files in the app's root, and in each directory below it, whose change starts the host anew.
const WATCHED_FILES: [&str; 3] = ["host.json", "function.json", "proxies.json"];
/// Directories that `--watch` does not look into: they are large, and made by tools.
const UNWATCHED_DIRECTORIES: [&str; 4] = ["node_modules", "target", "bin", "obj"];

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

/// Serves the app anew whenever its files change, for ever. A file `app_offline.htm` that is created while the host runs ends it, as it
/// does the real host (protocol.md#early-requests). `first` is how the files were before the app was read.
pub async fn watch(host: Arc<Host>, scope: Scope, first: Seen) {
    let mut extra = added(&host);
    let is_new = !first.files.contains_key(&host.root.join("host.json"));
    // The default one that was written just now is not a change.
    let first = if is_new { Seen::first(&host.root, scope).await } else { first };
    let Seen { files: mut before, mut pause } = first.with(&extra, &host.root, scope).await;
    let mut last_trouble = None;
    loop {
        tokio::time::sleep(pause).await;
        let Seen { files: now, pause: next_pause } = look(&host.root, scope, &extra, Arc::clone(&before)).await;
        pause = next_pause;
        let Some(changed) = difference(&before, &now) else { continue };
        let is_offline = |files: &Snapshot| files.contains_key(&host.root.join(OFFLINE_FILE));
        if is_offline(&now) && !is_offline(&before) {
            host.log.information(log::HOST, format!("`{OFFLINE_FILE}` was put down: the host ends"));
            host.request_stop();
            return;
        }
        let changed = changed.strip_prefix(&host.root).unwrap_or(changed).display();
        if let Err(trouble) = host.load(&format!("`{changed}` has changed: the host starts anew")).await {
            // The change is still there at the next look.
            if last_trouble.as_ref() != Some(&trouble) {
                host.log.warning(log::HOST, &trouble);
            }
            last_trouble = Some(trouble);
            continue;
        }
        last_trouble = None;
        extra = added(&host);
        before = Seen { files: now, pause }.with(&extra, &host.root, scope).await.files;
    }
}

type Snapshot = BTreeMap<PathBuf, (SystemTime, u64)>;

fn added(host: &Host) -> Added {
    let state = host.state();
    let options = &state.app().options;
    Added { files: options.watch_files.clone(), directories: options.watch_directories.clone() }
}

/// The files as they were, and how long to pause before the next look.
#[derive(Debug)]
pub struct Seen {
    files: Arc<Snapshot>,
    pause: Duration,
}

impl Seen {
    /// The files that the real host watches in each app, before this one is read: what changes meanwhile is not to be missed.
    pub async fn first(root: &Path, scope: Scope) -> Self {
        look(root, scope, &Added::default(), Arc::default()).await
    }

    /// The same with other files that count from now on: they have not changed by that.
    async fn with(self, added: &Added, root: &Path, scope: Scope) -> Self {
        if *added == Added::default() {
            return self;
        }
        let Self { files: mut all, pause } = look(root, scope, added, Arc::clone(&self.files)).await;
        let is_known =
            |path: &Path| path.file_name().is_some_and(|name| WATCHED_FILES.iter().any(|known| name == *known));
        let old = self.files.iter().filter(|(path, _)| all.contains_key(*path) || is_known(path));
        let old: Vec<_> = old.map(|(path, state)| (path.clone(), *state)).collect();
        Arc::make_mut(&mut all).extend(old);
        Self { files: all, pause }
    }
}

async fn look(root: &Path, scope: Scope, added: &Added, before: Arc<Snapshot>) -> Seen {
    let (root, added, begun) = (root.to_owned(), added.clone(), Instant::now());
    let now = aside(move || snapshot(&root, scope, &added, &before)).await;
    let pause = (begun.elapsed() * LOOK_SHARE).max(Duration::from_millis(LOOK_INTERVAL_MS));
    Seen { files: Arc::new(now), pause }
}

fn snapshot(root: &Path, scope: Scope, added: &Added, before: &Snapshot) -> Snapshot {
    let mut look = Look { added, before, visited: HashSet::new(), files: Snapshot::new() };
    look.at_folder(root, scope, 0);
    look.files
}

struct Look<'a> {
    added: &'a Added,
    before: &'a Snapshot,
    /// Folders by device and inode: links may lead in circles.
    visited: HashSet<(u64, u64)>,
    files: Snapshot,
}

impl Look<'_> {
    fn at_folder(&mut self, folder: &Path, scope: Scope, depth: usize) {
        let Err(error) = self.at_entries(folder, scope, depth) else { return };
        if error.kind() != io::ErrorKind::NotFound {
            // What cannot be looked at has not changed.
            let known = self.before.range::<Path, _>((Bound::Included(folder), Bound::Unbounded));
            let known = known.take_while(|(path, _)| path.starts_with(folder));
            self.files.extend(known.map(|(path, state)| (path.clone(), *state)));
        }
    }

    fn at_entries(&mut self, folder: &Path, scope: Scope, depth: usize) -> io::Result<()> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let (kind, path) = (entry.file_type()?, entry.path());
            if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
                let scope = self.scope_of_folder(name, scope, depth);
                let scope = if kind.is_symlink() { self.scope_of_link(&path, name, depth) } else { scope };
                folders.extend(scope.map(|scope| (path, scope)));
            } else if is_watched(name, scope, self.added, depth) {
                match std::fs::metadata(&path).and_then(|metadata| Ok((metadata.modified()?, metadata.len()))) {
                    Ok(state) => _ = self.files.insert(path, state),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        // In the same order each time: of two ways to one folder the first is gone.
        folders.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (path, scope) in folders {
            let metadata = std::fs::metadata(&path);
            if metadata.is_ok_and(|metadata| self.visited.insert((metadata.dev(), metadata.ino()))) {
                self.at_folder(&path, scope, depth + 1);
            }
        }
        Ok(())
    }

    /// What is looked at behind a link to a folder: where it leads may be large, and is not the app's. It may stand for a function, or
    /// for a folder that host.json names, but for one that the app itself is in.
    fn scope_of_link(&self, path: &Path, name: &str, depth: usize) -> Option<Scope> {
        let is_named = || self.added.directories.iter().any(|known| known == name);
        let leads_up = || {
            let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_default();
            path.parent().is_none_or(|app| real(app).starts_with(real(path)))
        };
        let scope = if is_named() && !leads_up() { Scope::Everything } else { Scope::Configuration };
        (depth == 0).then_some(scope)
    }

    /// What is looked at in a folder of this name; `None` if nothing is.
    fn scope_of_folder(&self, name: &str, scope: Scope, depth: usize) -> Option<Scope> {
        match scope {
            _ if depth == 0 && self.added.directories.iter().any(|known| known == name) => Some(Scope::Everything),
            Scope::Configuration => (depth == 0).then_some(scope),
            Scope::Everything => {
                (!name.starts_with('.') && !UNWATCHED_DIRECTORIES.contains(&name)).then_some(Scope::Everything)
            }
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
        let snapshot = |scope| snapshot(root.path(), scope, &Added::default(), &Snapshot::new());
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
        let before = snapshot(root.path(), Scope::Configuration, &added, &Snapshot::new());
        for (name, is_seen) in [("other.json", false), ("Settings.json", true), ("shared/deep/x.txt", true)] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "x").unwrap();
            let now = snapshot(root.path(), Scope::Configuration, &added, &before);
            assert_eq!(difference(&before, &now).is_some(), is_seen, "{name}");
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn what_lies_behind_links_is_not_the_app_s() {
        let root = tempfile::tempdir().unwrap();
        let app = root.path().join("app");
        let [function, library] = ["function", "library"].map(|name| root.path().join(name));
        for folder in [&app, &function, &library.join("below")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        for path in [app.join("handler.js"), function.join("function.json"), library.join("below/code.js")] {
            std::fs::write(path, "1").unwrap();
        }
        for (name, target) in
            [("one", "."), ("other", "."), ("up", ".."), ("root", "/"), ("F", "../function"), ("lib", "../library")]
        {
            std::os::unix::fs::symlink(target, app.join(name)).unwrap();
        }
        let found = |directories: &[&str]| {
            let directories = directories.iter().map(|name| (*name).to_owned()).collect();
            let files = snapshot(&app, Scope::Everything, &Added { directories, ..Added::default() }, &Snapshot::new());
            let names = files.keys().map(|path| path.strip_prefix(&app).unwrap().display().to_string());
            names.collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), ["F/function.json", "handler.js"]);
        assert_eq!(found(&["lib", "one", "up", "root"]), ["F/function.json", "handler.js", "lib/below/code.js"]);
    }

    #[test]
    fn a_folder_that_cannot_be_looked_at_has_not_changed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("F");
        std::fs::create_dir(&folder).unwrap();
        for path in [root.path().join("host.json"), folder.join("function.json")] {
            std::fs::write(path, "{}").unwrap();
        }
        let before = snapshot(root.path(), Scope::Configuration, &Added::default(), &Snapshot::new());
        let mut look =
            Look { added: &Added::default(), before: &before, visited: HashSet::new(), files: Snapshot::new() };
        // A file is not a folder: this is an error as any other, and works for root, too.
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "").unwrap();
        look.at_folder(&folder, Scope::Configuration, 1);
        assert_eq!(look.files.len(), 1);
        look.at_folder(&root.path().join("gone"), Scope::Configuration, 1);
        assert_eq!(look.files.len(), 1);
    }
}
