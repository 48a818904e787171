//! What the test must know about a recording.

use std::path::Path;

use serde::Deserialize;

/// The head of one recording; the rest is the recorder's business.
#[derive(Debug, Deserialize)]
pub struct Recording {
    pub id: String,
    pub group: String,
    pub title: String,
    flags: Vec<String>,
    definition: Definition,
}

#[derive(Debug, Deserialize)]
struct Definition {
    #[serde(default)]
    needs: Vec<String>,
}

impl Recording {
    pub fn trial_name(&self) -> String {
        format!("{}::{}", self.group, self.id)
    }

    pub fn is_slow(&self) -> bool {
        self.needs("slow")
    }

    pub fn needs_storage(&self) -> bool {
        self.needs("storage") || self.needs("extensions")
    }

    /// Whether the real host itself gave different outcomes in two recordings.
    pub fn is_unstable(&self) -> bool {
        self.flags.iter().any(|flag| flag == "unstable")
    }

    fn needs(&self, what: &str) -> bool {
        self.definition.needs.iter().any(|need| need == what)
    }
}

/// All recordings below a directory, by id.
pub fn all(directory: &Path) -> Result<Vec<Recording>, String> {
    let mut recordings = Vec::new();
    for group in entries(directory)? {
        for file in entries(&group)? {
            let shown = file.display();
            let text = std::fs::read_to_string(&file).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
            recordings.push(serde_json::from_str::<Recording>(&text).map_err(|error| format!("`{shown}`: {error}"))?);
        }
    }
    recordings.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(recordings)
}

fn entries(directory: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let failed = |error| format!("cannot read `{}`: {error}", directory.display());
    let entries = std::fs::read_dir(directory).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}
