//! Key files in the real host's format (protocol.md#keys-and-levels).

use std::error::Error;
use std::io;
use std::path::Path;

use dotnet_text::base64;
use serde::Serialize;

use super::content::{self, DEFAULT, MASTER};
use super::kept::{FunctionKeyFile, HostKeyFile, Key, Origin};
use crate::app::{AuthLevel, Diagnostic};
use crate::files;

/// Bytes of a generated key: 56 characters of text.
const KEY_BYTES: usize = 40;

impl HostKeyFile {
    pub(super) fn read_or_make(path: &Path) -> Result<Self, Diagnostic> {
        let file = read_or_make(path, content::of_host, || {
            Ok(Self {
                master_key: Key::new(MASTER, &generate()?),
                function_keys: vec![Key::new(DEFAULT, &generate()?)],
                system_keys: Vec::new(),
                origin: Origin::new(),
            })
        })?;
        [&file.function_keys, &file.system_keys]
            .into_iter()
            .try_for_each(|keys| content::check_names(keys))
            .map_err(|diagnostic| damaged(path, &diagnostic))?;
        file.keys().for_each(|(key, _)| key.keep_secret());
        Ok(file)
    }

    /// All of them in the order in which the real host asks them.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&Key, AuthLevel)> {
        let system = self.system_keys.iter().map(|key| (key, AuthLevel::System));
        let function = self.function_keys.iter().map(|key| (key, AuthLevel::Function));
        std::iter::once((&self.master_key, AuthLevel::Admin)).chain(system).chain(function)
    }
}

impl FunctionKeyFile {
    /// The file, or one without keys if there is none: so the real host sets and removes the keys of a function.
    pub(super) fn read_or_empty(path: &Path) -> Result<Self, Diagnostic> {
        Ok(read(path, content::of_function)?.unwrap_or_else(|| Self::new(Vec::new())).kept_secret())
    }

    fn kept_secret(self) -> Self {
        self.keys.iter().for_each(Key::keep_secret);
        self
    }

    fn new(keys: Vec<Key>) -> Self {
        Self { keys, origin: Origin::new() }
    }

    pub(super) fn read_or_make(path: &Path) -> Result<Self, Diagnostic> {
        let make = || Ok(Self::new(vec![Key::new(DEFAULT, &generate()?)]));
        let file = read_or_make(path, content::of_function, make)?;
        content::check_names(&file.keys).map_err(|diagnostic| damaged(path, &diagnostic))?;
        Ok(file.kept_secret())
    }
}

/// A new key's value, from the system's source of randomness.
pub(super) fn generate() -> Result<String, Diagnostic> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Diagnostic::of_whole(format!("the system gives no random bytes for a key: {error}")))?;
    Ok(base64::encode(&bytes).replace('+', "-").replace('/', "_"))
}

fn read_or_make<F: Serialize>(
    path: &Path,
    content: fn(&str) -> Result<F, content::Error>,
    make: impl FnOnce() -> Result<F, Diagnostic>,
) -> Result<F, Diagnostic> {
    if let Some(file) = read(path, content)? {
        return Ok(file);
    }
    let file = make()?;
    write(path, &file)?;
    Ok(file)
}

/// The file, if there is one. A user who could replace it could make a master key.
fn read<F>(path: &Path, content: fn(&str) -> Result<F, content::Error>) -> Result<Option<F>, Diagnostic> {
    let bytes = match path.parent().map_or(Ok(()), files::check_owner).and_then(|()| files::check_owner(path)) {
        Ok(()) => files::read(path),
        Err(error) => Err(error),
    };
    let text = match bytes {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(diagnostic("read", path, &error, "make it readable for the host's user")),
    };
    // An empty file is none (`FileSystemSecretsRepository`).
    if text.is_empty() {
        return Ok(None);
    }
    content(&text).map(Some).map_err(|error| damaged(path, &error))
}

fn damaged(path: &Path, error: &content::Error) -> Diagnostic {
    diagnostic("read", path, error, "fix the file, or delete it and the host makes a new one")
}

pub(super) fn write<F: Serialize>(path: &Path, file: &F) -> Result<(), Diagnostic> {
    let unwritable = |error: io::Error| {
        diagnostic("write", path, &error, "the host's user must be able to write `FUNCTIONS_SECRETS_PATH`")
    };
    let mut text = serde_json::to_string_pretty(file).map_err(|error| unwritable(error.into()))?;
    text.push('\n');
    files::write_privately(path, text.as_bytes()).map_err(unwritable)
}

fn diagnostic(action: &str, path: &Path, error: &dyn Error, hint: &str) -> Diagnostic {
    Diagnostic::of_whole(format!("cannot {action} the key file `{}`: {error}", path.display())).hint(hint)
}
