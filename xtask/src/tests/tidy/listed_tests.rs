//! The list of tests in `samples/README.md`: each sample has them all, under these names and in this order, in its language's
//! own spelling.

use std::fs;
use std::path::PathBuf;

use super::{assert_none, repository, samples, texts};

#[test]
fn every_sample_has_the_tests_of_the_list() {
    let list = listed();
    assert!(list.len() > 12, "only {} tests are listed", list.len());
    let mut complaints = Vec::new();
    for sample in samples() {
        let sources = texts(&sample).into_iter().filter(|(file, _)| file.extension().is_none_or(|ext| ext != "md"));
        let mut sources: Vec<(PathBuf, String)> = sources.map(|(file, text)| (file, letters(&text))).collect();
        sources.sort();
        let mut last = None;
        for name in &list {
            let function = name.split(' ').next().unwrap_or_default();
            if sample.manifest.lacks.contains_key(function) {
                continue;
            }
            let place = |(file, text): &(PathBuf, String)| Some((file.clone(), text.find(&letters(name))?));
            let found = sources.iter().find_map(place);
            if found.is_none() || found <= last {
                complaints.push(format!("`samples/{}` has no test `{name}`, or not in the list's order", sample.name));
            }
            last = found;
        }
    }
    assert_none(complaints);
}

/// The names in the table under *The tests*.
fn listed() -> Vec<String> {
    let readme = fs::read_to_string(repository().root.join("samples/README.md")).unwrap();
    let (_, section) = readme.split_once("\n## The tests\n").expect("a section on the tests");
    let rows = section.lines().take_while(|line| !line.starts_with("## ")).filter_map(|line| line.strip_prefix("| "));
    let names = rows.skip(1).filter_map(|row| row.split(" |").next());
    names.map(|name| name.replace('`', "")).collect()
}

/// A text's letters and digits: in these the spellings of all languages agree.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
