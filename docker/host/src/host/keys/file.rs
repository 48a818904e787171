//! Key files in the real host's format (protocol.md#keys-and-levels).

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::log::known;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub name: String,
    pub value: String,
    /// Whether `value` is encrypted. This host does not decrypt: such a key opens nothing.
    #[serde(default)]
    pub encrypted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLevel {
    /// A key of one function, or a host key that opens all functions.
    Function,
    System,
    Admin,
}

/// Why keys can be neither read nor written. The caller gets a 500 without a body (recording JX-bad-host).
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("no key store\nhint: set `AzureWebJobsSecretStorageType=files`")]
    NoStore,
    #[error("cannot read the key file `{}`: {error}\nhint: make it readable for the host's user", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("cannot read the key file `{}`: {error}\nhint: fix the file, or delete it and the host makes a new one", path.display())]
    Damaged { path: PathBuf, error: serde_json::Error },
    #[error("cannot write the key file `{}`: {error}\nhint: the host's user must be able to write `FUNCTIONS_SECRETS_PATH`", path.display())]
    Unwritable { path: PathBuf, error: io::Error },
    #[error(
        "no folder for keys: HOME names no user's folder\nhint: set HOME, or `AzureWebJobsSecretStorageType=files` and \
         FUNCTIONS_SECRETS_PATH"
    )]
    NoHome,
    #[error("the system gives no random bytes for a key: {0}")]
    Random(getrandom::Error),
}

/// `host.json` of the key directory. A hand-written one needs only the first two members.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostFile {
    pub master_key: Key,
    pub function_keys: Vec<Key>,
    #[serde(default)]
    pub system_keys: Vec<Key>,
    #[serde(flatten)]
    origin: Origin,
}

/// `<function>.json` of the key directory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionFile {
    pub keys: Vec<Key>,
    #[serde(flatten)]
    origin: Origin,
}

/// What the real host adds to either file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Origin {
    host_name: Option<String>,
    instance_id: Option<String>,
    source: String,
    decryption_key_id: Option<String>,
}

/// Bytes of a generated key: 56 characters of text.
const KEY_BYTES: usize = 40;

const DEFAULT: &str = "default";

impl Key {
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), encrypted: false }
    }

    /// From now on nothing that is shown has its value.
    pub(super) fn keep_secret(&self) {
        known::remember(&self.value);
    }
}

impl HostFile {
    pub(super) fn read_or_make(path: &Path) -> Result<Self, KeyError> {
        let file = read_or_make(path, || {
            Ok(Self {
                master_key: Key::new("master", &generate()?),
                function_keys: vec![Key::new(DEFAULT, &generate()?)],
                system_keys: Vec::new(),
                origin: Origin::new(),
            })
        })?;
        file.keys().for_each(|(key, _)| key.keep_secret());
        Ok(file)
    }

    /// All of them in the order in which the real host asks them.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&Key, KeyLevel)> {
        let system = self.system_keys.iter().map(|key| (key, KeyLevel::System));
        let function = self.function_keys.iter().map(|key| (key, KeyLevel::Function));
        std::iter::once((&self.master_key, KeyLevel::Admin)).chain(system).chain(function)
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), KeyError> {
        write(path, self)
    }
}

impl FunctionFile {
    /// The file, or one without keys if there is none: so the real host sets and removes the keys of a function.
    pub(super) fn read_or_empty(path: &Path) -> Result<Self, KeyError> {
        Ok(read(path)?.unwrap_or_else(|| Self::new(Vec::new())).kept_secret())
    }

    fn kept_secret(self) -> Self {
        self.keys.iter().for_each(Key::keep_secret);
        self
    }

    fn new(keys: Vec<Key>) -> Self {
        Self { keys, origin: Origin::new() }
    }

    pub(super) fn read_or_make(path: &Path) -> Result<Self, KeyError> {
        Ok(read_or_make(path, || Ok(Self::new(vec![Key::new(DEFAULT, &generate()?)])))?.kept_secret())
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), KeyError> {
        write(path, self)
    }
}

impl Origin {
    fn new() -> Self {
        Self { instance_id: Some(String::new()), decryption_key_id: Some(String::new()), ..Self::default() }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self { host_name: None, instance_id: None, source: "runtime".to_owned(), decryption_key_id: None }
    }
}

/// A new key's value, from the system's source of randomness.
pub(super) fn generate() -> Result<String, KeyError> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(URL_SAFE.encode(bytes))
}

fn read_or_make<F: Serialize + for<'a> Deserialize<'a>>(
    path: &Path,
    make: impl FnOnce() -> Result<F, KeyError>,
) -> Result<F, KeyError> {
    if let Some(file) = read(path)? {
        return Ok(file);
    }
    let file = make()?;
    write(path, &file)?;
    Ok(file)
}

/// The file, if there is one. A user who could replace it could make a master key.
fn read<F: for<'a> Deserialize<'a>>(path: &Path) -> Result<Option<F>, KeyError> {
    let bytes = match path.parent().map_or(Ok(()), files::check_owner).and_then(|()| files::check_owner(path)) {
        Ok(()) => files::read(path),
        Err(error) => Err(error),
    };
    let text = match bytes {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(KeyError::Unreadable { path: path.to_owned(), error }),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let file = serde_json::from_str(text).map_err(|error| KeyError::Damaged { path: path.to_owned(), error })?;
    Ok(Some(file))
}

fn write<F: Serialize>(path: &Path, file: &F) -> Result<(), KeyError> {
    let unwritable = |error| KeyError::Unwritable { path: path.to_owned(), error };
    let mut text = serde_json::to_string_pretty(file).map_err(|error| unwritable(error.into()))?;
    text.push('\n');
    files::write_privately(path, text.as_bytes()).map_err(unwritable)
}
