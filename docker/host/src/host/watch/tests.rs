//! What counts as a change.

use super::*;

fn difference(before: &Snapshot, now: &Snapshot) -> Option<PathBuf> {
    differences(before, now).next().map(Path::to_owned)
}

#[test]
fn only_the_watched_files_count() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("host.json", "{}");
    write("F/function.json", "{}");
    std::fs::create_dir(root.path().join("node_modules")).unwrap();
    let snapshot = |scope| snapshot(root.path(), scope, &Added::default(), &Snapshot::new());
    let [narrow, wide] = [Scope::Configuration, Scope::Everything].map(snapshot);
    write("handler.js", "1");
    write("node_modules/x/index.js", "1");
    assert_eq!(snapshot(Scope::Configuration), narrow);
    let now = snapshot(Scope::Everything);
    assert_eq!(difference(&wide, &now), Some(root.path().join("handler.js")));
    write("F/function.json", "{ }");
    let now = snapshot(Scope::Configuration);
    assert_eq!(difference(&narrow, &now), Some(root.path().join("F/function.json")));
}

#[test]
fn host_json_adds_names_and_directories() {
    let root = tempfile::tempdir().unwrap();
    let added = Added { files: vec!["settings.json".to_owned()], directories: vec!["shared".to_owned()] };
    let before = snapshot(root.path(), Scope::Configuration, &added, &Snapshot::new());
    for (name, is_seen) in [("other.json", false), ("Settings.json", true), ("shared/deep/x.txt", true)] {
        let path = root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "x").unwrap();
        let now = snapshot(root.path(), Scope::Configuration, &added, &before);
        assert_eq!(difference(&before, &now).is_some(), is_seen, "{name}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn what_lies_behind_links_is_not_the_app_s() {
    let root = tempfile::tempdir().unwrap();
    let app = root.path().join("app");
    let [function, library] = ["function", "library"].map(|name| root.path().join(name));
    for folder in [&app, &function, &library.join("below")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    for path in [app.join("handler.js"), function.join("function.json"), library.join("below/code.js")] {
        std::fs::write(path, "1").unwrap();
    }
    for (name, target) in
        [("one", "."), ("other", "."), ("up", ".."), ("root", "/"), ("F", "../function"), ("lib", "../library")]
    {
        std::os::unix::fs::symlink(target, app.join(name)).unwrap();
    }
    let found = |directories: &[&str]| {
        let directories = directories.iter().map(|name| (*name).to_owned()).collect();
        let files = snapshot(&app, Scope::Everything, &Added { directories, ..Added::default() }, &Snapshot::new());
        let files = files.iter().filter(|(_, state)| **state != State::Folder);
        let names = files.map(|(path, _)| path).map(|path| path.strip_prefix(&app).unwrap().display().to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), ["F/function.json", "handler.js"]);
    assert_eq!(found(&["lib", "one", "up", "root"]), ["F/function.json", "handler.js", "lib/below/code.js"]);
}

#[test]
fn a_folder_that_cannot_be_looked_at_has_not_changed() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("F");
    std::fs::create_dir(&folder).unwrap();
    for path in [root.path().join("host.json"), folder.join("function.json")] {
        std::fs::write(path, "{}").unwrap();
    }
    let before = snapshot(root.path(), Scope::Configuration, &Added::default(), &Snapshot::new());
    let mut look = Look { added: &Added::default(), before: &before, visited: HashSet::new(), files: Snapshot::new() };
    // A file is not a folder: this is an error as any other, and works for root, too.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    look.at_folder(&folder, Extent::NamesHere, 1);
    assert_eq!(look.files.len(), 1);
    look.at_folder(&root.path().join("gone"), Extent::NamesHere, 1);
    assert_eq!(look.files.len(), 1);
}

/// `FileMonitoringService.OnFileChanged`, case by case.
#[test]
fn the_files_and_folders_count_that_count_for_the_real_host() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["F", "config/prod", "lib/.hidden", "bin/x", ".git/x"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    let added =
        Added { files: vec!["settings.json".to_owned()], directories: vec!["lib".to_owned(), "one".to_owned()] };
    let look = || snapshot(root.path(), Scope::Configuration, &added, &Snapshot::new());
    let before = look();
    for (name, is_seen) in [
        ("config/prod/settings.json", true),
        ("config/prod/Function.JSON", true),
        ("config/prod/other.json", false),
        ("bin/function.json", true),
        ("bin/x/function.json", false),
        (".git/x/host.json", false),
        ("lib/.hidden/.x", true),
        ("one", true),
        ("F/one", false),
        ("F/main.dll", false),
        ("new/", true),
        ("F/new/", false),
    ] {
        let path = root.path().join(name);
        let made = if name.ends_with('/') { std::fs::create_dir(&path) } else { std::fs::write(&path, "x") };
        made.unwrap();
        assert_eq!(difference(&before, &look()).is_some(), is_seen, "{name}");
        if name.ends_with('/') { std::fs::remove_dir(path) } else { std::fs::remove_file(path) }.unwrap();
    }
    std::fs::remove_dir(root.path().join("F")).unwrap();
    assert_eq!(difference(&before, &look()), Some(root.path().join("F")), "a folder is gone");
}

#[test]
fn an_offline_page_and_an_assembly_end_the_host() {
    let state = State::File(SystemTime::UNIX_EPOCH, 0);
    let ends = |name: &str, scope| {
        let path = PathBuf::from(name);
        let there = end(&path, &[(path.clone(), state)].into(), scope).is_some();
        (there, end(&path, &Snapshot::new(), scope).is_some())
    };
    assert_eq!(ends("/app/APP_offline.htm", Scope::Configuration), (true, false));
    assert_eq!(ends("/app/F/app_offline.htm", Scope::Everything), (true, false));
    assert_eq!(ends("/app/lib/x.DLL", Scope::Configuration), (true, true));
    assert_eq!(ends("/app/bin/x.dll", Scope::Everything), (false, false), "--watch starts anew");
    assert_eq!(ends("/app/host.json", Scope::Configuration), (false, false));
}
