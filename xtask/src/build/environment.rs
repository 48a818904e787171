//! What a sample's commands find around them.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// The environment of a sample's commands: what a person would who typed them in the sample's folder.
pub fn environment(set: &BTreeMap<String, String>) -> Vec<(OsString, Option<OsString>)> {
    // Set by `cargo run` around us, or by a person for this workspace: they would steer another cargo elsewhere. What says which package
    // runs is kept from every command (`process::command::run`).
    const OURS: [&str; 8] = [
        "CARGO",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
    ];
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let removed =
        inherited.filter(|name| name.to_str().is_some_and(|name| OURS.contains(&name))).map(|name| (name, None));
    removed.chain(set.iter().map(|(name, value)| (name.into(), Some(value.into())))).collect()
}
