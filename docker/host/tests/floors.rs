//! What stands on a floor knows only the floors below it, and no two files need each other.

use std::path::Path;

use testing::floors;

/// The rooms of mini-host, lowest floor first. Rooms of one floor do not know each other.
const FLOORS: [&[&str]; 18] = [
    &["files"],
    &["log"],
    &["grammar"],
    &["app"],
    &["envelope"],
    &["doctor"],
    &["exchange", "handler", "bindings", "package"],
    &["host"],
    &["invoke"],
    &["forward", "proxy", "triggers"],
    &["admin", "inspect"],
    &["front"],
    &["cli"],
    &["local", "send"],
    &["fuzzing", "completion"],
    &["run"],
    &["lib"],
    &["main"],
];

#[test]
fn nothing_knows_what_is_above_it() {
    floors::assert_nothing_runs_up(&here().join("src"), "mini_host", &FLOORS);
}

#[test]
fn no_two_files_need_each_other() {
    for (folder, name) in [
        (".", "mini_host"),
        ("text", "dotnet_text"),
        ("wire", "wire"),
        ("../storage", "storage"),
        ("../testing", "testing"),
    ] {
        floors::assert_nothing_goes_round(&here().join(folder).join("src"), name);
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
