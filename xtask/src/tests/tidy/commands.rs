//! The commands that the repository's files show, to people and to machines: each `cargo xtask …` is one that the real command
//! line takes.

use std::fs;

use crate::cli;

use super::citations::citing_files;
use super::{assert_none, repository};

#[test]
fn every_command_that_a_file_shows_is_one() {
    let mut complaints = Vec::new();
    let mut seen = 0;
    for file in citing_files() {
        let text = fs::read_to_string(repository().root.join(&file)).unwrap();
        // In a literal of Rust these two are not what they will be.
        let text = text.replace("\\n", "\n").replace("\\\"", "\"");
        let shown = text.split("cargo xtask ").skip(1);
        for line in shown.filter_map(|rest| rest.split(['`', '\n', '#', ')', '|', '>']).next()) {
            let words = line.split_whitespace().filter(|word| !matches!(*word, "…" | "…,"));
            let words: Vec<&str> =
                std::iter::once("cargo xtask").chain(words.map(|word| word.trim_matches('"'))).collect();
            // What is left are verbs that are filled in when a sentence is made.
            if !words.get(1).is_some_and(|word| word.starts_with(|first: char| first == '-' || first.is_alphabetic())) {
                continue;
            }
            seen += 1;
            if let Some(objection) = cli::objection(&words) {
                complaints.push(format!("{}: `{}`: {objection}", file.display(), words.join(" ")));
            }
        }
    }
    assert!(seen > 60, "only {seen} commands were found");
    assert_none(complaints);
}
