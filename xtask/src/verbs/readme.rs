//! The parts of the README that are derived from the folders: between `<!-- begin NAME -->` and `<!-- end NAME -->`.

use anyhow::{Result, bail};

use crate::place::docker::dockerfile;
use crate::project::Project;
use crate::sample::contract::Contract;
use crate::sample::toolchain::Toolchain;
use crate::sample::{self, Sample};
use crate::verbs::list;

/// Writes the derived parts anew; returns the files that changed.
///
/// # Errors
/// When a file cannot be read or written, or has a mark without its partner.
pub fn bless(project: &Project) -> Result<Vec<String>> {
    let (written, derived) = derive(project)?;
    if written == derived {
        return Ok(Vec::new());
    }
    project.shell().write_file(FILE, derived)?;
    Ok(vec![FILE.into()])
}

const FILE: &str = "README.md";

/// The README as it is, and as it should be.
///
/// # Errors
/// As [`bless`].
pub fn derive(project: &Project) -> Result<(String, String)> {
    let written = project.shell().read_file(FILE)?;
    let samples: Vec<Sample> = sample::load_all(project).into_iter().flatten().collect();
    let parts = [
        ("samples", table(&samples)),
        ("matrix", list::matrix(&samples, &Contract::load(&project.contract())?)),
        ("dockerfile", format!("```dockerfile\n{}```", dockerfile::render(&dockerfile::shared(project)?, &[])?)),
    ];
    let mut derived = written.clone();
    for (name, text) in parts {
        derived = replace(&derived, name, &text)?;
    }
    Ok((written, derived))
}

/// Puts `text` between the marks of a part.
fn replace(readme: &str, name: &str, text: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let parts = readme.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        bail!("`{FILE}` has no `{begin}` with an `{end}` behind it");
    };
    Ok(format!("{before}{begin}\n{text}\n{end}{after}"))
}

/// The samples: what each is written in, what it needs to be built, what it adds to an image.
fn table(samples: &[Sample]) -> String {
    let mut rows = vec!["| sample | language | to build | in the image |".to_string(), "|---|---|---|---|".to_string()];
    for Sample { name, manifest, .. } in samples {
        let needs: Vec<String> = manifest.toolchain.iter().map(Toolchain::need).collect();
        let adds = match manifest.image.apt.as_slice() {
            [] => "nothing".to_string(),
            packages => packages.iter().map(|package| format!("`{package}`")).collect::<Vec<_>>().join(", "),
        };
        let title = &manifest.title;
        rows.push(format!("| [`{name}`](samples/{name}) | {title} | {} | {adds} |", needs.join(", ")));
    }
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_between_its_marks() {
        let readme = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
        assert_eq!(replace(readme, "x", "new").unwrap(), "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n");
        assert_eq!(replace(&replace(readme, "x", "new").unwrap(), "x", "old").unwrap(), readme);
        assert!(replace(readme, "y", "").unwrap_err().to_string().contains("<!-- begin y -->"));
    }
}
