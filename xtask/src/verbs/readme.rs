//! What is derived: the Dockerfiles of the samples, the schema of a run's events, and of the READMEs the parts between `<!-- begin NAME -->` and
//! `<!-- end NAME -->`. Those of the README at the top come from the folders; those of the samples' from the contract and from
//! what all samples have in common.

use anyhow::{Context, Result, bail};

use crate::place::docker::dockerfile;
use crate::project::Project;
use crate::report;
use crate::sample::contract::Contract;
use crate::sample::toolchain::Toolchain;
use crate::sample::{self, Sample};
use crate::verbs::list;

/// What the READMEs of all samples say, part for part; `{name}` stands for the sample's folder.
const COMMON: &str = "samples/readme-parts.md";

/// A file as it is, and as it should be.
pub struct Derived {
    /// The path from the repository's root.
    pub file: String,
    /// What is in the file; empty if there is none.
    pub written: String,
    /// The same with its derived parts made anew.
    pub derived: String,
}

/// Writes the derived parts anew; returns the files that changed.
pub fn bless(project: &Project) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for Derived { file, written, derived } in derive(project)? {
        if written != derived {
            project.shell.write_file(&file, derived)?;
            changed.push(file);
        }
    }
    Ok(changed)
}

/// The README at the top, those and the Dockerfiles of the samples, and the schema of a run's events.
pub fn derive(project: &Project) -> Result<Vec<Derived>> {
    let samples: Vec<Sample> = sample::load_all(project).into_iter().flatten().collect();
    let contract = Contract::load(&project.contract())?;
    let shared = dockerfile::shared(project)?;
    let parts = [
        ("samples", table(&samples)),
        ("matrix", list::matrix(&samples, &contract)),
        ("dockerfile", format!("```dockerfile\n{}```", dockerfile::render(&shared, &[])?)),
    ];
    let mut files = vec![filled(project, "README.md", &parts)?];
    let common = project.shell.read_file(COMMON)?;
    for sample in &samples {
        let common = common.replace("{name}", &sample.name);
        let mut parts = parts_of(&common);
        parts.push(("functions", functions(sample, &contract)));
        files.push(filled(project, &format!("samples/{}/README.md", sample.name), &parts)?);
        let derived = dockerfile::render(&shared, &sample.manifest.image.apt)?;
        files.push(whole(project, format!("samples/{}/Dockerfile", sample.name), derived));
    }
    files.push(whole(project, "xtask/events.schema.json".to_owned(), report::schema()?));
    Ok(files)
}

fn whole(project: &Project, file: String, derived: String) -> Derived {
    let written = project.shell.read_file(&file).unwrap_or_default();
    Derived { file, written, derived }
}

fn filled(project: &Project, file: &str, parts: &[(&str, String)]) -> Result<Derived> {
    let written = project.shell.read_file(file)?;
    let mut derived = written.clone();
    for (name, text) in parts {
        derived = replace(&derived, name, text).with_context(|| format!("`{file}`"))?;
    }
    Ok(Derived { file: file.into(), written, derived })
}

/// The parts that a file has between marks: name and text.
fn parts_of(text: &str) -> Vec<(&str, String)> {
    let after_marks = text.split("<!-- begin ").skip(1).filter_map(|rest| rest.split_once(" -->\n"));
    let parts = after_marks.filter_map(|(name, rest)| Some((name, rest.split_once("\n<!-- end ")?.0.to_owned())));
    parts.collect()
}

/// Puts `text` between the marks of a part.
fn replace(readme: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let parts = readme.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        bail!("there is no `{begin}` with an `{end}` behind it");
    };
    Ok(format!("{before}{begin}\n{text}\n{end}{after}"))
}

/// The functions that a sample has, in the order of the contract and with its summaries.
fn functions(sample: &Sample, contract: &Contract) -> String {
    let mut rows = vec![vec!["function".into(), "what it does".into()]];
    let there = contract.function.iter().filter(|function| sample.functions.contains(&function.name));
    rows.extend(there.map(|function| vec![format!("`{}`", function.name), function.summary.clone()]));
    report::table::markdown("|---|---|", &rows)
}

/// The samples: what each is written in, what it needs to be built, what it adds to an image.
fn table(samples: &[Sample]) -> String {
    let mut rows = vec![["sample", "language", "to build", "in the image"].map(str::to_owned).to_vec()];
    for Sample { name, manifest, .. } in samples {
        let needs: Vec<String> = manifest.toolchain.iter().map(Toolchain::need).collect();
        let adds = match manifest.image.apt.as_slice() {
            [] => "nothing".to_string(),
            packages => packages.iter().map(|package| format!("`{package}`")).collect::<Vec<_>>().join(", "),
        };
        rows.push(vec![format!("[`{name}`](samples/{name})"), manifest.title.clone(), needs.join(", "), adds]);
    }
    report::table::markdown("|---|---|---|---|", &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_between_its_marks() {
        let readme = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        assert_eq!(parts_of(readme), [("x", "old".to_owned())]);
        assert_eq!(replace(readme, "x", "new").unwrap(), "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n");
        assert_eq!(replace(&replace(readme, "x", "new").unwrap(), "x", "old").unwrap(), readme);
        assert!(replace(readme, "y", "").unwrap_err().to_string().contains("<!-- begin y -->"));
    }
}
