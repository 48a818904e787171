//! How what is missing comes to the machine, and what is cleaned away.

use std::fs;
use std::process::Stdio;

use crate::checkout::{Checkout, Ran, signal, until};

#[test]
fn a_sites_installer_is_run_once_and_its_toolchain_is_found() {
    let checkout = Checkout::new();
    let toolchain = "[[toolchain]]\nname = 'cobol'\nprobe = 'xtask-test-cobol --version'\nat_least = '2'\n";
    checkout.sample("one", toolchain);
    let install = "#!/bin/sh\nmkdir -p \"$1/bin\"\nprintf '#!/bin/sh\\necho cobol 2.1\\n' > \"$1/bin/xtask-test-cobol\"\n\
                   chmod +x \"$1/bin/xtask-test-cobol\"\necho ran >> \"$(dirname \"$0\")/log\"\n";
    checkout.write("site/cobol/install", install);
    let site = checkout.path("site");
    let set_up = || {
        let mut command = checkout.command(&["build-all", "--setup"]);
        Ran::from(command.env("XTASK_TOOLCHAINS", &site).output().unwrap())
    };
    set_up().says("setup cobol 2.1: installed by").ends(0, "1 passed, 0 failed, 0 skipped");
    set_up().says("setup cobol 2.1: there already").says("up to date");
    assert_eq!(fs::read_to_string(site.join("cobol/log")).unwrap(), "ran\n");
    assert!(checkout.path("target/toolchains/cobol/bin/xtask-test-cobol").is_file());

    checkout.write("target/toolchains/cobol/bin/xtask-test-cobol", "#!/bin/sh\necho cobol 2.2\n");
    checkout.run(&["build-all"]).says("cobol version 2.1 -> 2.2");

    let same = format!("#!/bin/sh\necho asked >> {}\necho cobol 2.2\n", site.join("asked").display());
    checkout.write("target/toolchains/cobol/bin/xtask-test-cobol", &same);
    for _ in 0..2 {
        checkout.run(&["build-all"]).says("up to date");
    }
    assert_eq!(fs::read_to_string(site.join("asked")).unwrap(), "asked\n", "the same program is asked once");
    let cleaned = checkout.run(&["clean", "--all"]);
    cleaned.says("nothing to remove from an engine: no container engine at").says("removed `target/toolchains`");
    assert!(!checkout.path("target/stage").exists());
}

#[test]
fn a_set_up_leaves_a_report_and_one_that_only_looks_leaves_that_of_the_last_run() {
    let checkout = Checkout::new();
    checkout.sample("one", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    // The engine of this test is none, and nothing else is to be installed.
    let set_up = checkout.command(&["setup"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(set_up.status.code(), Some(1));
    let events = || fs::read_to_string(checkout.path("target/report/events.ndjson")).unwrap();
    let kept = events();
    assert!(kept.contains("needs cobol; found none") && kept.contains(r#""event":"run-done""#), "{kept}");
    checkout.run(&["setup", "--dry-run"]);
    assert_eq!(events(), kept);
}

#[test]
fn a_set_up_that_is_stopped_does_not_call_what_it_did_not_install_missing() {
    let checkout = Checkout::new();
    checkout.sample("one", "[[toolchain]]\nname = 'cobol'\nprobe = 'xtask-test-cobol --version'\npage = 'see there'\n");
    checkout.write("site/cobol/install", "#!/bin/sh\ntouch \"$(dirname \"$0\")/begun\"\nexec sleep 600\n");
    let mut command = checkout.command(&["build-all", "--setup"]);
    command.env("XTASK_TOOLCHAINS", checkout.path("site"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the installer runs", || checkout.path("site/cobol/begun").exists());
    signal(&child, "-INT");
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.status == Some(130) && !ran.stderr.contains("warning") && !ran.stderr.contains("see there"), "{ran:?}");
}
