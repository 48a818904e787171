//! What a sample's tests came to, in the form that its test runner has. Which sample has which form, its manifest says.

mod printed;
mod xml;

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::command_line::InnerPath;
use crate::report::outcome::Test;
use crate::text;

/// A form that results have, and where they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
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

const FORMS: [&str; 5] = ["\"counts\"", "\"go\"", "\"libtest\"", "{ junit = \"folder\" }", "{ trx = \"folder\" }"];

impl TryFrom<Value> for Form {
    type Error = String;

    fn try_from(written: Value) -> Result<Form, String> {
        let table = written.as_object().filter(|table| table.len() == 1).and_then(|table| table.iter().next());
        let folder = table.and_then(|(form, folder)| Some((form.as_str(), folder.as_str()?.to_owned())));
        match (written.as_str(), folder) {
            (Some("counts"), _) => Ok(Form::Counts),
            (Some("go"), _) => Ok(Form::Go),
            (Some("libtest"), _) => Ok(Form::Libtest),
            (_, Some(("junit", folder))) => InnerPath::try_from(folder).map(Form::Junit),
            (_, Some(("trx", folder))) => InnerPath::try_from(folder).map(Form::Trx),
            _ => Err(format!("this is not a known form of `results`\nhint: the forms are {}", text::listed(&FORMS))),
        }
    }
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

    /// The tests in what the commands printed, or in the files that they wrote, and what is wrong with the files that cannot be read.
    pub fn read(&self, dir: &Path, output: &str) -> (Vec<Test>, Vec<anyhow::Error>) {
        match self {
            Form::Counts => (printed::counts(output), Vec::new()),
            Form::Go => (printed::go(output), Vec::new()),
            Form::Libtest => (printed::libtest(output), Vec::new()),
            Form::Junit(_) => self.read_files(dir, xml::junit),
            Form::Trx(_) => self.read_files(dir, xml::trx),
        }
    }

    fn read_files(&self, dir: &Path, parse: fn(&Path, &str) -> Result<Vec<Test>>) -> (Vec<Test>, Vec<anyhow::Error>) {
        let (mut tests, mut errors) = (Vec::new(), Vec::new());
        for file in self.files(dir) {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()));
            match text.and_then(|text| parse(&file, &text)) {
                Ok(more) => tests.extend(more),
                Err(error) => errors.push(error),
            }
        }
        (tests, errors)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_is_an_error_and_the_whole_ones_beside_it_count() {
        let dir = tempfile::tempdir().unwrap();
        let form = Form::Junit(InnerPath::try_from("out".to_owned()).unwrap());
        form.clear(dir.path()).unwrap();
        let files = [
            ("a.xml", &b"<a><testcase name='one'/><testcase name='two'><failure/></testcase></a>"[..]),
            ("b.xml", b"<a>\n<testcase name='three'/>"),
            ("c.xml", b"<a>\xff</a>"),
        ];
        for (name, text) in files {
            fs::write(dir.path().join("out").join(name), text).unwrap();
        }
        let (tests, errors) = form.read(dir.path(), "");
        assert_eq!(tests.iter().map(|test| test.name.as_str()).collect::<Vec<_>>(), ["one", "two"]);
        let errors: Vec<String> = errors.iter().map(|error| format!("{error:#}")).collect();
        assert!(
            errors[0].contains("out/b.xml:2:25: this is not XML: ") && errors[0].contains("\nhint: "),
            "{errors:?}"
        );
        assert!(errors[1].starts_with("cannot read `") && errors[1].contains("c.xml`: "), "{errors:?}");
        assert_eq!(errors.len(), 2);
    }
}
