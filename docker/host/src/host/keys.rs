//! Keys: files, levels and the check of a request (protocol.md#keys-and-levels).

mod content;
mod file;
mod kept;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use subtle::ConstantTimeEq;

use crate::app::{AuthLevel, Diagnostic, Settings};
use crate::envelope::http_request::Identity;
use kept::KeyFile;
pub use kept::{Key, Owner};

/// The keys of an app: where they are kept, and which ones have been accepted.
#[derive(Debug)]
pub struct Keys {
    directory: Option<PathBuf>,
    memory: Mutex<Memory>,
}

/// The name under which the master key can be read and written among the system keys.
pub const MASTER: &str = "_master";

/// The settings that say where keys are kept.
pub(super) const STORE_TYPE: &str = "AzureWebJobsSecretStorageType";
pub(super) const STORE_PATH: &str = "FUNCTIONS_SECRETS_PATH";

/// How long a key file is taken to be unchanged after a look at it. The real host needs up to 3 s (recording KX-secrets-edited).
const RECHECK_MILLISECONDS: u64 = 500;

/// Accepted spellings of keys that are remembered; beyond that the memory is emptied.
const MOST_REMEMBERED_KEYS: usize = 1_000;

#[derive(Debug, Default)]
struct Memory {
    /// Accepted keys. The real host compares these ignoring case, so that once the right key was used its
    /// other spellings are accepted too (recording KX-key-forms).
    accepted: HashMap<String, Identity>,
    /// What each key file that was read had in it.
    files: HashMap<PathBuf, Look>,
}

/// A key file, when it was last looked at, and its state then.
#[derive(Debug)]
struct Look {
    at: Instant,
    changed: Option<(SystemTime, u64)>,
    keys: Vec<(Key, AuthLevel)>,
}

impl Keys {
    /// The key store that the settings name. Only `AzureWebJobsSecretStorageType=files` is one; without it no key is right
    /// (recording K07). The directory is `FUNCTIONS_SECRETS_PATH`, or `Secrets` beside the host's program.
    pub fn new(settings: &Settings) -> Self {
        let files = settings.get(STORE_TYPE).is_some_and(|kind| kind.eq_ignore_ascii_case("files"));
        let directory = files.then(|| match settings.get_filled(STORE_PATH) {
            Some(path) => PathBuf::from(path),
            None => std::env::current_exe().unwrap_or_default().with_file_name("Secrets"),
        });
        Self { directory, memory: Mutex::default() }
    }

    /// The directory with the key files, if keys are kept in files.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// What `key` allows: for the admin endpoints (`function` is `None`) or for one function. Key files are made at the first
    /// call for them, whether the key is right or wrong (recording K16). The function's own are asked last, and only about a key
    /// that is not one of the host's. An empty key is never right, and not worth a look at the files. A key file that can be
    /// neither read nor made is an error, of which the real host makes a 500 without a body (recording JX-bad-host).
    pub fn identify(&self, key: &str, function: Option<&str>) -> Result<Option<Identity>, Diagnostic> {
        let Some(directory) = self.directory.as_ref().filter(|_| !key.is_empty()) else { return Ok(None) };
        let function = function.map(str::to_lowercase);
        let remembered = format!("{key}\n{}", function.as_deref().unwrap_or_default()).to_lowercase();
        let mut memory = self.memory();
        memory.forget_if_changed();
        if let Some(identity) = memory.accepted.get(&remembered) {
            return Ok(Some(identity.clone()));
        }
        let mut identity = match_key(key, memory.keys(directory.join("host.json"), KeyFile::of_host)?);
        if let (None, Some(name)) = (&identity, &function) {
            identity = match_key(key, memory.keys(directory.join(format!("{name}.json")), KeyFile::of_function)?);
        }
        if let Some(identity) = &identity {
            if memory.accepted.len() >= MOST_REMEMBERED_KEYS {
                memory.accepted.clear();
            }
            memory.accepted.insert(remembered, identity.clone());
        }
        Ok(identity)
    }

    /// The keys of an owner; those of a function are in the file under its lower-cased name.
    pub fn keys(&self, owner: Owner<'_>) -> Result<Vec<Key>, Diagnostic> {
        let mut file = match owner {
            Owner::Function(name) => KeyFile::of_function(&self.file(&format!("{}.json", name.to_lowercase()))?)?,
            Owner::AllFunctions | Owner::System => KeyFile::of_host(&self.file("host.json")?)?,
        };
        Ok(std::mem::take(file.list(owner)))
    }

    /// One key by its exact name; `_master` among the system keys is the master key.
    pub fn key(&self, owner: Owner<'_>, name: &str) -> Result<Option<Key>, Diagnostic> {
        if owner == Owner::System && name == MASTER {
            let host = KeyFile::of_host(&self.file("host.json")?)?;
            return Ok(host.master_key.map(|key| Key::new(MASTER, &key.value)));
        }
        Ok(self.keys(owner)?.into_iter().find(|key| key.name == name))
    }

    /// Sets a key, or with no value generates one. Returns whether it is new, and the key. `_master` is the master key
    /// whichever list of the host is meant, and counts as new when it is generated (`SecretManager.SetMasterKeyAsync`). That of a
    /// function is put into the file under its name *as given*. If that is not in lower case nothing ever reads it, as with the
    /// real host on a case-sensitive file system (recording KX-key-put).
    pub fn set(&self, owner: Owner<'_>, name: &str, value: Option<&str>) -> Result<(bool, Key), Diagnostic> {
        let key = Key::new(name, &value.map_or_else(file::generate, |value| Ok(value.to_owned()))?);
        key.keep_secret();
        let (path, mut file) = self.to_change(owner)?;
        let is_new = match &mut file.master_key {
            Some(master) if name.eq_ignore_ascii_case(MASTER) => {
                master.value.clone_from(&key.value);
                master.encrypted = false;
                value.is_none()
            }
            _ => put(file.list(owner), key.clone()),
        };
        file.write(&path)?;
        self.forget();
        Ok((is_new, key))
    }

    /// Removes a key, that of a function from the file under its name as given; says whether there was one. The master key cannot be
    /// removed: the caller answers for that.
    pub fn delete(&self, owner: Owner<'_>, name: &str) -> Result<bool, Diagnostic> {
        let (path, mut file) = self.to_change(owner)?;
        let was_there = remove(file.list(owner), name);
        if was_there {
            file.write(&path)?;
            self.forget();
        }
        Ok(was_there)
    }

    /// The file in which the keys of an owner are changed, and where it is.
    fn to_change(&self, owner: Owner<'_>) -> Result<(PathBuf, KeyFile), Diagnostic> {
        let (name, read): (_, fn(&Path) -> _) = match owner {
            Owner::Function(name) => (name, KeyFile::of_function_or_empty),
            Owner::AllFunctions | Owner::System => ("host", KeyFile::of_host),
        };
        let path = self.file(&format!("{name}.json"))?;
        let file = read(&path)?;
        Ok((path, file))
    }

    fn file(&self, name: &str) -> Result<PathBuf, Diagnostic> {
        let no_store = || Diagnostic::of_whole("no key store").hint("set `AzureWebJobsSecretStorageType=files`");
        self.directory.as_ref().map(|directory| directory.join(name)).ok_or_else(no_store)
    }

    fn forget(&self) {
        *self.memory() = Memory::default();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // What a thread that panicked left behind is only a cache.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one key a request presents: that of its first `x-functions-key` header, or else the first `code` of the query, ignoring
/// case. An empty one counts as a wrong key (recordings K03, KX-key-forms).
pub fn presented<'a>(header: Option<&'a [u8]>, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    match header {
        Some(value) => Some(std::str::from_utf8(value).unwrap_or_default()),
        None => query.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("code")).map(|(_, value)| value),
    }
}

/// Whether a caller may call a function: the key's level must be equal to the function's, or be `Admin` (recordings K05, K06).
/// `user` lets only the master key in.
pub fn permits(level: AuthLevel, identity: Option<&Identity>) -> bool {
    match (level, identity.map(|identity| identity.level)) {
        (AuthLevel::Anonymous, _) | (_, Some(AuthLevel::Admin)) => true,
        (AuthLevel::User, _) => false,
        (level, key) => key == Some(level),
    }
}

impl Memory {
    /// Forgets which keys were accepted when a file they come from has changed.
    fn forget_if_changed(&mut self) {
        let pause = Duration::from_millis(RECHECK_MILLISECONDS);
        let changed = self.files.iter_mut().filter(|(_, look)| look.at.elapsed() >= pause).any(|(path, look)| {
            look.at = Instant::now();
            look.changed != last_change(path)
        });
        if changed {
            *self = Self::default();
        }
    }

    /// The keys in a file, which is read again if it has changed: whoever tries wrong keys costs a look at it.
    fn keys(
        &mut self,
        path: PathBuf,
        read: fn(&Path) -> Result<KeyFile, Diagnostic>,
    ) -> Result<&[(Key, AuthLevel)], Diagnostic> {
        // Asked before it is read: a change meanwhile is seen the next time.
        let changed = last_change(&path);
        if !self.files.get(&path).is_some_and(|look| changed.is_some() && look.changed == changed) {
            let keys = read(&path)?.all().map(|(key, level)| (key.clone(), level)).collect();
            self.files.insert(path.clone(), Look { at: Instant::now(), changed, keys });
        }
        Ok(self.files.get(&path).map_or(&[], |look| &look.keys))
    }
}

fn last_change(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Every key is compared, each in constant time, so that the time taken does not show which one was nearly right.
fn match_key(presented: &str, candidates: &[(Key, AuthLevel)]) -> Option<Identity> {
    let mut identity = None;
    for (key, level) in candidates {
        let usable = !key.encrypted && !key.value.is_empty();
        if bool::from(key.value.as_bytes().ct_eq(presented.as_bytes())) && usable && identity.is_none() {
            identity = Some(Identity { level: *level, key_name: key.name.clone() });
        }
    }
    identity
}

/// Adds a key at the end, in place of the one of that name; says whether it is a new one.
fn put(keys: &mut Vec<Key>, key: Key) -> bool {
    let is_new = !remove(keys, &key.name);
    keys.push(key);
    is_new
}

/// Unlike [`Keys::key`], this takes a name ignoring case, as the real host does.
fn remove(keys: &mut Vec<Key>, name: &str) -> bool {
    let found = keys.iter().position(|key| key.name.eq_ignore_ascii_case(name));
    found.map(|index| keys.remove(index)).is_some()
}

#[cfg(test)]
mod tests;
