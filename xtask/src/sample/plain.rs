//! Texts of manifests and contracts that are printed, or handed on, as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// Something to read on one line, that cannot steer a terminal.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct Line(String);

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Line, String> {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(format!("{text:?} is not a line of text\nhint: write something, without control characters"));
        }
        Ok(Line(text))
    }
}

/// The name of a Debian package, as <https://www.debian.org/doc/debian-policy/ch-controlfields.html#source> has it: it stands in a
/// Dockerfile's command.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Package(String);

impl TryFrom<String> for Package {
    type Error = String;

    fn try_from(name: String) -> Result<Package, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if name.len() < 2 || !name.starts_with(plain) || !name.chars().all(|c| plain(c) || "+-.".contains(c)) {
            let hint = "lower-case letters, digits, `+`, `-` and `.`: `apt-cache search WORD` lists packages";
            return Err(format!("{name:?} cannot be the name of a Debian package\nhint: {hint}"));
        }
        Ok(Package(name))
    }
}

/// For a field that is a [`Line`].
pub fn line<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    Line::deserialize(text).map(|line| line.0)
}

/// For a field with names and texts that are lines.
pub fn lines<'de, D: Deserializer<'de>>(texts: D) -> Result<BTreeMap<String, String>, D::Error> {
    let lines = BTreeMap::<Line, Line>::deserialize(texts)?;
    Ok(lines.into_iter().map(|(name, text)| (name.0, text.0)).collect())
}

/// For a field with names of Debian packages.
pub fn packages<'de, D: Deserializer<'de>>(names: D) -> Result<Vec<String>, D::Error> {
    let packages = Vec::<Package>::deserialize(names)?;
    Ok(packages.into_iter().map(|package| package.0).collect())
}
