//! Which file of a crate names which other one, read from its text: `use` declarations and paths, macros included.

#![expect(clippy::panic, reason = "for tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One path in a file to something in another file of the same crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The file with the path, relative to the crate's `src`.
    pub from: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The file that defines what the path names, re-exports followed.
    pub to: PathBuf,
    /// Whether it stands in a test module.
    pub in_test: bool,
}

impl fmt::Display for Import {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{} -> {}", self.from.display(), self.line, self.to.display())
    }
}

/// All imports between the files below `src`, the directory of a crate that is called `name`.
///
/// # Errors
/// If a file cannot be read.
pub fn imports(src: &Path, name: &str) -> io::Result<Vec<Import>> {
    let mut files = Vec::new();
    collect(src, &mut files)?;
    let texts = files.into_iter().map(|path| {
        let text = std::fs::read_to_string(src.join(&path))?;
        Ok((path, text))
    });
    Ok(between(&texts.collect::<io::Result<Vec<_>>>()?, name))
}

/// The imports between files with these texts.
fn between(texts: &[(PathBuf, String)], name: &str) -> Vec<Import> {
    let modules: BTreeMap<Vec<String>, PathBuf> =
        texts.iter().map(|(path, _)| (module_of(path), path.clone())).collect();
    let named: Vec<(&PathBuf, Vec<Named>)> =
        texts.iter().map(|(path, text)| (path, named(path, text, name, &modules))).collect();
    let reexports: BTreeMap<(Vec<String>, String), Vec<String>> = named
        .iter()
        .flat_map(|(_, named)| named.iter().filter(|named| named.is_reexport))
        .map(|named| ((named.module.clone(), named.alias.clone()), named.path.clone()))
        .collect();
    let mut found = Vec::new();
    for (from, named) in &named {
        for Named { line, module, path, .. } in named {
            let to = defined_in(path, &modules, &reexports, 0);
            if let Some(to) = to.filter(|to| to != from) {
                let in_test = module.iter().any(|module| module == "tests");
                found.push(Import { from: (*from).clone(), line: *line, to: to.clone(), in_test });
            }
        }
    }
    found
}

/// The imports that go round: from their target others lead back to where they stand. Tests do not count.
#[must_use]
pub fn circular(imports: &[Import]) -> Vec<&Import> {
    let of_code: Vec<&Import> = imports.iter().filter(|import| !import.in_test).collect();
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for import in &of_code {
        next.entry(&import.from).or_default().insert(&import.to);
    }
    let leads = |from: &Path, to: &Path| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            if file == to {
                return true;
            }
            let unseen = next.get(file).into_iter().flatten().filter(|file| seen.insert(**file));
            open.extend(unseen);
        }
        false
    };
    of_code.into_iter().filter(|import| leads(&import.to, &import.from)).collect()
}

fn collect(src: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(src.join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(())
}

/// The module that a file is: `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` and `main.rs` are roots.
fn module_of(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod")) || parts == ["lib"] {
        parts.pop();
    }
    parts
}

/// A path that a file names, from the root of its crate.
struct Named {
    line: usize,
    /// The module that it stands in.
    module: Vec<String>,
    path: Vec<String>,
    /// What a `use` calls it.
    alias: String,
    is_reexport: bool,
}

/// What a file names.
fn named(file: &Path, text: &str, crate_name: &str, modules: &BTreeMap<Vec<String>, PathBuf>) -> Vec<Named> {
    let text = text.parse().unwrap_or_else(|error| panic!("`{}` is not Rust: {error}", file.display()));
    let mut tokens = Vec::new();
    add_tokens(text, &mut tokens);
    let tokens: Vec<(usize, &str)> = tokens.iter().map(|(line, token)| (*line, token.as_str())).collect();
    let mut names = Vec::new();
    let mut module = if file == Path::new("main.rs") { Vec::new() } else { module_of(file) };
    // Inline modules that are open, with the depth of braces in which each stands.
    let (mut depth, mut open) = (0_usize, Vec::new());
    let mut at = 0;
    while let Some((line, token)) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before)).map_or("", |(_, token)| *token);
        match *token {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if open.last() == Some(&depth) {
                    open.pop();
                    module.pop();
                }
            }
            "mod" if tokens.get(at + 2).is_some_and(|(_, token)| *token == "{") => {
                module.push(tokens[at + 1].1.to_owned());
                open.push(depth);
            }
            "use" if tokens.get(at + 1).is_some_and(|(_, next)| is_word(next)) => {
                let is_reexport = before == "pub" || before == ")";
                let mut leaves = Vec::new();
                at = use_tree(&tokens, at + 1, &[], &mut leaves);
                let leaves = leaves.into_iter().filter_map(|(path, alias)| {
                    let path = absolute(&path, &module, crate_name, modules)?;
                    Some(Named { line: *line, module: module.clone(), path, alias, is_reexport })
                });
                names.extend(leaves);
            }
            first if before != "::" => {
                let path = path(first, &tokens, &mut at);
                if let Some(path) = absolute(&path, &module, crate_name, modules).filter(|_| path.len() > 1) {
                    let (module, alias) = (module.clone(), String::new());
                    names.push(Named { line: *line, module, path, alias, is_reexport: false });
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}

/// The words of the path that begins with `first`; `at` is moved to the last of them.
fn path(first: &str, tokens: &[(usize, &str)], at: &mut usize) -> Vec<String> {
    let mut path = vec![first.to_owned()];
    while let Some([(_, "::"), (_, part)]) = tokens.get(*at + 1..*at + 3)
        && is_word(part)
    {
        path.push((*part).to_owned());
        *at += 2;
    }
    path
}

/// The leaves of the tree of a `use`, each with its alias; returns where its end is.
fn use_tree(
    tokens: &[(usize, &str)],
    mut at: usize,
    prefix: &[String],
    leaves: &mut Vec<(Vec<String>, String)>,
) -> usize {
    let mut path = prefix.to_vec();
    while let Some((_, token)) = tokens.get(at) {
        match *token {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|(_, token)| !matches!(*token, "}" | ";")) {
                    at = use_tree(tokens, at, &path, leaves);
                    at += usize::from(tokens.get(at).is_some_and(|(_, token)| *token == ","));
                }
                return at + 1;
            }
            "," | "}" | ";" => break,
            "self" if !path.is_empty() => {}
            "as" => {
                let alias = tokens.get(at + 1).map_or("", |(_, alias)| *alias);
                leaves.push((path, alias.to_owned()));
                return at + 2;
            }
            "::" => {}
            part => path.push(part.to_owned()),
        }
        at += 1;
    }
    let alias = path.last().cloned().unwrap_or_default();
    leaves.push((path, alias));
    at
}

/// A path from the root of the crate; `None` if it leads out of the crate, or is not one to a module.
fn absolute(
    path: &[String],
    module: &[String],
    crate_name: &str,
    modules: &BTreeMap<Vec<String>, PathBuf>,
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let base = module.get(..module.len().checked_sub(ups)?)?;
            return Some([base, path.get(ups..)?].concat());
        }
        name if name == crate_name => Vec::new(),
        // A module below this one.
        name => {
            let below = [module, &[name.to_owned()]].concat();
            modules.contains_key(&below).then_some(below)?
        }
    };
    Some([base.as_slice(), rest].concat())
}

/// The file that defines what a path names.
fn defined_in<'a>(
    path: &[String],
    modules: &'a BTreeMap<Vec<String>, PathBuf>,
    reexports: &BTreeMap<(Vec<String>, String), Vec<String>>,
    hops: usize,
) -> Option<&'a PathBuf> {
    const MOST_HOPS: usize = 8;
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    if let Some(name) = path.get(length).filter(|_| hops < MOST_HOPS)
        && let Some(target) = reexports.get(&(path[..length].to_vec(), name.clone()))
    {
        return defined_in(target, modules, reexports, hops + 1);
    }
    modules.get(&path[..length])
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Words, `::`, brackets and single signs, each with its line. Comments and literals are none of them.
fn add_tokens(text: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut trees = text.into_iter();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let is_block = group.delimiter() == Delimiter::Brace;
                found.push((line, if is_block { "{" } else { "(" }.to_owned()));
                add_tokens(group.stream(), found);
                found.push((line, if is_block { "}" } else { ")" }.to_owned()));
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' && sign.spacing() == Spacing::Joint => {
                trees.next();
                found.push((line, "::".to_owned()));
            }
            TokenTree::Literal(_) => {}
            other => found.push((line, other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<(PathBuf, String)> =
            files.iter().map(|(path, text)| ((*path).into(), (*text).to_owned())).collect();
        between(&texts, "house").iter().map(Import::to_string).collect()
    }

    #[test]
    fn every_way_to_name_another_file_is_found() {
        let other = [("lib.rs", "mod a; mod b;"), ("b/mod.rs", "mod c; fn f() {\n c::g() }"), ("b/c.rs", "")];
        for (text, expected) in [
            ("use crate::b::f;", "a.rs:1 -> b/mod.rs"),
            ("\nuse crate::b::{self, c::g};", "a.rs:2 -> b/mod.rs\na.rs:2 -> b/c.rs"),
            ("fn f() { select! { crate::b::c::g() } }", "a.rs:1 -> b/c.rs"),
            ("use super::b::c as d;", "a.rs:1 -> b/c.rs"),
            ("mod tests { use super::super::b::f; }", "a.rs:1 -> b/mod.rs"),
            ("use house::b::c::X;", "a.rs:1 -> b/c.rs"),
            ("// use crate::b::f;\nconst A: &str = \"crate::b::f\"; fn f<'a>(_: char) { f('\"') }", ""),
            ("use std::fmt; use b::f;", ""),
        ] {
            let files: Vec<_> = other.into_iter().chain([("a.rs", text)]).collect();
            let of_a: Vec<_> = read(&files).into_iter().filter(|import| import.starts_with("a.rs")).collect();
            assert_eq!(of_a.join("\n"), expected, "{text}");
        }
    }

    #[test]
    fn a_re_export_leads_to_the_definition() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("b.rs", "mod c; pub use c::X;"),
            ("b/c.rs", ""),
            ("a.rs", "use crate::b::X;"),
        ];
        assert_eq!(read(&files), ["b.rs:1 -> b/c.rs", "a.rs:1 -> b/c.rs"]);
    }

    #[test]
    fn a_cycle_is_found_and_tests_are_no_part_of_one() {
        let of = |text: &str| {
            let texts =
                [("a.rs", "use crate::b::f;"), ("b.rs", text)].map(|(path, text)| (path.into(), text.to_owned()));
            circular(&between(&texts, "house")).len()
        };
        assert_eq!(of("use crate::a::g;"), 2);
        assert_eq!(of("mod tests { use crate::a::g; }"), 0);
    }
}
