//! Which cases of the contract are asked.

use anyhow::{Context, Result, ensure};

use super::case::Case;
use super::contract::{Contract, Function};
use super::{Sample, WrongUsage};
use crate::project::Project;
use crate::report::kept::{self, Failed};
use crate::text;

/// The contract, and which of its cases are asked.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// All of it: what is not asked may have left something in storage.
    pub contract: Contract,
    only: Vec<String>,
    failed: Option<Failed>,
}

impl Chosen {
    /// The cases whose function or name contains one of `only`, all if there is none; of them those that failed last time, if
    /// that is asked for.
    pub fn of(project: &Project, only: &[String], failed: bool) -> Result<Chosen> {
        let no_report = "there is no report of a last run\nhint: run it once without `--failed`";
        let failed = failed.then(|| kept::failed_last_time(&project.report()).context(no_report)).transpose()?;
        let chosen = Chosen { contract: Contract::load(&project.contract())?, only: only.to_vec(), failed };
        if let Some(unknown) = only.iter().find(|name| !chosen.names().any(|(f, c)| is_named(name, f, c))) {
            let names = chosen.names().flat_map(|(function, case)| [function, case]);
            let known: Vec<String> = names.flat_map(parts).collect();
            let functions: Vec<&str> = chosen.contract.function.iter().map(|function| function.name.as_str()).collect();
            let hint = text::did_you_mean(unknown, &known)
                .unwrap_or_else(|| format!("functions are {}", text::listed(&functions)));
            return Err(WrongUsage(format!("no function or case has `{unknown}` in its name\nhint: {hint}")).into());
        }
        Ok(chosen)
    }

    /// Keeps the samples of which anything is asked; all where nobody chose, and where what failed last time is asked perhaps none.
    pub fn keep_concerned(&self, samples: &mut Vec<Sample>) -> Result<()> {
        let there = samples.len();
        if self.say().is_some() {
            samples.retain(|sample| self.count(sample) > 0);
        }
        let none_is_left = there > 0 && samples.is_empty();
        ensure!(!none_is_left || self.failed.is_some(), "of what was chosen none of the samples has anything");
        Ok(())
    }

    /// The cases of a function that are asked of a sample.
    pub fn cases<'a>(&'a self, sample: &str, function: &'a Function) -> Vec<&'a Case> {
        let failed = |case: &Case| {
            self.failed.as_ref().is_none_or(|failed| {
                failed.iter().any(|(name, function_name, case_name)| {
                    name == sample
                        && (function_name.is_empty() || *function_name == function.name && *case_name == case.name)
                })
            })
        };
        function.case.iter().filter(|case| self.is_chosen(&function.name, &case.name) && failed(case)).collect()
    }

    /// How many cases are asked of a sample.
    pub fn count(&self, sample: &Sample) -> usize {
        let functions = self.contract.function.iter().filter(|function| sample.functions.contains(&function.name));
        functions.map(|function| self.cases(&sample.name, function).len()).sum()
    }

    /// How much was chosen, for a person who chose; `None` if all are asked.
    pub fn say(&self) -> Option<String> {
        let all = self.names().count();
        let chosen = self.names().filter(|(function, case)| self.is_chosen(function, case)).count();
        let only = (!self.only.is_empty()).then(|| format!("{chosen} of {all} cases are asked"));
        let failed = self.failed.as_ref().map(|failed| {
            let (samples, cases): (Vec<_>, Vec<_>) = failed.iter().partition(|(_, _, case)| case.is_empty());
            let (samples, cases) = (text::counted(samples.len(), "sample"), text::counted(cases.len(), "case"));
            format!("what failed last time is asked: {cases}, and all of {samples}")
        });
        let said: Vec<String> = only.into_iter().chain(failed).collect();
        (!said.is_empty()).then(|| said.join("; of these "))
    }

    fn is_chosen(&self, function: &str, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| is_named(name, function, case))
    }

    fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let functions = self.contract.function.iter();
        functions.flat_map(|function| function.case.iter().map(|case| (function.name.as_str(), case.name.as_str())))
    }
}

/// A name, and every part of it that is one or more of its words: `QueueTrigger`, `Queue`, `Trigger`.
fn parts(name: &str) -> Vec<String> {
    let letters: Vec<(usize, char)> = name.char_indices().collect();
    let begins = |before: char, now: char| before == ' ' || before.is_lowercase() && now.is_uppercase();
    let begins = letters.windows(2).filter(|pair| begins(pair[0].1, pair[1].1)).map(|pair| pair[1].0);
    let bounds: Vec<usize> = std::iter::once(0).chain(begins).chain([name.len()]).collect();
    let to_each = |(number, from): (usize, &usize)| {
        bounds[number + 1..].iter().map(|to| name[*from..*to].trim_end().to_owned()).collect::<Vec<_>>()
    };
    bounds.iter().enumerate().flat_map(to_each).collect()
}

fn is_named(part: &str, function: &str, case: &str) -> bool {
    let contains = |name: &str| name.to_lowercase().contains(&part.to_lowercase());
    contains(function) || contains(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_name_is_one_or_more_of_its_words() {
        assert_eq!(parts("QueueTrigger"), ["Queue", "QueueTrigger", "Trigger"]);
        assert_eq!(parts("any text"), ["any", "any text", "text"]);
        assert_eq!(parts(""), [""]);
    }
}
