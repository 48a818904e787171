//! `list`: the samples, their functions, and what each lacks. Data on stdout; needs nothing but the folders.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;

use crate::project::Project;
use crate::report::table;
use crate::sample::contract::Contract;
use crate::sample::manifest::Manifest;
use crate::sample::{self, Sample};
use crate::{cli, print, status, text};

/// Prints the list in the form asked for; returns the exit status, which is bad when a manifest is.
pub fn list(project: &Project, form: &cli::List) -> Result<u8> {
    let (mut samples, mut ended) = (Vec::new(), status::PASSED);
    for loaded in sample::load_all(project) {
        match loaded {
            Ok(sample) => samples.push(sample),
            Err(broken) => {
                print::err(format!("error: {}", broken.message));
                ended = status::FAILED;
            }
        }
    }
    let text = match form {
        cli::List { json: true, .. } => json(&samples)?,
        cli::List { matrix: true, .. } => matrix(&samples, &Contract::load(&project.contract())?),
        _ => lines(&samples),
    };
    print::out(text.trim_end())?;
    Ok(ended)
}

fn json(samples: &[Sample]) -> Result<String> {
    let listed = samples.iter().map(|Sample { name, manifest, functions, .. }| {
        let Manifest { title, lacks, image, .. } = manifest;
        json!({ "name": name, "title": title, "functions": functions, "lacks": lacks, "apt": image.apt })
    });
    Ok(serde_json::to_string_pretty(&listed.collect::<Vec<_>>())?)
}

fn lines(samples: &[Sample]) -> String {
    let mut text = String::new();
    for Sample { name, manifest, functions, .. } in samples {
        text.push_str(&format!("{name}: {}\n", manifest.title));
        let lacks = manifest.lacks.iter().map(|(function, reason)| format!("lacks {function}: {reason}"));
        let paragraphs = std::iter::once(functions.join(", ")).chain(lacks);
        text.extend(paragraphs.map(|paragraph| text::wrapped(&paragraph, "    ")));
    }
    text
}

/// Functions × languages as a Markdown table, made from the folders, in the order of the contract and with its
/// summaries; a function that the contract does not have comes last. The README has the same table.
pub fn matrix(samples: &[Sample], contract: &Contract) -> String {
    let mut functions: Vec<(&str, &str)> =
        contract.function.iter().map(|function| (function.name.as_str(), function.summary.as_str())).collect();
    let there: BTreeSet<&str> = samples.iter().flat_map(|sample| &sample.functions).map(String::as_str).collect();
    let unknown: Vec<&str> =
        there.into_iter().filter(|name| functions.iter().all(|(known, _)| known != name)).collect();
    functions.extend(unknown.into_iter().map(|name| (name, "")));
    let titles = samples.iter().map(|sample| sample.manifest.title.clone());
    let mut rows = vec![["function".into(), "what it does".into()].into_iter().chain(titles).collect()];
    rows.extend(functions.into_iter().map(|(function, summary)| {
        let has = |sample: &Sample| sample.functions.iter().any(|name| name == function);
        let cells = samples.iter().map(|sample| if has(sample) { "✓".into() } else { "–".into() });
        [format!("`{function}`"), summary.to_owned()].into_iter().chain(cells).collect()
    }));
    table::markdown(&format!("|---|---|{}", ":-:|".repeat(samples.len())), &rows)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::sample::toml_file;

    fn sample(name: &str, functions: &[&str], more: &str) -> Sample {
        let manifest = Manifest::parse(Path::new("sample.toml"), &format!("title = '{name}!'\n{more}")).unwrap();
        let functions = functions.iter().map(ToString::to_string).collect();
        Sample { name: name.into(), dir: PathBuf::new(), manifest, functions }
    }

    #[test]
    fn every_form_is_made_from_the_samples() {
        let samples = [sample("go", &["a", "b"], ""), sample("r", &["a"], "lacks = { b = 'no timers' }")];
        assert_eq!(lines(&samples), "go: go!\n    a, b\nr: r!\n    a\n    lacks b: no timers\n");
        let case = "{ name = 'c', invoke = { input = '' }, expect = { status = 202 } }";
        let contract = format!("[[function]]\nname = 'b'\nsummary = 'ticks'\ncase = [{case}]");
        let contract = toml_file::parse(Path::new("contract.toml"), &contract);
        let rows = [
            "| function | what it does | go! | r! |",
            "|---|---|:-:|:-:|",
            "| `b` | ticks | ✓ | – |",
            "| `a` |  | ✓ | ✓ |",
        ];
        assert_eq!(matrix(&samples, &contract.unwrap()), rows.join("\n"));
        let value: serde_json::Value = serde_json::from_str(&json(&samples).unwrap()).unwrap();
        assert_eq!(value[1]["lacks"]["b"], "no timers");
        assert_eq!(value.as_array().unwrap().len(), 2);
    }
}
