//! What stands on a floor knows only the floors below it, and no two files need each other.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::{Path, PathBuf};

use testing::imports::{Import, circular, imports};

/// The rooms of the driver, lowest floor first. Rooms of one floor do not know each other.
const FLOORS: [&[&str]; 14] = [
    &["text", "project"],
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

fn imports_here() -> Vec<Import> {
    imports(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "xtask").unwrap()
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
    let imports = imports_here();
    assert!(!imports.is_empty());
    let up = imports.iter().filter(|import| {
        let ((from, from_room), (to, to_room)) = (room(&import.from), room(&import.to));
        from < to || (from == to && from_room != to_room)
    });
    let up: Vec<String> = up.map(|import| format!("xtask/src/{import}")).collect();
    assert!(up.is_empty(), "these run up:\n{}", up.join("\n"));
}

#[test]
fn no_two_files_need_each_other() {
    let circular: Vec<String> = circular(&imports_here()).iter().map(|import| format!("xtask/src/{import}")).collect();
    assert!(circular.is_empty(), "these go round:\n{}", circular.join("\n"));
}
