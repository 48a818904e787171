//! Which samples are worked on.

use anyhow::{Result, ensure};

use super::{Loaded, Sample, WrongUsage, load_all};
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Report, Step};
use crate::text;

/// The selected samples that can be worked on; all if no names are given. One that cannot be is a failure of its own.
pub fn loaded(project: &Project, names: &[String], report: &Report) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for sample in listed(project, names)? {
        match sample {
            Ok(sample) => samples.push(sample),
            Err(broken) => report.begin(&broken.name, Step::Build).done(Outcome::Failed { message: broken.message }),
        }
    }
    Ok(samples)
}

/// The selected samples, those among them that cannot be worked on.
pub fn listed(project: &Project, names: &[String]) -> Result<Vec<Loaded>> {
    let all = load_all(project);
    ensure!(!all.is_empty(), "there is no sample\nhint: each is a folder of `samples` with a `sample.toml`");
    Ok(select(all, names)?)
}

fn select(all: Vec<Loaded>, names: &[String]) -> Result<Vec<Loaded>, WrongUsage> {
    let known: Vec<&str> = all.iter().map(name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let hint =
            text::did_you_mean(unknown, &known).unwrap_or_else(|| format!("the samples are {}", text::listed(&known)));
        return Err(WrongUsage(format!("there is no sample `{unknown}`\nhint: {hint}")));
    }
    Ok(all.into_iter().filter(|sample| names.is_empty() || names.iter().any(|wanted| wanted == name(sample))).collect())
}

fn name(sample: &Loaded) -> &str {
    match sample {
        Ok(sample) => &sample.name,
        Err(broken) => &broken.name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::BrokenSample;

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let all =
            || ["node", "rust"].map(|name| Err(BrokenSample { name: name.into(), message: String::new() })).to_vec();
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            select(all(), &names).map(|all| all.iter().map(name).map(str::to_string).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&[]).unwrap(), ["node", "rust"]);
        assert_eq!(chosen(&["rust"]).unwrap(), ["rust"]);
        assert_eq!(chosen(&["nod"]).unwrap_err().to_string(), "there is no sample `nod`\nhint: did you mean `node`?");
        assert_eq!(
            chosen(&["cobol"]).unwrap_err().to_string(),
            "there is no sample `cobol`\nhint: the samples are `node` and `rust`"
        );
    }
}
