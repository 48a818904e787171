//! Two runs in one checkout.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::checkout::{ACCOUNT, Checkout, HOST, until};

/// A run beside the test, which ends with it.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        // One that has ended has nothing to be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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
    let clean = checkout.run(&["clean"]);
    clean.says("error: another run is under way in this checkout: process `").says("hint: let it end, or stop it");
    assert_eq!(clean.status, Some(1));
    assert_eq!(staged(), "#!/bin/sh\n");
    checkout.write("may", "");
    let log = |log: &str| fs::read_to_string(checkout.path(log)).unwrap();
    assert_eq!(uses.wait().unwrap().code(), Some(0), "{}", log("uses.log"));
    assert_eq!(builds.wait().unwrap().code(), Some(0), "{}", log("builds.log"));
    assert_eq!(staged(), "#!/bin/sh\n# edited\n");
    assert!(!log("uses.log").contains("waits for another run"));
}

/// Each is alone with one app first, while the other has already found that this one is to be built.
#[test]
fn two_runs_that_find_each_others_apps_stale_do_not_wait_for_each_other() {
    let checkout = Checkout::new();
    let probe = "[[toolchain]]\nname = 'tool'\nprobe = 'sh probe.sh'\n";
    for sample in ["one", "two"] {
        checkout.sample(sample, probe);
        let file = |kind: &str| format!("../../{kind}-$RUN-{sample}");
        let script = format!("touch {}\nread may < {}\n", file("asked"), file("may"));
        checkout.write(&format!("samples/{sample}/probe.sh"), &script);
        for name in ["a", "b"] {
            let pipe = checkout.path(&format!("may-{name}-{sample}"));
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        }
    }
    checkout.contract_of("answers");
    checkout.mini_host(HOST);
    let run = |name: &str| {
        let log = fs::File::create(checkout.path(&format!("{name}.log"))).unwrap();
        let mut command = checkout.command(&["smoke", "--jobs", "2", "--storage", ACCOUNT]);
        Background(command.env("RUN", name).stdout(Stdio::null()).stderr(log).spawn().unwrap())
    };
    let (mut a, mut b) = (run("a"), run("b"));
    let all = ["a-one", "a-two", "b-one", "b-two"];
    until("both ask for both", || all.iter().all(|name| checkout.path(&format!("asked-{name}")).exists()));
    let go_on = |name: &str| fs::write(checkout.path(&format!("may-{name}")), "\n").unwrap();
    let log = |name: &str| fs::read_to_string(checkout.path(&format!("{name}.log"))).unwrap();
    // Who asks last is the first to be alone, where the other holds on to what it shares.
    let is_on = |name: &str, app: &str| {
        log(name).contains(&format!("uses {app}")) || checkout.path(&format!("samples/{app}/handler")).exists()
    };
    ["b-one", "a-two"].into_iter().for_each(go_on);
    until("each builds one, or waits for it", || is_on("b", "one") && is_on("a", "two"));
    ["a-one", "b-two"].into_iter().for_each(go_on);
    for (name, run) in [("a", &mut a), ("b", &mut b)] {
        until("both are done", || run.0.try_wait().unwrap().is_some());
        assert_eq!(run.0.wait().unwrap().code(), Some(0), "{}", log(name));
    }
}
