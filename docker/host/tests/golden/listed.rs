//! known-differences.toml: what deliberately differs from the real host.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// One known difference. The fields are read so that a file without them is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    id: String,
    #[expect(dead_code, reason = "its type is the check: a class that is none is refused")]
    class: Class,
    why: String,
}

/// Why a difference is accepted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Class {
    /// What a sound HTTP library refuses to send or to read.
    HttpLibrary,
    /// A feature of the host that nobody uses with custom handlers.
    OutOfScope,
    /// An artefact of how the recorded host was built.
    Oracle,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<Listed>,
}

/// The entries by recording id.
pub fn read(path: &Path) -> Result<BTreeMap<String, Listed>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
    let file: File = toml::from_str(&text).map_err(|error| format!("`{shown}`: {error}"))?;
    let mut entries = BTreeMap::new();
    for entry in file.difference {
        if entry.why.trim().is_empty() {
            return Err(format!(
                "`{shown}`: `{}` has no reason\nhint: say in `why`, in one sentence, why it differs",
                entry.id
            ));
        }
        let id = entry.id.clone();
        if entries.insert(id.clone(), entry).is_some() {
            return Err(format!("`{shown}`: `{id}` is listed twice"));
        }
    }
    Ok(entries)
}
