//! Two runs in one checkout.

use std::fs;
use std::process::Stdio;

use crate::checkout::{ACCOUNT, Checkout, HOST, until};

#[test]
fn an_app_stays_as_it_is_while_a_run_uses_it() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    // A host that answers when it may.
    let may = format!("while !std::path::Path::new({:?}).exists() {{}}", checkout.path("may"));
    let asked = format!("std::fs::write({:?}, []).unwrap();", checkout.path("asked"));
    checkout.mini_host(&HOST.replace("lines.take(length)", &format!("{asked}{may}lines.take(length)")));
    let spawn = |arguments: &[&str], log: &str| {
        let log = fs::File::create(checkout.path(log)).unwrap();
        checkout.command(arguments).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    };
    let mut uses = spawn(&["smoke", "--storage", ACCOUNT], "uses.log");
    until("the app is asked", || checkout.path("asked").exists());
    checkout.run(&["build-all"]).says("up to date").ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    let mut builds = spawn(&["build-all"], "builds.log");
    let waits = "waits for another run that uses one";
    until("the other waits", || fs::read_to_string(checkout.path("builds.log")).unwrap().contains(waits));
    let staged = || fs::read_to_string(checkout.path("target/stage/one/handler")).unwrap();
    assert_eq!(staged(), "#!/bin/sh\n");
    checkout.write("may", "");
    let log = |log: &str| fs::read_to_string(checkout.path(log)).unwrap();
    assert_eq!(uses.wait().unwrap().code(), Some(0), "{}", log("uses.log"));
    assert_eq!(builds.wait().unwrap().code(), Some(0), "{}", log("builds.log"));
    assert_eq!(staged(), "#!/bin/sh\n# edited\n");
    assert!(!log("uses.log").contains("waits for another run"));
}
