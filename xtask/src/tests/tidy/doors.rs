//! One dependency, one door: what could be exchanged for something else is named in one file.

use std::fs;

use super::{assert_none, repository};
use crate::build::inputs;

/// What is named, and where alone.
const DOORS: [(&str, &str); 13] = [
    ("std::process::Command", "process/group.rs"),
    ("bollard", "place/docker/engine.rs"),
    ("clap", "cli.rs"),
    ("clap_complete", "cli.rs"),
    ("ctrlc", "process/interrupt.rs"),
    ("flate2", "toolchain/archive.rs"),
    ("ignore", "build/inputs.rs"),
    ("indicatif", "report/bars.rs"),
    ("jsonc_parser", "build/executable.rs"),
    ("quick_junit", "report/junit.rs"),
    ("roxmltree", "sample/results/xml.rs"),
    ("strsim", "text.rs"),
    ("toml", "sample/toml_file.rs"),
];

#[test]
fn each_is_named_in_one_file() {
    let sources = repository().root.join("xtask/src");
    let mut complaints = Vec::new();
    let files = inputs::list(&sources).unwrap();
    for file in files.into_iter().filter(|file| !file.starts_with("tests")) {
        let text = fs::read_to_string(sources.join(&file)).unwrap_or_default();
        // Tests may look behind a door.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (name, door) in DOORS {
            if file != std::path::Path::new(door) && names(text, name) {
                complaints.push(format!("`xtask/src/{}` names `{name}`, whose door is `{door}`", file.display()));
            }
        }
    }
    assert_none(complaints);
}

/// Whether a source has a path that begins with `name`.
fn names(source: &str, name: &str) -> bool {
    let begins = |at: usize| source[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"_:".contains(c));
    let path = format!("{name}::");
    let is_last = |at: usize| source[at + name.len()..].starts_with([';', '(']) && name.contains("::");
    source.match_indices(&path).any(|(at, _)| begins(at))
        || source.match_indices(name).any(|(at, _)| begins(at) && is_last(at))
}
