//! What stands on a floor knows only the floors below it, and no two files need each other.

use std::path::{Path, PathBuf};

use testing::floors;

/// The rooms of the driver, lowest floor first. Rooms of one floor do not know each other.
const FLOORS: [&[&str]; 14] = [
    &["text", "print", "status", "project"],
    &["process"],
    &["report"],
    &["sample"],
    &["toolchain"],
    &["build"],
    &["place"],
    &["smoke", "bench"],
    &["cli"],
    &["verbs"],
    &["fuzzing"],
    &["tests"],
    &["lib"],
    &["main"],
];

#[test]
fn nothing_knows_what_is_above_it() {
    floors::assert_nothing_runs_up(&src(), "xtask", &FLOORS);
}

#[test]
fn no_two_files_need_each_other() {
    floors::assert_nothing_goes_round(&src(), "xtask");
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
