//! Key files in the real host's format (protocol.md#keys-and-levels).

use std::error::Error;
use std::io;
use std::path::Path;

use dotnet_text::base64;

use super::content::{self, DEFAULT, MASTER};
use super::kept::{Key, KeyFile};
use crate::app::Diagnostic;
use crate::files;

/// Bytes of a generated key: 56 characters of text.
const KEY_BYTES: usize = 40;

impl KeyFile {
    /// The file of the host, which is made if there is none.
    pub(super) fn of_host(path: &Path) -> Result<Self, Diagnostic> {
        Self::read_or_make(path, content::of_host, || {
            Ok(Self {
                master_key: Some(Key::new(MASTER, &generate()?)),
                function_keys: Some(vec![Key::new(DEFAULT, &generate()?)]),
                system_keys: Some(Vec::new()),
                ..Self::new()
            })
        })
    }

    /// That of a function, likewise.
    pub(super) fn of_function(path: &Path) -> Result<Self, Diagnostic> {
        let make = || Ok(Self { keys: Some(vec![Key::new(DEFAULT, &generate()?)]), ..Self::new() });
        Self::read_or_make(path, content::of_function, make)
    }

    /// That of a function, or one without keys if there is none: so the real host sets and removes the keys of a function.
    pub(super) fn of_function_or_empty(path: &Path) -> Result<Self, Diagnostic> {
        let empty = || Self { keys: Some(Vec::new()), ..Self::new() };
        Ok(read(path, content::of_function)?.unwrap_or_else(empty).kept_secret())
    }

    fn new() -> Self {
        Self { instance_id: Some(String::new()), decryption_key_id: Some(String::new()), ..Self::empty() }
    }

    fn read_or_make(
        path: &Path,
        content: fn(&str) -> Result<Self, content::Error>,
        make: impl FnOnce() -> Result<Self, Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        let file = match read(path, content)? {
            Some(file) => file,
            None => {
                let file = make()?;
                file.write(path)?;
                file
            }
        };
        for keys in [&file.function_keys, &file.system_keys, &file.keys].into_iter().flatten() {
            content::check_names(keys).map_err(|error| damaged(path, &error))?;
        }
        Ok(file.kept_secret())
    }

    fn kept_secret(self) -> Self {
        self.all().for_each(|(key, _)| key.keep_secret());
        self
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Diagnostic> {
        let unwritable = |error: io::Error| {
            diagnostic("write", path, &error, "the host's user must be able to write `FUNCTIONS_SECRETS_PATH`")
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| unwritable(error.into()))?;
        text.push('\n');
        files::write_privately(path, text.as_bytes()).map_err(unwritable)
    }
}

/// A new key's value, from the system's source of randomness.
pub(super) fn generate() -> Result<String, Diagnostic> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Diagnostic::of_whole(format!("the system gives no random bytes for a key: {error}")))?;
    Ok(base64::encode(&bytes).replace('+', "-").replace('/', "_"))
}

/// The file, if there is one. A user who could replace it could make a master key.
fn read(path: &Path, content: fn(&str) -> Result<KeyFile, content::Error>) -> Result<Option<KeyFile>, Diagnostic> {
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

fn diagnostic(action: &str, path: &Path, error: &dyn Error, hint: &str) -> Diagnostic {
    Diagnostic::of_whole(format!("cannot {action} the key file `{}`: {error}", path.display())).hint(hint)
}
