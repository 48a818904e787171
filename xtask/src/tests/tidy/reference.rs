//! The reference of sample.toml and contract.toml in README.md: its examples are read by the code that reads the real ones.

use std::fs;
use std::path::Path;

use crate::sample::contract::Contract;
use crate::sample::manifest::Manifest;

use super::repository;

#[test]
fn the_examples_of_the_reference_are_read() {
    let readme = fs::read_to_string(repository().root.join("xtask/README.md")).unwrap();
    let mut examples = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    Manifest::parse(Path::new("xtask/README.md"), examples.next().unwrap()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("contract.toml");
    fs::write(&contract, examples.next().unwrap()).unwrap();
    Contract::load(&contract).unwrap();
    assert!(examples.next().is_none(), "an example that nobody reads");
}
