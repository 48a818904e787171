//! What a release attaches is what `cargo binstall` looks for.

use std::fs;

use super::repository;

#[test]
fn the_archives_of_a_release_are_named_as_the_manifest_says() {
    let read = |file: &str| fs::read_to_string(repository().root.join(file)).unwrap();
    let manifest: toml::Value = toml::from_str(&read("docker/host/Cargo.toml")).unwrap();
    let url = manifest["package"]["metadata"]["binstall"]["pkg-url"].as_str().unwrap().to_owned();
    let archive = url.rsplit('/').next().unwrap().replace("{ target }", "$TARGET");
    let workflow = read(".github/workflows/release.yml");
    for part in [format!("--file \"{archive}\""), format!("> \"{archive}.sha256\"")] {
        assert!(workflow.contains(&part), "release.yml has no `{part}`");
    }
}
