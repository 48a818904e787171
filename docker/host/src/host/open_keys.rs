//! `--open-keys`: a key store for those who have none, and its keys on the screen.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::host::keys::{HostKeys, KeyError, Keys};

const STORE_TYPE: &str = "AzureWebJobsSecretStorageType";
const STORE_PATH: &str = "FUNCTIONS_SECRETS_PATH";

/// The settings that keep the keys of the app below `root` in files, where the environment names no key store.
pub fn store(environment: &[(String, String)], root: &Path) -> Vec<(String, String)> {
    let find = |name: &str| environment.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    if find(STORE_TYPE).is_some() {
        return Vec::new();
    }
    let state = find("XDG_STATE_HOME").map(PathBuf::from);
    let home = || find("HOME").map(|home| Path::new(home).join(".local/state"));
    let folder = root.to_string_lossy().replace('/', "-");
    let directory =
        state.or_else(home).unwrap_or_else(std::env::temp_dir).join("mini-host").join(folder.trim_matches('-'));
    vec![(STORE_TYPE.to_owned(), "files".to_owned()), (STORE_PATH.to_owned(), directory.to_string_lossy().into_owned())]
}

/// The keys, one a line.
///
/// # Errors
/// If the key files can be neither read nor made.
pub fn listing(app: &App, keys: &Keys) -> Result<String, KeyError> {
    let mut text = String::from("\nKeys (send one as `x-functions-key`, or as `?code=`):\n\n");
    if let Some(master) = keys.host_key(HostKeys::System, "_master")? {
        text.push_str(&format!("\tmaster, opens everything: {}\n", master.value));
    }
    for key in keys.host_keys(HostKeys::Function)? {
        text.push_str(&format!("\t{}, opens all functions: {}\n", key.name, key.value));
    }
    for function in app.loaded().filter(|function| function.http.is_some()) {
        for key in keys.function_keys(&function.name)? {
            text.push_str(&format!("\t{}, opens {}: {}\n", key.name, function.name, key.value));
        }
    }
    text.push('\n');
    Ok(text)
}
