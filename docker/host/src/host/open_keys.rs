//! `--open-keys`: a key store for those who have none, and its keys on the screen.

use std::path::{Path, PathBuf};

use crate::app::{App, Diagnostic};
use crate::host::keys::{Keys, MASTER, Owner, STORE_PATH, STORE_TYPE};

/// The settings that keep the keys of the app below `root` in files, where the environment names no key store. They are kept below
/// the user's own folder, never where others could put down theirs.
pub fn store(environment: &[(String, String)], root: &Path) -> Result<Vec<(String, String)>, Diagnostic> {
    let find = |name: &str| environment.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    if find(STORE_TYPE).is_some() {
        return Ok(Vec::new());
    }
    let absolute = |name| find(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let directory = state.ok_or_else(no_home)?.join("mini-host").join(folder(root));
    let path = directory.to_string_lossy().into_owned();
    Ok(vec![(STORE_TYPE.to_owned(), "files".to_owned()), (STORE_PATH.to_owned(), path)])
}

fn no_home() -> Diagnostic {
    Diagnostic::of_whole("no folder for keys: HOME names no user's folder")
        .hint(format!("set HOME, or `{STORE_TYPE}=files` and {STORE_PATH}"))
}

/// The name of the folder with the keys of the app below `root`: no two apps have the same.
fn folder(root: &Path) -> String {
    root.to_string_lossy().trim_matches('/').replace('%', "%25").replace('-', "%2D").replace('/', "-")
}

/// The keys, one a line.
pub fn listing(app: &App, keys: &Keys) -> Result<String, Diagnostic> {
    let mut text = String::from("\nKeys (send one as `x-functions-key`, or as `?code=`):\n\n");
    if let Some(master) = keys.key(Owner::System, MASTER)? {
        text.push_str(&format!("\tmaster, opens everything: {}\n", master.value));
    }
    for key in keys.keys(Owner::AllFunctions)? {
        text.push_str(&format!("\t{}, opens all functions: {}\n", key.name, key.value));
    }
    for function in app.loaded().filter(|function| function.http.is_some()) {
        for key in keys.keys(Owner::Function(&function.name))? {
            text.push_str(&format!("\t{}, opens {}: {}\n", key.name, function.name, key.value));
        }
    }
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_apps_share_their_keys() {
        let folders = ["/a/b-c", "/a-b/c", "/a/b/c", "/a%2Db/c"].map(|root| folder(Path::new(root)));
        assert_eq!(folders, ["a-b%2Dc", "a%2Db-c", "a-b-c", "a%252Db-c"]);
    }

    #[test]
    fn without_a_folder_of_the_user_there_are_no_keys() {
        for home in [&[][..], &[("HOME", "")], &[("HOME", "here")]] {
            let environment: Vec<_> =
                home.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(store(&environment, Path::new("/app")), Err(no_home()), "{home:?}");
        }
    }
}
