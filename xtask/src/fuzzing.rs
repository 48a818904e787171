//! What the fuzz targets in `fuzz` call: each takes what anybody may have written, and must not panic.

use std::path::Path;

use crate::sample::contract::Contract;
use crate::sample::manifest::Manifest;

/// A sample.toml.
pub fn sample_toml(text: &str) {
    _ = Manifest::parse(Path::new("sample.toml"), text);
}

/// A contract.toml.
pub fn contract_toml(text: &str) {
    _ = Contract::parse(Path::new("contract.toml"), text);
}
