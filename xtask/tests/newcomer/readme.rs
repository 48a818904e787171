//! The parts of a README.

use std::fs;
use std::path::Path;

pub struct Readme(String);

impl Readme {
    pub fn read(file: &Path) -> Result<Readme, String> {
        fs::read_to_string(file).map(Readme).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// What stands under a heading.
    pub fn section(&self, heading: &str) -> Result<&str, String> {
        let (_, rest) = self.0.split_once(&format!("\n## {heading}\n")).ok_or(format!("no heading `{heading}`"))?;
        Ok(rest.split_once("\n## ").map_or(rest, |(section, _)| section))
    }

    /// The code blocks of one language under a heading.
    pub fn blocks(&self, heading: &str, language: &str) -> Result<Vec<String>, String> {
        let blocks = blocks(self.section(heading)?, language);
        if blocks.is_empty() { Err(format!("no `{language}` under `{heading}`")) } else { Ok(blocks) }
    }
}

/// The code blocks of one language, or, for an empty one, of all; those in a list lose its indentation.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    for line in text.lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (open, fence) {
            (None, Some(named)) => {
                let wanted = language.is_empty() || named == language;
                open = Some((line.len() - line.trim_start().len(), wanted));
                blocks.extend(wanted.then(String::new));
            }
            (Some(_), Some(_)) => open = None,
            (Some((indent, true)), None) => {
                let block = blocks.last_mut().into_iter();
                block.for_each(|block| *block += &format!("{}\n", line.get(indent..).unwrap_or_default()));
            }
            _ => {}
        }
    }
    blocks
}
