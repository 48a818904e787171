//! Every reason that a comment cites can be opened: headings of `docker/protocol.md` by anchor, recordings by their ids.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{assert_none, repository};

const PROTOCOL: &str = "docker/protocol.md";
const RECORDINGS: &str = "docker/host/tests/golden/recordings";

/// What may cite. `json` is left out: recordings are their own source.
const CITING: [&str; 12] = ["rs", "toml", "md", "yml", "cs", "go", "java", "js", "mjs", "R", "sh", "bicep"];

/// What others wrote, what is made, and this file with its examples.
const SKIPPED: [&str; 6] = ["target", "node_modules", "bin", "obj", "recordings", "citations.rs"];

#[test]
fn every_anchor_of_the_protocol_that_is_cited_exists() {
    let headings = headings(&read(PROTOCOL));
    let mut complaints = Vec::new();
    for file in citing_files() {
        let text = prose(&fs::read_to_string(repository().root.join(&file)).unwrap());
        let cited = if file == Path::new(PROTOCOL) { links(&text) } else { anchors(&text) };
        for anchor in cited.into_iter().filter(|anchor| !headings.contains(anchor)) {
            complaints.push(format!("{}: {PROTOCOL} has no heading for `#{anchor}`", file.display()));
        }
    }
    assert_none(complaints);
}

#[test]
fn every_recording_that_is_cited_exists() {
    let recordings = recordings();
    let mut complaints = Vec::new();
    for file in citing_files() {
        let text = prose(&fs::read_to_string(repository().root.join(&file)).unwrap());
        for list in cited_lists(&text) {
            let unknown = unknown_ids(list, &recordings);
            complaints.extend(unknown.into_iter().map(|id| format!("{}: no recording `{id}`", file.display())));
        }
    }
    assert_none(complaints);
}

#[test]
fn no_comment_cites_a_section_by_its_number() {
    let mut complaints = Vec::new();
    for file in citing_files() {
        let text = prose(&fs::read_to_string(repository().root.join(&file)).unwrap());
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            let cites = ["protocol", "(protocol", "section", "(section", "sections", "(sections"].contains(&pair[0]);
            if cites && pair[1].starts_with(|c: char| c.is_ascii_digit()) && pair[1].contains('.') {
                complaints.push(format!("{}: cites `{} {}`", file.display(), pair[0], pair[1]));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut complaints = Vec::new();
    for file in citing_files().into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        let folder = repository().root.join(file.parent().unwrap_or(Path::new("")));
        let text = prose(&fs::read_to_string(repository().root.join(&file)).unwrap());
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next()) {
            if !link.is_empty() && !link.contains(':') && !folder.join(link).exists() {
                complaints.push(format!("{}: the link `{link}` leads nowhere", file.display()));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn a_list_of_recordings_is_read_with_its_abbreviations() {
    let recordings: BTreeSet<String> =
        ["C12", "FX-req-path", "FX-req-http10", "G07-open", "R16", "R16e"].map(String::from).into();
    let unknown = |text: &str| unknown_ids(cited_lists(text).first().copied().unwrap_or(""), &recordings);
    assert!(unknown("see recordings C12, FX-req-path, -http10 and G07-*. More").is_empty());
    assert!(unknown("(recordings R16 to R16e; others)").is_empty());
    assert_eq!(unknown("[rec C12, C13]"), ["C13"]);
    assert_eq!(unknown("recording FX-req-pa, which"), ["FX-req-pa"]);
    assert_eq!(unknown("[rec FX-req-path, -http11]"), ["-http11"]);
    assert!(unknown("recordings of a host").is_empty());
}

/// The files that may cite, from the repository's root.
pub fn citing_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in ["README.md", ".github", "docker", "xtask", "samples"] {
        collect(Path::new(top), &mut found);
    }
    found
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    let whole = repository().root.join(path);
    if whole.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(&whole).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        entries.sort();
        for name in entries.iter().filter(|name| !SKIPPED.iter().any(|skipped| name == skipped)) {
            collect(&path.join(name), found);
        }
    } else if path.extension().is_some_and(|extension| CITING.iter().any(|citing| extension == *citing)) {
        found.push(path.to_owned());
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().root.join(path)).unwrap()
}

/// A text on one line, without the signs that begin comments: a list of ids may run over several.
fn prose(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!', '#', '*', '|']).trim_start());
    lines.collect::<Vec<_>>().join(" ")
}

/// The anchors that GitHub gives to a document's headings.
fn headings(markdown: &str) -> BTreeSet<String> {
    let titles = markdown.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles.map(anchor_of).collect()
}

fn anchor_of(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The anchors that follow a `protocol.md#`, those of the same sentence (`protocol.md#one, #two to #three`) included.
fn anchors(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in text.split("protocol.md#").skip(1) {
        let sentence = rest.split([';', ')', '`', '"']).next().unwrap_or_default();
        let sentence = sentence.split(". ").next().unwrap_or_default();
        let further = sentence.split(" #").skip(1);
        found.extend(std::iter::once(sentence).chain(further).map(leading_anchor));
    }
    found
}

/// The anchors of a document's links to itself.
fn links(markdown: &str) -> Vec<String> {
    markdown.split("](#").skip(1).map(leading_anchor).collect()
}

fn leading_anchor(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()
}

/// The ids of the recordings that are kept: the names of their files.
fn recordings() -> BTreeSet<String> {
    let groups = fs::read_dir(repository().root.join(RECORDINGS)).unwrap().map(|group| group.unwrap().path());
    let files = groups.filter(|group| group.is_dir()).flat_map(|group| fs::read_dir(group).unwrap());
    files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// What stands behind each `recording`, `recordings` or `[rec `.
fn cited_lists(text: &str) -> Vec<&str> {
    let starts = ["recording ", "recordings ", "[rec "];
    starts.iter().flat_map(|start| text.split(start).skip(1)).collect()
}

/// The ids at the front of a text that no recording has. `-x` continues the id before it, `*` stands for any characters.
fn unknown_ids(list: &str, recordings: &BTreeSet<String>) -> Vec<String> {
    let mut unknown = Vec::new();
    let mut before = String::new();
    for word in list.split([' ', ',']).filter(|word| !matches!(*word, "" | "to" | "and" | "or")) {
        let id = word.trim_end_matches(['.', ';', ':', ')', ']']);
        if !is_id(id) {
            break;
        }
        match candidates(id, &before)
            .into_iter()
            .find(|candidate| recordings.iter().any(|recording| matches(candidate, recording)))
        {
            Some(full) => before = full,
            None => unknown.push(id.to_owned()),
        }
        if id.len() < word.len() {
            break;
        }
    }
    unknown
}

/// Whether a word looks like an id: `C12`, `FX-req-path`, `-http10`, `RX-type-*`.
fn is_id(word: &str) -> bool {
    let shaped = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '*' | '.'));
    let begins = word.starts_with('-') && word.len() > 1 && !word.starts_with("--")
        || word.starts_with(|c: char| c.is_ascii_uppercase());
    let numbered = word.contains(|c: char| c.is_ascii_digit()) || word.contains('-');
    shaped && begins && numbered
}

/// What an id may stand for: itself, or with a leading `-` what the id before it begins with.
fn candidates(id: &str, before: &str) -> Vec<String> {
    let ends = before.match_indices('-').map(|(at, _)| at).chain([before.len()]);
    let continued: Vec<String> = ends.map(|end| format!("{}{id}", &before[..end])).collect();
    if id.starts_with('-') { continued } else { vec![id.to_owned()] }
}

fn matches(pattern: &str, id: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == id };
    let Some(id) = id.strip_prefix(start) else { return false };
    (0..=id.len()).any(|at| id.is_char_boundary(at) && matches(rest, &id[at..]))
}
