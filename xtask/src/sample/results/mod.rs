//! What a sample's tests came to, in the form that its test runner has. Which sample has which form, its manifest says.

mod printed;
mod xml;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::command_line::InnerPath;
use crate::report::outcome::Test;

/// A form that results have, and where they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `12 passed, 0 failed, 1 skipped`, alone on a line that a command prints: what any script can write.
    Counts,
    /// What `go test -json` prints.
    Go,
    /// What Rust's libtest prints.
    Libtest,
    /// Files `*.xml` in a folder, as JUnit has them.
    Junit(InnerPath),
    /// Files `*.trx` in a folder, as `dotnet test --logger trx` writes them.
    Trx(InnerPath),
}

impl Form {
    /// Makes room: no results of an earlier run are left.
    pub fn clear(&self, dir: &Path) -> io::Result<()> {
        if let Form::Junit(folder) | Form::Trx(folder) = self {
            fs::create_dir_all(dir.join(folder.path()))?;
            self.files(dir).iter().try_for_each(fs::remove_file)?;
        }
        Ok(())
    }

    /// The tests in what the commands printed, or in the files that they wrote.
    pub fn read(&self, dir: &Path, output: &str) -> Vec<Test> {
        let texts = self.files(dir).into_iter().filter_map(|file| fs::read_to_string(file).ok());
        match self {
            Form::Counts => printed::counts(output),
            Form::Go => printed::go(output),
            Form::Libtest => printed::libtest(output),
            Form::Junit(_) => texts.flat_map(|text| xml::junit(&text)).collect(),
            Form::Trx(_) => texts.flat_map(|text| xml::trx(&text)).collect(),
        }
    }

    fn files(&self, dir: &Path) -> Vec<PathBuf> {
        let (folder, ending) = match self {
            Form::Counts | Form::Go | Form::Libtest => return Vec::new(),
            Form::Junit(folder) => (folder, "xml"),
            Form::Trx(folder) => (folder, "trx"),
        };
        let files = fs::read_dir(dir.join(folder.path())).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> =
            files.filter(|file| file.extension().is_some_and(|found| found == ending)).collect();
        files.sort();
        files
    }
}
