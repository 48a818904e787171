//! A sample: a folder under `samples/` with a `sample.toml`; a complete function app.

pub mod case;
pub mod chosen;
pub mod command_line;
pub mod contract;
pub mod function_json;
pub mod manifest;
mod plain;
pub mod results;
pub mod selection;
pub mod toml_file;
pub mod toolchain;
pub mod version;

use std::fs;
use std::path::{Path, PathBuf};

use crate::project::Project;
use manifest::Manifest;

/// A sample whose manifest could be read.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The folder's name, which is the sample's.
    pub name: String,
    pub dir: PathBuf,
    pub manifest: Manifest,
    /// The functions, in alphabetical order: the folders with a `function.json`.
    pub functions: Vec<String>,
}

/// A sample that cannot be worked on. It never stops the others.
#[derive(Clone, Debug)]
pub struct BrokenSample {
    pub name: String,
    /// What is wrong, where, and what to do about it.
    pub message: String,
}

/// What came of reading a sample's folder.
pub type Loaded = Result<Sample, BrokenSample>;

/// What a person asked for cannot be meant, such as a sample that is not there: answered with what can.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// What to do about a name that cannot be a sample's.
pub const NAME_HINT: &str =
    "hint: lower-case letters, digits and dashes between them: it becomes a part of images' names";

/// Every sample there is, in alphabetical order: the folders are the list.
pub fn load_all(project: &Project) -> Vec<Loaded> {
    let Ok(folders) = fs::read_dir(project.samples()) else { return Vec::new() };
    // Whatever the manifest is: one that cannot be read is a sample that is broken, and not one that is not there.
    let has_manifest = |folder: &PathBuf| folder.join("sample.toml").symlink_metadata().is_ok();
    let mut folders: Vec<PathBuf> = folders.flatten().map(|entry| entry.path()).filter(has_manifest).collect();
    folders.sort();
    folders.iter().map(|dir| load(project, dir)).collect()
}

fn load(project: &Project, dir: &Path) -> Loaded {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let broken = |message| BrokenSample { name: name.clone(), message };
    if !is_name(&name) {
        return Err(broken(format!("`{}` cannot be a sample's name\n{NAME_HINT}", name.escape_debug())));
    }
    let file = dir.join("sample.toml");
    let shown = file.strip_prefix(&project.root).unwrap_or(&file);
    let manifest = toml_file::read(&file, shown).and_then(|text| Manifest::parse(shown, &text));
    let manifest = manifest.map_err(|error| broken(format!("{error:#}")))?;
    let functions = functions(dir).map_err(|error| broken(format!("cannot list `{}`: {error}", dir.display())))?;
    Ok(Sample { name, dir: dir.to_path_buf(), manifest, functions })
}

/// Whether a folder's name can be a sample's.
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-')
}

fn functions(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.join("function.json").is_file() {
            names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(samples: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
        let root = tempfile::tempdir().unwrap();
        for (name, manifest) in samples {
            let dir = root.path().join("samples").join(name);
            fs::create_dir_all(dir.join("hello")).unwrap();
            fs::write(dir.join("hello/function.json"), "{}").unwrap();
            fs::write(dir.join("sample.toml"), manifest).unwrap();
        }
        let project = Project::at(root.path());
        (root, project)
    }

    #[test]
    fn the_folders_are_the_list() {
        let (root, project) = project(&[("b", "title = 'B'"), ("a", "title = 'A'")]);
        fs::create_dir_all(root.path().join("samples/no-manifest")).unwrap();
        let all = load_all(&project);
        assert_eq!(all.iter().map(|sample| sample.as_ref().unwrap().name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(all[0].as_ref().unwrap().functions, ["hello"]);
    }

    #[test]
    fn a_folder_whose_name_can_be_in_no_image_is_broken() {
        for name in ["A", "a b", "a:b", "a\nb", "$(x)", "-a", "a-"] {
            let (_root, project) = project(&[(name, "title = 'A'")]);
            let broken = load_all(&project).remove(0).unwrap_err();
            assert!(broken.message.contains("cannot be a sample's name"), "{}", broken.message);
        }
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_a_broken_sample() {
        let (root, project) = project(&[("a", "title = 'A'"), ("b", "title = 'B'"), ("c", "title = 'C'")]);
        let manifest = |name: &str| root.path().join("samples").join(name).join("sample.toml");
        ["a", "b"].iter().for_each(|name| fs::remove_file(manifest(name)).unwrap());
        fs::create_dir(manifest("a")).unwrap();
        std::os::unix::fs::symlink("nowhere", manifest("b")).unwrap();
        let all = load_all(&project);
        let broken: Vec<&str> =
            all.iter().flat_map(|sample| sample.as_ref().err()).map(|broken| &*broken.message).collect();
        assert!(broken[0].starts_with("`samples/a/sample.toml` is not a file"), "{broken:?}");
        assert!(broken[1].starts_with("cannot read `samples/b/sample.toml`"), "{broken:?}");
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn a_broken_manifest_stops_its_own_sample_only() {
        let (_root, project) = project(&[("bad", "titel = 'B'"), ("good", "title = 'A'")]);
        let all = load_all(&project);
        let broken = all[0].as_ref().unwrap_err();
        assert!(broken.message.starts_with("samples/bad/sample.toml:1:1: unknown key `titel`"), "{}", broken.message);
        assert!(all[1].is_ok());
    }
}
