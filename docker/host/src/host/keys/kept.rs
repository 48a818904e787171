//! The keys that a key file has, and what else stands in it (protocol.md#keys-and-levels).

use serde::Serialize;

use crate::app::AuthLevel;
use crate::log::known;

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// The host: keys that open all functions.
    AllFunctions,
    System,
    Function(&'a str),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Key {
    pub name: String,
    pub value: String,
    /// Whether `value` is encrypted. This host does not decrypt: such a key opens nothing.
    pub encrypted: bool,
}

/// `host.json` of the key directory, or `<function>.json`. A hand-written one needs only `masterKey` and `functionKeys`, or `keys`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyFile {
    /// This and the next two are there in the file of the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_key: Option<Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_keys: Option<Vec<Key>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_keys: Option<Vec<Key>>,
    /// These are there in the file of a function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<Key>>,
    /// What the real host adds to either file.
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

impl KeyFile {
    /// One that says nothing.
    pub fn empty() -> Self {
        Self { source: Some("runtime".to_owned()), ..Self::default() }
    }

    /// The list of an owner whose file this is.
    pub fn list(&mut self, owner: Owner<'_>) -> &mut Vec<Key> {
        let list = match owner {
            Owner::AllFunctions => &mut self.function_keys,
            Owner::System => &mut self.system_keys,
            Owner::Function(_) => &mut self.keys,
        };
        list.get_or_insert_default()
    }

    /// All of them in the order in which the real host asks them.
    pub fn all(&self) -> impl Iterator<Item = (&Key, AuthLevel)> {
        let lists = [
            (&self.system_keys, AuthLevel::System),
            (&self.function_keys, AuthLevel::Function),
            (&self.keys, AuthLevel::Function),
        ];
        let listed = lists.into_iter().flat_map(|(keys, level)| keys.iter().flatten().map(move |key| (key, level)));
        self.master_key.iter().map(|key| (key, AuthLevel::Admin)).chain(listed)
    }
}
