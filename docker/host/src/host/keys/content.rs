//! What a key file says, as the real host's classes take it (`ScriptSecretSerializer`, read by Newtonsoft.Json).

use dotnet_text::json::{self, Json, Object, text};

use super::kept::{Key, KeyFile};

/// The names that keys get where a file of the first format has their values alone.
pub(super) const MASTER: &str = "master";
pub(super) const DEFAULT: &str = "default";

/// Why a text is no key file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    NotJson(#[from] json::Error),
    #[error("it is not an object of the keys that belong there")]
    Format,
    #[error("`{0}` is not {1}")]
    Kind(String, &'static str),
    #[error("a key has no name")]
    NoName,
    #[error("two keys have the name `{0}`")]
    Name(String),
}

/// The keys of the host: an object and a list, or two texts in a file of the first format.
pub(super) fn of_host(text: &str) -> Result<KeyFile, Error> {
    let (members, mut file) = (object(text)?, KeyFile::empty());
    if let Some(Json::Text(master)) = members.get("masterKey") {
        file.master_key = Some(Key::new(MASTER, master));
        file.function_keys = Some(lone_key(members.get("functionKey"))?);
        file.system_keys = Some(Vec::new());
        return Ok(file);
    }
    if !matches!((members.get("masterKey"), members.get("functionKeys")), (Some(Json::Object(_)), Some(Json::Array(_))))
    {
        return Err(Error::Format);
    }
    for (name, value) in &members {
        match name.to_ascii_lowercase().as_str() {
            "masterkey" => change_key(&mut file.master_key, name, value)?,
            "functionkeys" => add_keys(&mut file.function_keys, name, value)?,
            "systemkeys" => add_keys(&mut file.system_keys, name, value)?,
            _ => change_origin(&mut file, name, value)?,
        }
    }
    file.system_keys.get_or_insert_default();
    for (name, is_missing) in [("masterKey", file.master_key.is_none()), ("functionKeys", file.function_keys.is_none())]
    {
        if is_missing {
            return Err(Error::Kind(name.to_owned(), "there"));
        }
    }
    Ok(file)
}

/// The keys of a function: a list, or one text in a file of the first format.
pub(super) fn of_function(text: &str) -> Result<KeyFile, Error> {
    let (members, mut file) = (object(text)?, KeyFile::empty());
    if let Some(key @ (Json::Text(_) | Json::Null)) = members.get("key") {
        file.keys = Some(lone_key(Some(key))?);
        return Ok(file);
    }
    if !matches!(members.get("keys"), Some(Json::Array(_))) {
        return Err(Error::Format);
    }
    for (name, value) in &members {
        match name.to_ascii_lowercase().as_str() {
            "keys" => add_keys(&mut file.keys, name, value)?,
            _ => change_origin(&mut file, name, value)?,
        }
    }
    if file.keys.is_some() { Ok(file) } else { Err(Error::Kind("keys".to_owned(), "there")) }
}

/// Fails unless each key has another name: the real host keeps them by name.
pub(super) fn check_names(keys: &[Key]) -> Result<(), Error> {
    for (index, key) in keys.iter().enumerate() {
        if keys[..index].iter().any(|other| other.name == key.name) {
            return Err(Error::Name(key.name.clone()));
        }
    }
    Ok(())
}

fn object(text: &str) -> Result<Object, Error> {
    match json::parse(text)? {
        Json::Object(members) => Ok(members),
        _ => Err(Error::Format),
    }
}

fn lone_key(value: Option<&Json>) -> Result<Vec<Key>, Error> {
    let value = string("functionKey", value.unwrap_or(&Json::Null))?;
    Ok(value.map(|value| Key::new(DEFAULT, &value)).into_iter().collect())
}

/// Of two members whose names differ in case the second changes what the first has made: lists grow, and of a key the members that
/// are given again are replaced.
fn add_keys(keys: &mut Option<Vec<Key>>, name: &str, value: &Json) -> Result<(), Error> {
    match value {
        value if is_nothing(value) => *keys = None,
        Json::Array(elements) => {
            let keys = keys.get_or_insert_default();
            for (index, element) in elements.iter().enumerate() {
                let (mut key, name) = (None, format!("{name}[{index}]"));
                change_key(&mut key, &name, element)?;
                let key = key.ok_or(Error::Kind(name, "a key"))?;
                keys.push(if has_name(element) { key } else { return Err(Error::NoName) });
            }
        }
        _ => return Err(Error::Kind(name.to_owned(), "a list of keys")),
    }
    Ok(())
}

fn has_name(key: &Json) -> bool {
    let mut names = key.as_object().into_iter().flatten().filter(|(name, _)| name.eq_ignore_ascii_case("name"));
    names.next_back().is_some_and(|(_, value)| !value.is_null())
}

fn change_key(key: &mut Option<Key>, name: &str, value: &Json) -> Result<(), Error> {
    let members = match value {
        value if is_nothing(value) => {
            *key = None;
            return Ok(());
        }
        Json::Object(members) => members,
        _ => return Err(Error::Kind(name.to_owned(), "a key: an object of `name` and `value`")),
    };
    let key = key.get_or_insert_default();
    for (member, value) in members {
        let path = || format!("{name}.{member}");
        match member.to_ascii_lowercase().as_str() {
            "name" => key.name = string(&path(), value)?.unwrap_or_default(),
            "value" => key.value = string(&path(), value)?.unwrap_or_default(),
            "encrypted" => {
                key.encrypted = value.boolean().ok_or_else(|| Error::Kind(path(), "`true` or `false`"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn change_origin(file: &mut KeyFile, name: &str, value: &Json) -> Result<(), Error> {
    match name.to_ascii_lowercase().as_str() {
        "hostname" => file.host_name = string(name, value)?,
        "instanceid" => file.instance_id = string(name, value)?,
        "source" => file.source = string(name, value)?,
        "decryptionkeyid" => file.decryption_key_id = string(name, value)?,
        _ => {}
    }
    Ok(())
}

/// A text that is empty is no object and no list.
fn is_nothing(value: &Json) -> bool {
    matches!(value, Json::Null) || value.as_text().is_some_and(str::is_empty)
}

/// A text; any other scalar has one, too.
fn string(name: &str, value: &Json) -> Result<Option<String>, Error> {
    match value {
        Json::Null => Ok(None),
        Json::Undefined | Json::Array(_) | Json::Object(_) => Err(Error::Kind(name.to_owned(), "a text")),
        value => Ok(Some(text(value).into_owned())),
    }
}
