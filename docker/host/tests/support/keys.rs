//! Looks for keys in what hosts print: for those that tests hand to them, and for those that they make. Only the lines of
//! `--open-keys` have any.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What tests send as a key, and how that of the emulator begins.
const SENT: [&str; 2] = ["the-secret-key", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu"];
/// The first bytes are enough to tell keys apart; an escape further on does not hide one.
const SAID_BYTES: usize = 16;
/// What names a folder for the keys of a host, in the order in which hosts ask for them.
const FOLDERS: [&str; 2] = ["FUNCTIONS_SECRETS_PATH", "XDG_STATE_HOME"];

/// Where a host keeps the keys that it makes: where the command says, or else in this folder, which it then says.
#[allow(dead_code, reason = "some tests only look")]
pub fn folder(command: &mut Command, otherwise: &Path) -> PathBuf {
    let given = |name: &str| command.get_envs().find(|(key, _)| *key == name)?.1.map(PathBuf::from);
    FOLDERS.into_iter().find_map(given).unwrap_or_else(|| {
        command.env(FOLDERS[1], otherwise);
        otherwise.to_owned()
    })
}

/// The lines with a key that was sent, or that is in a file of this folder.
pub fn leaks<'a>(printed: &'a str, folder: &Path) -> Vec<&'a str> {
    let made = made(folder);
    let keys: Vec<String> = SENT.into_iter().chain(made.iter().map(String::as_str)).map(beginning).collect();
    let has_key = |line: &str| keys.iter().any(|key| line.to_ascii_lowercase().contains(key));
    printed.lines().filter(|line| !is_listing(line) && has_key(line)).collect()
}

/// What `--open-keys` prints of a key.
fn is_listing(line: &str) -> bool {
    line.starts_with('\t') && line.contains(", opens ")
}

fn beginning(key: &str) -> String {
    key.get(..SAID_BYTES).unwrap_or(key).to_ascii_lowercase()
}

/// The keys in the files of a folder and of those below it.
fn made(folder: &Path) -> Vec<String> {
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            keys.extend(made(&entry.path()));
        } else if let Ok(text) = std::fs::read_to_string(entry.path())
            && let Ok(file) = serde_json::from_str(&text)
        {
            values(&file, &mut keys);
        }
    }
    keys
}

/// Every `value` of a file of keys.
fn values(file: &Value, keys: &mut Vec<String>) {
    match file {
        Value::Object(members) => {
            let value = members.get("value").and_then(Value::as_str);
            keys.extend(value.filter(|key| key.len() >= SAID_BYTES).map(str::to_owned));
            members.values().for_each(|member| values(member, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, keys)),
        _ => {}
    }
}
