//! Texts by paths such as `logging:logLevel`, as .NET's configuration keeps them.

use std::collections::BTreeMap;

/// Paths are compared ignoring case, and keep the spelling that came last.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Path and value, by the path in lower case.
    entries: BTreeMap<String, (String, String)>,
}

impl Table {
    pub fn get(&self, path: &str) -> Option<&str> {
        self.entries.get(&path.to_lowercase()).map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, path: String, value: String) {
        self.entries.insert(path.to_lowercase(), (path, value));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.values().map(|(path, value)| (path.as_str(), value.as_str()))
    }

    /// Everything below `section`, as (path after `section:`, value), in the order of the paths.
    pub fn below<'a>(&'a self, section: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let prefix = format!("{}:", section.to_lowercase());
        let parts = prefix.matches(':').count();
        let entries = self.entries.range(prefix.clone()..).take_while(move |(folded, _)| folded.starts_with(&prefix));
        entries.map(move |(_, (path, value))| (path.splitn(parts + 1, ':').nth(parts).unwrap_or(""), value.as_str()))
    }
}
