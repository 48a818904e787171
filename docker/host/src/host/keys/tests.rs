//! Keys through their public face.

use super::*;

fn keys(directory: &Path) -> Keys {
    let path = directory.display().to_string();
    Keys::new(&[("AzureWebJobsSecretStorageType", "Files"), ("FUNCTIONS_SECRETS_PATH", &path)].into_iter().collect())
}

const HOST_FILE: &str = r#"{"masterKey": {"name": "master", "value": "m", "encrypted": false},
    "functionKeys": [{"name": "default", "value": "Host-Key"}], "systemKeys": [{"name": "sys", "value": "s"}]}"#;

fn level(keys: &Keys, key: &str, function: Option<&str>) -> Option<AuthLevel> {
    keys.identify(key, function).unwrap().map(|identity| identity.level)
}

#[test]
fn files_are_made_when_a_key_is_presented() {
    let directory = tempfile::tempdir().unwrap();
    let keys = keys(directory.path());
    assert_eq!(keys.identify("wrong", Some("Hello")).unwrap(), None);
    let mut names: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["hello.json", "host.json"]);
    let made = keys.keys(Owner::Function("HELLO")).unwrap();
    assert_eq!((made[0].name.as_str(), made[0].value.len()), ("default", 56));
    assert_eq!(level(&keys, &made[0].value, Some("hello")), Some(AuthLevel::Function));
    assert_eq!(level(&keys, &made[0].value, None), None);
}

#[test]
fn levels_are_those_of_the_lists() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    let keys = keys(directory.path());
    assert_eq!(level(&keys, "m", Some("f")), Some(AuthLevel::Admin));
    assert_eq!(level(&keys, "s", Some("f")), Some(AuthLevel::System));
    assert_eq!(level(&keys, "HOST-KEY", Some("f")), None);
    assert_eq!(level(&keys, "Host-Key", Some("f")), Some(AuthLevel::Function));
    assert_eq!(level(&keys, "HOST-KEY", Some("f")), Some(AuthLevel::Function), "an accepted key in other letter case");
    assert_eq!(level(&keys, "", Some("f")), None);
}

/// `ScriptSecretSerializer` reads a file as `JObject.Parse` does, and an empty one is as good as none.
#[test]
fn files_written_by_hand_need_not_be_strict() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.json");
    std::fs::write(&path, format!("\u{feff}// mine\n{},}}", HOST_FILE.trim_end_matches('}'))).unwrap();
    assert_eq!(level(&keys(directory.path()), "m", None), Some(AuthLevel::Admin));
    std::fs::write(&path, "").unwrap();
    assert_eq!(level(&keys(directory.path()), "m", None), None);
    assert!(std::fs::read_to_string(&path).unwrap().contains("masterKey"));
}

/// `ScriptSecretSerializer`, `HostSecrets` and `Key`, as Newtonsoft.Json fills them.
#[test]
fn members_are_taken_as_the_real_host_takes_them() {
    let directory = tempfile::tempdir().unwrap();
    let opens = |text: &str, key: &str| {
        std::fs::write(directory.path().join("host.json"), text).unwrap();
        keys(directory.path()).identify(key, None).map(|found| found.map(|found| found.level)).map_err(drop)
    };
    let (admin, function) = (Ok(Some(AuthLevel::Admin)), Ok(Some(AuthLevel::Function)));
    let master = |member: &str| format!(r#"{{"masterKey": {{"value": "m", {member}}}, "functionKeys": []}}"#);
    for (member, expected) in [
        (r#""encrypted": "maybe""#, Err(())),
        (r#""encrypted": null"#, Err(())),
        (r#""encrypted": """#, Err(())),
        (r#""encrypted": " FALSE ""#, admin),
        (r#""encrypted": 0.0"#, admin),
        (r#""encrypted": 2"#, Ok(None)),
        (r#""encrypted": true, "Encrypted": false"#, admin),
        (r#""name": ["x"]"#, Err(())),
        (r#""name": null, "more": {}"#, admin),
    ] {
        assert_eq!(opens(&master(member), "m"), expected, "{member}");
    }
    for (text, key, expected) in [
        (r#"{"masterKey": "m", "functionKey": "f"}"#, "f", function),
        (r#"{"masterKey": "m"}"#, "m", admin),
        (r#"{"masterKey": "m", "functionKey": {}}"#, "m", Err(())),
        (r#"{"MasterKey": {"value": "m"}, "functionKeys": []}"#, "m", Err(())),
        (r#"{"masterKey": {"value": "m"}, "MASTERKEY": {"value": "n"}, "functionKeys": []}"#, "n", admin),
        (r#"{"masterKey": {"value": "m"}, "masterkey": null, "functionKeys": []}"#, "m", Err(())),
        (r#"{"masterKey": {"value": "m"}, "masterKey": {"value": "n"}, "functionKeys": []}"#, "n", admin),
        (r#"{"masterKey": {"value": 5}, "functionKeys": [], "systemKeys": null}"#, "5", admin),
        (
            r#"{"masterKey": {"value": "m"}, "functionKeys": [{"name": "a", "value": "f"}], "FunctionKeys": [{"name": "b"}]}"#,
            "f",
            function,
        ),
        (r#"{"masterKey": {"value": "m"}, "functionKeys": [{"name": "a"}, {"name": "a"}]}"#, "m", Err(())),
        (r#"{"masterKey": {"value": "m"}, "functionKeys": [{"value": "f"}]}"#, "m", Err(())),
        (r#"{"masterKey": {"value": "m"}, "functionKeys": [null]}"#, "m", Err(())),
        (r#"{"masterKey": {"value": "m"}, "functionKeys": {}}"#, "m", Err(())),
        ("[]", "m", Err(())),
    ] {
        assert_eq!(opens(text, key), expected, "{text}");
    }
}

#[test]
fn a_function_s_file_of_the_first_format_is_one_key() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    for (text, expected) in
        [(r#"{"key": "f"}"#, Some(AuthLevel::Function)), (r#"{"key": null}"#, None), (r#"{"keys": []}"#, None)]
    {
        std::fs::write(directory.path().join("f.json"), text).unwrap();
        assert_eq!(level(&keys(directory.path()), "f", Some("F")), expected, "{text}");
    }
}

#[test]
fn a_wrong_key_is_compared_without_reading_files_that_have_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.json");
    std::fs::write(&path, HOST_FILE).unwrap();
    let keys = keys(directory.path());
    assert_eq!(level(&keys, "wrong", None), None);
    let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::write(&path, " ".repeat(HOST_FILE.len())).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
    assert_eq!(level(&keys, "wrong as well", None), None);
    assert_eq!(level(&keys, "s", None), Some(AuthLevel::System));
    std::fs::write(&path, HOST_FILE.replace("\"s\"", "\"another\"")).unwrap();
    assert_eq!(level(&keys, "another", None), Some(AuthLevel::System), "the file has changed");
}

#[test]
fn a_key_that_is_set_holds_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    let keys = keys(directory.path());
    assert_eq!(level(&keys, "m", None), Some(AuthLevel::Admin));
    assert!(!keys.set(Owner::System, "_master", Some("new")).unwrap().0);
    assert_eq!(level(&keys, "m", None), None);
    assert_eq!(level(&keys, "new", None), Some(AuthLevel::Admin));
    assert!(keys.set(Owner::AllFunctions, "mine", None).unwrap().0);
    assert!(keys.delete(Owner::AllFunctions, "mine").unwrap());
    assert!(!keys.delete(Owner::AllFunctions, "mine").unwrap());
}

#[test]
fn the_files_of_functions_are_asked_last() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    let keys = keys(directory.path());
    let own = directory.path().join("f.json");
    assert_eq!(level(&keys, "", Some("f")), None);
    assert_eq!(level(&keys, "Host-Key", Some("f")), Some(AuthLevel::Function));
    assert!(!own.exists());
    assert_eq!(level(&keys, "wrong", Some("f")), None);
    assert!(own.exists());
}

#[test]
fn a_key_is_read_by_its_exact_name_and_replaced_by_any_spelling() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    let keys = keys(directory.path());
    assert!(keys.key(Owner::AllFunctions, "Default").unwrap().is_none());
    assert!(keys.key(Owner::System, "_MASTER").unwrap().is_none());
    assert!(keys.set(Owner::AllFunctions, "second", Some("2")).unwrap().0);
    assert!(!keys.set(Owner::AllFunctions, "DEFAULT", Some("1")).unwrap().0);
    let names: Vec<_> = keys.keys(Owner::AllFunctions).unwrap().into_iter().map(|key| key.name).collect();
    assert_eq!(names, ["second", "DEFAULT"], "what is replaced comes last");
}

#[test]
fn the_master_key_is_in_no_list() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), HOST_FILE).unwrap();
    let keys = keys(directory.path());
    assert!(!keys.set(Owner::AllFunctions, "_master", Some("n")).unwrap().0);
    assert_eq!((level(&keys, "n", None), level(&keys, "m", None)), (Some(AuthLevel::Admin), None));
    let (is_new, key) = keys.set(Owner::System, "_master", None).unwrap();
    assert!(is_new && key.value.len() == 56);
}

#[test]
fn a_damaged_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("host.json"), "{").unwrap();
    let error = keys(directory.path()).identify("m", None).unwrap_err().to_string();
    assert!(error.contains("host.json") && error.contains("hint: "), "{error}");
}

#[test]
fn a_level_is_opened_by_its_own_keys_and_the_master_key() {
    let identity = |level| Some(Identity { level, key_name: String::new() });
    for (level, opens) in [
        (AuthLevel::Anonymous, [true, true, true, true]),
        (AuthLevel::Function, [false, true, false, true]),
        (AuthLevel::System, [false, false, true, true]),
        (AuthLevel::User, [false, false, false, true]),
        (AuthLevel::Admin, [false, false, false, true]),
    ] {
        let callers = [None, identity(AuthLevel::Function), identity(AuthLevel::System), identity(AuthLevel::Admin)];
        assert_eq!(callers.each_ref().map(|caller| permits(level, caller.as_ref())), opens, "{level:?}");
    }
}

#[test]
fn the_header_goes_before_the_query_and_the_first_parameter_before_the_second() {
    assert_eq!(presented(Some(b"a"), [("code", "c")]), Some("a"));
    assert_eq!(presented(None, [("x", "y"), ("CODE", "c"), ("code", "d")]), Some("c"));
    assert_eq!(presented(None, []), None);
}
