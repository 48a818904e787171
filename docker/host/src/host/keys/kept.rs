//! The keys that a key file has, and what else stands in it (protocol.md#keys-and-levels).

use serde::Serialize;

use crate::log::known;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Key {
    pub name: String,
    pub value: String,
    /// Whether `value` is encrypted. This host does not decrypt: such a key opens nothing.
    pub encrypted: bool,
}

/// `host.json` of the key directory. A hand-written one needs only the first two members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HostKeyFile {
    pub master_key: Key,
    pub function_keys: Vec<Key>,
    pub system_keys: Vec<Key>,
    #[serde(flatten)]
    pub origin: Origin,
}

/// `<function>.json` of the key directory.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionKeyFile {
    pub keys: Vec<Key>,
    #[serde(flatten)]
    pub origin: Origin,
}

/// What the real host adds to either file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Origin {
    pub host_name: Option<String>,
    pub instance_id: Option<String>,
    pub source: Option<String>,
    pub decryption_key_id: Option<String>,
}

impl Key {
    pub fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned(), encrypted: false }
    }

    /// From now on nothing that is shown has its value.
    pub(super) fn keep_secret(&self) {
        known::remember(&self.value);
    }
}

impl Origin {
    pub fn new() -> Self {
        Self { instance_id: Some(String::new()), decryption_key_id: Some(String::new()), ..Self::default() }
    }
}

impl Default for Origin {
    fn default() -> Self {
        Self { host_name: None, instance_id: None, source: Some("runtime".to_owned()), decryption_key_id: None }
    }
}
