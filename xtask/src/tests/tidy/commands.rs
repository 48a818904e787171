//! The commands that the Markdown files show: each `cargo xtask …` is one that the real command line takes.

use std::fs;

use crate::cli;

use super::citations::citing_files;
use super::{assert_none, repository};

#[test]
fn every_command_that_a_markdown_file_shows_is_one() {
    let mut complaints = Vec::new();
    let mut seen = 0;
    for file in citing_files().into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        let text = fs::read_to_string(repository().root().join(&file)).unwrap();
        for shown in text.split("cargo xtask").skip(1).filter_map(|rest| rest.split(['`', '\n', '#', ')', '|']).next())
        {
            let words =
                shown.split_whitespace().filter(|word| !matches!(*word, "…" | "…,")).map(|word| word.trim_matches('"'));
            let words: Vec<&str> = std::iter::once("cargo xtask").chain(words).collect();
            if words.len() == 1 {
                continue;
            }
            seen += 1;
            if let Some(objection) = cli::objection(&words) {
                complaints.push(format!("{}: `{}`: {objection}", file.display(), words.join(" ")));
            }
        }
    }
    assert!(seen > 20, "only {seen} commands were found");
    assert_none(complaints);
}
