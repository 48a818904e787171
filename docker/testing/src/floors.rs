//! What stands on a floor knows only the floors below it, and no two files need each other.

#![expect(clippy::panic, reason = "for tests")]

use std::path::{Path, PathBuf};

use crate::imports::{self, Import};

/// Fails if an import of the crate `name`, whose files lie below `src`, runs up. `floors` has the rooms of each floor, the lowest
/// first; rooms of one floor do not know each other.
///
/// # Panics
/// With the imports that run up, or with a file that is in no room.
pub fn assert_nothing_runs_up(src: &Path, name: &str, floors: &[&[&str]]) {
    let room = |file: &Path| {
        let room = file.iter().next().map(|first| Path::new(first).with_extension("")).unwrap_or_default();
        let floor = floors.iter().position(|rooms| rooms.iter().any(|known| room == Path::new(known)));
        (floor.unwrap_or_else(|| panic!("`{}` is in no room of the floors", file.display())), room)
    };
    let imports = imports_below(src, name);
    assert!(!imports.is_empty(), "`{}` has no imports", src.display());
    let up = imports.iter().filter(|import| {
        let ((from, from_room), (to, to_room)): ((usize, PathBuf), _) = (room(&import.from), room(&import.to));
        from < to || (from == to && from_room != to_room)
    });
    assert_none(up, src, "these run up");
}

/// Fails if two files of the crate `name`, whose files lie below `src`, need each other.
///
/// # Panics
/// With the imports that go round.
pub fn assert_nothing_goes_round(src: &Path, name: &str) {
    assert_none(imports::circular(&imports_below(src, name)), src, "these go round");
}

fn imports_below(src: &Path, name: &str) -> Vec<Import> {
    imports::imports(src, name).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", src.display()))
}

fn assert_none<'a>(imports: impl IntoIterator<Item = &'a Import>, src: &Path, what: &str) {
    let shown: Vec<String> = imports.into_iter().map(|import| format!("{}/{import}", src.display())).collect();
    assert!(shown.is_empty(), "{what}:\n{}", shown.join("\n"));
}
