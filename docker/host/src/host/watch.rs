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
/// Directories of the app's root that `--watch` does not look into, and deeper ones that nothing does: they are large, and made by
/// tools.
const UNWATCHED_DIRECTORIES: [&str; 4] = ["node_modules", "target", "bin", "obj"];
/// What a watched file ends with if its change ends the real host instead of starting it anew (`ScriptConstants.AssemblyFileTypes`).
const ASSEMBLIES: [&str; 2] = ["dll", "exe"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that the real host watches (`FileMonitoringService`), at any depth. Of what it finds below `node_modules` this host takes
    /// no notice, unless host.json names that directory: looking costs too much there.
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
        if scope == Scope::Configuration && !host.app().options.watches_files {
            before = now;
            continue;
        }
        let Some(changed) = differences(&before, &now).next() else { continue };
        let shown = |path: &Path| path.strip_prefix(&host.root).unwrap_or(path).display().to_string();
        if let Some(end) = differences(&before, &now).find_map(|path| end(path, &now, scope)) {
            host.log.information(log::HOST, format!("`{}` {}: the host ends", shown(end.path), end.why));
            host.request_stop();
            return;
        }
        let changed = shown(changed);
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

/// The files, and the folders of the app's root.
type Snapshot = BTreeMap<PathBuf, State>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It is there: what is in it has paths of its own.
    Folder,
    /// When it was changed, and how long it is.
    File(SystemTime, u64),
}

/// A change that the real host does not take up by starting anew.
struct End<'a> {
    path: &'a Path,
    why: &'static str,
}

fn end<'a>(path: &'a Path, now: &Snapshot, scope: Scope) -> Option<End<'a>> {
    let is_offline = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(OFFLINE_FILE));
    let is_assembly = || {
        let ending = path.extension().unwrap_or_default();
        scope == Scope::Configuration && ASSEMBLIES.iter().any(|assembly| ending.eq_ignore_ascii_case(assembly))
    };
    match now.get(path) {
        Some(State::Folder) => None,
        Some(_) if is_offline => Some(End { path, why: "was put down" }),
        _ if is_assembly() => Some(End { path, why: "is an assembly and has changed" }),
        _ => None,
    }
}

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
    let extent = if scope == Scope::Everything { Extent::Visible } else { Extent::Names };
    look.at_folder(root, extent, 0);
    look.files
}

/// What counts in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// The watched names, and not in the folders below it.
    NamesHere,
    /// The watched names.
    Names,
    /// Whatever is neither hidden nor made by tools.
    Visible,
    /// All of it.
    Whole,
}

struct Look<'a> {
    added: &'a Added,
    before: &'a Snapshot,
    /// Folders by device and inode: links may lead in circles.
    visited: HashSet<(u64, u64)>,
    files: Snapshot,
}

impl Look<'_> {
    fn at_folder(&mut self, folder: &Path, extent: Extent, depth: usize) {
        let Err(error) = self.at_entries(folder, extent, depth) else { return };
        if error.kind() != io::ErrorKind::NotFound {
            // What cannot be looked at has not changed.
            let known = self.before.range::<Path, _>((Bound::Excluded(folder), Bound::Unbounded));
            let known = known.take_while(|(path, _)| path.starts_with(folder));
            self.files.extend(known.map(|(path, state)| (path.clone(), *state)));
        }
    }

    fn at_entries(&mut self, folder: &Path, extent: Extent, depth: usize) -> io::Result<()> {
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let (kind, path) = (entry.file_type()?, entry.path());
            if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
                if depth == 0 {
                    self.files.insert(path.clone(), State::Folder);
                }
                let extent = self.extent_of_folder(name, extent, depth);
                let extent = if kind.is_symlink() { self.extent_of_link(&path, name, depth) } else { extent };
                folders.extend(extent.map(|extent| (path, extent)));
            } else if self.is_watched(name, extent, depth) {
                match std::fs::metadata(&path)
                    .and_then(|metadata| Ok(State::File(metadata.modified()?, metadata.len())))
                {
                    Ok(state) => _ = self.files.insert(path, state),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
        // In the same order each time: of two ways to one folder the first is gone.
        folders.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (path, extent) in folders {
            let metadata = std::fs::metadata(&path);
            if metadata.is_ok_and(|metadata| self.visited.insert((metadata.dev(), metadata.ino()))) {
                self.at_folder(&path, extent, depth + 1);
            }
        }
        Ok(())
    }

    /// What is looked at behind a link to a folder: where it leads may be large, and is not the app's. It may stand for a function, or
    /// for a folder that host.json names, but for one that the app itself is in.
    fn extent_of_link(&self, path: &Path, name: &str, depth: usize) -> Option<Extent> {
        let leads_up = || {
            let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_default();
            path.parent().is_none_or(|app| real(app).starts_with(real(path)))
        };
        let extent = if self.is_named(name) && !leads_up() { Extent::Whole } else { Extent::NamesHere };
        (depth == 0).then_some(extent)
    }

    /// What is looked at in a folder of this name; `None` if nothing is.
    fn extent_of_folder(&self, name: &str, extent: Extent, depth: usize) -> Option<Extent> {
        let is_apart = name.starts_with('.') || UNWATCHED_DIRECTORIES.contains(&name);
        match extent {
            _ if depth == 0 && self.is_named(name) => Some(Extent::Whole),
            Extent::NamesHere => None,
            Extent::Names | Extent::Visible if is_apart => (depth == 0).then_some(Extent::NamesHere),
            _ => Some(extent),
        }
    }

    /// Whether host.json names a folder: one of the app's root, as it is written.
    fn is_named(&self, name: &str) -> bool {
        self.added.directories.iter().any(|known| known == name)
    }

    fn is_watched(&self, name: &str, extent: Extent, depth: usize) -> bool {
        let added = self.added.files.iter().map(String::as_str);
        let mut names = WATCHED_FILES.into_iter().chain([OFFLINE_FILE]).chain(added);
        names.any(|watched| watched.eq_ignore_ascii_case(name))
            || extent == Extent::Whole
            || (extent == Extent::Visible && !name.starts_with('.'))
            || (depth == 0 && self.is_named(name))
    }
}

/// The paths that differ, those that are there now first, and files before the folders that came with them.
fn differences<'a>(before: &'a Snapshot, now: &'a Snapshot) -> impl Iterator<Item = &'a Path> {
    let changed = now.iter().filter(|(path, state)| before.get(*path) != Some(*state));
    let gone = before.iter().filter(|(path, _)| !now.contains_key(*path));
    let (folders, files): (Vec<_>, Vec<_>) = changed.chain(gone).partition(|(_, state)| **state == State::Folder);
    files.into_iter().chain(folders).map(|(path, _)| path.as_path())
}

#[cfg(test)]
mod tests;
