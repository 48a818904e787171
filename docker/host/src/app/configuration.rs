//! host.json and the settings laid over it, as one case-insensitive table of paths.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::settings::Settings;
use super::table::Table;
use dotnet_text::json::text_of;

/// The section of the configuration that host.json fills and `AzureFunctionsJobHost__…` settings override.
pub const JOB_HOST: &str = "AzureFunctionsJobHost";

/// All paths of a host.json together are shorter. What comes when they are not is passed over: a name of some kilobytes above as many
/// values would otherwise take gigabytes.
const MOST_PATH_BYTES: usize = 64 * 1024 * 1024;

/// The host's configuration: the leaves of host.json by path (`customHandler:description:arguments:0`), overridden by the
/// settings below `AzureFunctionsJobHost`. Paths are compared ignoring case, so sections that differ only in
/// case are merged, and of a key given twice the last value counts (recordings CX-key-case, CX-case-duplicate-section, C12).
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    leaves: Table,
    /// The length of all paths of host.json together.
    path_bytes: usize,
}

impl Configuration {
    /// The configuration of a parsed host.json under these settings, and above these defaults.
    pub fn new(defaults: &[(&str, &str)], host_json: &Value, settings: &Settings) -> Self {
        let mut configuration = Self::default();
        for (path, value) in defaults {
            configuration.leaves.set((*path).to_owned(), (*value).to_owned());
        }
        configuration.add("", host_json);
        for (path, value) in settings.below(JOB_HOST) {
            configuration.leaves.set(path.to_owned(), value.to_owned());
        }
        configuration
    }

    /// The text of one leaf; numbers and booleans as .NET writes them (`True`).
    pub fn get(&self, path: &str) -> Option<&str> {
        self.leaves.get(path)
    }

    /// Whether there is a value at `path` or anything below it. An empty object or list counts as absent, as in .NET
    /// (recording CX-empty-section).
    pub fn exists(&self, path: &str) -> bool {
        self.get(path).is_some() || !self.children(path).is_empty()
    }

    /// The names directly below `path`, numbers first and in numerical order, then by name.
    pub fn children(&self, path: &str) -> Vec<String> {
        let mut names: BTreeMap<(u64, String), String> = BTreeMap::new();
        for (below, _) in self.leaves.below(path) {
            let name = below.split(':').next().unwrap_or(below);
            let folded = name.to_lowercase();
            names.entry((folded.parse().unwrap_or(u64::MAX), folded)).or_insert_with(|| name.to_owned());
        }
        names.into_values().collect()
    }

    /// The leaf values directly below `path`: the elements of a list.
    pub fn values(&self, path: &str) -> Vec<String> {
        self.children(path).iter().filter_map(|name| self.get(&format!("{path}:{name}"))).map(str::to_owned).collect()
    }

    /// Every leaf below `section`, as (path after `section:`, text), in the order of the paths.
    pub fn below<'a>(&'a self, section: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.leaves.below(section)
    }

    fn add(&mut self, path: &str, value: &Value) {
        let children: Vec<(Cow<'_, str>, &Value)> = match value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, item)| (index.to_string().into(), item)).collect()
            }
            Value::Object(members) => members.iter().map(|(name, member)| (name.into(), member)).collect(),
            leaf => {
                self.path_bytes += path.len();
                // Null has an empty text, so that `"routePrefix": null` is an empty prefix.
                return self.leaves.set(path.to_owned(), text_of(leaf).unwrap_or_default());
            }
        };
        for (name, child) in children {
            if self.path_bytes > MOST_PATH_BYTES {
                return;
            }
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}:{name}") };
            self.add(&path, child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn configuration(value: &Value, settings: &[(&str, &str)]) -> Configuration {
        Configuration::new(&[], value, &settings.iter().copied().collect())
    }

    #[test]
    fn leaves_are_texts_as_dotnet_writes_them() {
        let it = configuration(
            &json!({"a": {"b": true, "c": 1.5, "d": 2.0, "e": null, "g": 1e21, "h": "2024-01-02T03:04:05", "f": ["x", 5]}}),
            &[],
        );
        assert_eq!(it.get("A:B"), Some("True"));
        assert_eq!(it.get("a:c"), Some("1.5"));
        assert_eq!(it.get("a:d"), Some("2"));
        assert_eq!(it.get("a:e"), Some(""));
        assert_eq!(it.get("a:g"), Some("1E+21"));
        assert_eq!(it.get("a:h"), Some("01/02/2024 03:04:05"));
        assert_eq!(it.values("a:f"), ["x", "5"]);
        assert_eq!(it.children("a"), ["b", "c", "d", "e", "f", "g", "h"]);
    }

    #[test]
    fn settings_override_and_sections_merge() {
        let it = configuration(
            &json!({"customHandler": {"x": 1}, "CustomHandler": {"y": 2}}),
            &[("azurefunctionsjobhost__CUSTOMHANDLER__X", "3")],
        );
        assert_eq!(it.get("customHandler:x"), Some("3"));
        assert_eq!(it.get("customHandler:y"), Some("2"));
    }

    #[test]
    fn list_elements_are_in_numerical_order() {
        let many: Vec<_> = (0..12).map(|n| n.to_string()).collect();
        assert_eq!(configuration(&json!({"a": many}), &[]).values("a"), many);
    }

    #[test]
    fn a_long_name_above_many_values_does_not_fill_the_memory() {
        let name = "n".repeat(MOST_PATH_BYTES / 100);
        let it = configuration(&json!({name.as_str(): vec![0; 1_000]}), &[("AzureFunctionsJobHost__a", "b")]);
        assert!((100..200).contains(&it.children(&name).len()));
        assert_eq!(it.get("a"), Some("b"));
    }

    #[test]
    fn an_empty_section_counts_as_absent() {
        let it = configuration(&json!({"customHandler": {}}), &[]);
        assert!(!it.exists("customHandler"));
    }
}
