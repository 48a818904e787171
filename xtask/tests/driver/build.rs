//! What is built, and what is staged.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::checkout::Checkout;

#[test]
fn what_changed_is_built_and_nothing_else() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["build-all"]).says("never built").ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.run(&["build-all"]).says("up to date (").says(", 5 inputs)").ends(0, "1 passed, 0 failed, 0 skipped");

    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    checkout.write("samples/one/hello/function.json", "{ }");
    checkout.run(&["build-all"]).says("handler.sh changed (+1 more)");
    assert!(fs::read_to_string(checkout.path("target/stage/one/handler")).unwrap().contains("edited"));

    checkout.write("samples/one/new.sh", "");
    checkout.run(&["build-all"]).says("new file new.sh");
    let touched = fs::File::options().append(true).open(checkout.path("samples/one/new.sh")).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    checkout.run(&["build-all"]).says("up to date");
    fs::remove_file(checkout.path("samples/one/new.sh")).unwrap();
    checkout.run(&["build-all"]).says("new.sh is gone");
    fs::remove_file(checkout.path("target/stage/one/handler")).unwrap();
    checkout.run(&["build-all"]).says("staged file gone: handler");
    checkout.write("target/stage/one/handler", "#!/bin/sh\n# by hand\n");
    checkout.run(&["build-all"]).says("staged file edited: handler");
    fs::remove_dir_all(checkout.path("target/stage/one")).unwrap();
    checkout.run(&["build-all"]).says("staged app is gone");
    checkout.run(&["build-all"]).says("up to date");
}

#[test]
fn a_staged_app_is_the_app_and_nothing_else() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["build-all"]);
    let mut names: Vec<String> = fs::read_dir(checkout.path("target/stage/one"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["handler", "hello", "host.json"]);
    let mode = fs::metadata(checkout.path("target/stage/one/handler")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn one_failure_stops_no_other() {
    let checkout = Checkout::new();
    checkout.sample("a-typo", "[imag]\napt = []\n");
    checkout.sample("fails", "");
    checkout.write("samples/fails/sample.toml", "title = 'F'\n[build]\nrun = ['sh fail.sh']\n");
    checkout.write("samples/fails/fail.sh", "echo because of this\nexit 3\n");
    checkout.sample("forgets", "");
    checkout.write("samples/forgets/sample.toml", "title = 'F'\n[stage]\nhandler = 'handler'\n");
    checkout.sample("good", "");
    checkout.sample("lacks", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\nat_least = '2'\n");
    let ran = checkout.run(&["build-all"]);
    ran.says("samples/a-typo/sample.toml:6:2: unknown key `imag`").says("hint: did you mean `image`?");
    ran.says("`sh fail.sh` ended with exit status: 3").says("because of this");
    ran.says("`[stage]` names `handler`, which the build did not make");
    ran.says("needs cobol 2 or newer; found none").says("hint: ");
    ran.ends(1, "1 passed, 3 failed, 1 skipped");
}

#[test]
fn a_skip_is_a_failure_under_strict_or_when_nothing_is_left() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    checkout.sample("lacks", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    checkout.run(&["build-all"]).ends(0, "1 passed, 0 failed, 1 skipped");
    checkout.run(&["build-all", "--strict"]).ends(1, "1 passed, 0 failed, 1 skipped");
    checkout.run(&["build-all", "lacks"]).ends(1, "0 passed, 0 failed, 1 skipped");
}
