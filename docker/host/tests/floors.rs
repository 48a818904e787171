//! What stands on a floor knows only the floors below it, and no two files need each other.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};

use testing::imports::{Import, circular, imports};

/// The rooms of mini-host, lowest floor first. Rooms of one floor do not know each other.
const FLOORS: [&[&str]; 17] = [
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
    &["fuzzing", "run"],
    &["lib"],
    &["main"],
];

fn imports_below(folder: &str, name: &str) -> Vec<Import> {
    imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("src"), name).unwrap()
}

/// The floor and the room that a file belongs to.
fn room(file: &Path) -> (usize, PathBuf) {
    let first = file.iter().next().map(|first| Path::new(first).with_extension("")).unwrap_or_default();
    let floor = FLOORS.iter().position(|rooms| rooms.iter().any(|room| first == Path::new(room)));
    assert!(floor.is_some(), "{} is in no room of FLOORS", file.display());
    (floor.unwrap(), first)
}

#[test]
fn nothing_knows_what_is_above_it() {
    let imports = imports_below(".", "mini_host");
    assert!(!imports.is_empty());
    let up = imports.iter().filter(|import| {
        let ((from, from_room), (to, to_room)) = (room(&import.from), room(&import.to));
        from < to || (from == to && from_room != to_room)
    });
    let up: Vec<String> = up.map(|import| format!("docker/host/src/{import}")).collect();
    assert!(up.is_empty(), "these run up:\n{}", up.join("\n"));
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
        let imports = imports_below(folder, name);
        let circular: Vec<String> =
            circular(&imports).iter().map(|import| format!("docker/host/{folder}/src/{import}")).collect();
        assert!(circular.is_empty(), "these go round:\n{}", circular.join("\n"));
    }
}
