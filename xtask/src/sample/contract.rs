//! The contract: what every function must do, in any language (`samples/contract.toml`).

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, ensure};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::case::Case;
use super::{plain, toml_file};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// In the order of the file.
    pub function: Vec<Function>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The function's folder in every sample.
    #[serde(deserialize_with = "plain::line")]
    pub name: String,
    /// What it is for, in one line.
    #[serde(deserialize_with = "plain::line")]
    pub summary: String,
    /// Why only a stand-in host can show it; `None` if any host can.
    pub only_stand_in: Option<String>,
    #[serde(deserialize_with = "cases")]
    pub case: Vec<Case>,
}

impl Contract {
    pub fn load(path: &Path) -> Result<Contract> {
        Contract::parse(path, &toml_file::read(path, path)?)
    }

    /// Parses the text of a contract; `path` is for the error only.
    pub fn parse(path: &Path, text: &str) -> Result<Contract> {
        let contract: Contract = toml_file::parse(path, text)?;
        let (file, mut functions) = (path.display(), BTreeSet::new());
        for Function { name, case, .. } in &contract.function {
            ensure!(functions.insert(name), "`{file}`: function `{name}` is there twice");
            let mut cases = BTreeSet::new();
            for case in case.iter().map(|case| &case.name) {
                ensure!(cases.insert(case), "`{file}`: function `{name}` has the case `{case}` twice");
            }
        }
        Ok(contract)
    }
}

/// What says nothing of a function cannot be broken by it.
fn cases<'de, D: Deserializer<'de>>(cases: D) -> Result<Vec<Case>, D::Error> {
    let cases = Vec::deserialize(cases)?;
    if cases.is_empty() {
        return Err(D::Error::custom("the function has no case\nhint: `[[function.case]]` begins one"));
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn load(text: &str) -> Result<Contract> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("contract.toml");
        fs::write(&path, text)?;
        Contract::load(&path)
    }

    fn error(text: &str) -> String {
        format!("{:#}", load(text).unwrap_err())
    }

    fn case(body: &str) -> String {
        format!("[[function]]\nname = \"f\"\nsummary = \"s\"\n[[function.case]]\nname = \"does\"\n{body}\n")
    }

    #[test]
    fn the_contract_of_this_repository_is_well_formed() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/contract.toml");
        let contract = Contract::load(&path).unwrap();
        assert!(
            contract.function.iter().all(|function| function.case.len() > 1),
            "a function has a case of bad input too"
        );
    }

    #[test]
    fn a_case_has_exactly_one_stimulus() {
        let none = error(&case("expect = { status = 200 }"));
        assert!(none.contains("case `does`") && none.contains("no stimulus"), "{none}");
        assert!(none.contains("contract.toml:4") && none.contains("\nhint: give one of"), "{none}");
        let two = error(&case(
            "request = { method = 'GET', path = '/' }\ninvoke = { input = '' }\nexpect = { status = 200 }",
        ));
        assert!(two.contains("more than one stimulus"), "{two}");
    }

    #[test]
    fn a_case_that_could_not_fail_is_refused() {
        let text = error(&case("request = { method = 'GET', path = '/' }\nexpect = {}"));
        assert!(text.contains("could not fail"), "{text}");
        let text = error("[[function]]\nname = 'f'\nsummary = 's'\ncase = []\n");
        assert!(text.contains("contract.toml:4:8: the function has no case\n"), "{text}");
    }

    #[test]
    fn a_request_that_is_never_sent_is_refused() {
        let text = error(&case("request = { method = 'GET', path = '/', times = 0 }\nexpect = { status = 200 }"));
        assert!(text.contains("contract.toml:6") && text.contains("nonzero"), "{text}");
    }

    #[test]
    fn a_name_stands_for_one_thing() {
        let one = case("invoke = { input = '' }\nexpect = { status = 202 }");
        assert!(error(&format!("{one}{one}")).ends_with("function `f` is there twice"));
        let (_, again) = one.split_once("summary = \"s\"\n").unwrap();
        assert!(error(&format!("{one}{again}")).ends_with("function `f` has the case `does` twice"));
    }

    #[test]
    fn a_message_has_no_http_response() {
        let text = error(&case("message = { queue = 'q', texts = ['x'] }\nexpect = { status = 200 }"));
        assert!(text.contains("no HTTP response"), "{text}");
    }

    #[test]
    fn base64_is_checked_when_the_contract_is_read() {
        let text = error(&case("request = { method = 'POST', path = '/', base64 = '?' }\nexpect = { status = 200 }"));
        assert!(text.contains("contract.toml:6") && text.contains("`?` is not base64"), "{text}");
        let text = error(&case("blob = { path = 'c/n', text = '' }\nexpect = { blob = { 'c/n' = { base64 = '?' } } }"));
        assert!(text.contains("`?` is not base64"), "{text}");
    }

    #[test]
    fn a_blob_is_in_a_container() {
        let text = error(&case("blob = { path = 'n', text = '' }\nexpect = { log = ['x'] }"));
        assert!(
            text.contains("`n` is not the path of a blob") && text.contains("hint: write `container/name`"),
            "{text}"
        );
    }

    #[test]
    fn a_typo_is_named_with_its_line_and_the_likely_key() {
        let text = error(&case("request = { method = 'GET', path = '/' }\nexpect = { stauts = 200 }"));
        assert!(text.contains("contract.toml:7"), "{text}");
        assert!(text.contains("`stauts`") && text.contains("did you mean `status`"), "{text}");
    }
}
