//! `function.json`: what a function is bound to.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct FunctionJson {
    #[serde(default)]
    pub bindings: Vec<Binding>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Such as `queueTrigger`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name of the setting that holds the connection string.
    pub connection: Option<String>,
    pub queue_name: Option<String>,
    /// `container/name`, with `{…}` for what is bound.
    pub path: Option<String>,
}

impl FunctionJson {
    /// Reads the file in the folder `function` of an app.
    pub fn read(app: &Path, function: &str) -> Result<FunctionJson> {
        let file = app.join(function).join("function.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("`{}` does not say what the function is bound to", file.display()))
    }

    pub fn trigger(&self) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.kind.ends_with("Trigger"))
    }
}
