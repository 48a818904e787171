//! What is said of a run, in all its faces.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::checkout::{ACCOUNT, Checkout, HOST, Ran};

#[test]
fn on_github_a_failure_is_annotated_where_it_is() {
    let checkout = Checkout::new();
    checkout.sample("a-typo", "[imag]\napt = []\n");
    let ran = Ran::from(checkout.command(&["build-all"]).env("GITHUB_ACTIONS", "true").output().unwrap());
    ran.says("::error file=samples/a-typo/sample.toml,line=6,title=a-typo (build)::samples/a-typo/sample.toml:6:2: unknown key `imag`%0A");
}

#[test]
fn a_person_chooses_how_much_is_said() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    let quiet = checkout.run(&["build-all", "-q"]);
    assert!(!quiet.stderr.contains("never built") && quiet.stderr.contains("good"), "{quiet:?}");
    assert!(checkout.run(&["build-all", "--color", "always"]).stderr.contains("\u{1b}["));
    assert_eq!(checkout.run(&["build-all", "-q", "-v"]).status, Some(2));
}

#[test]
fn nobody_has_to_read_what_is_printed() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let listed = Ran::from(checkout.command(&["list"]).stdout(full()).output().unwrap());
    listed.says("error: cannot write to stdout: No space left on device");
    assert_eq!(listed.status, Some(1));
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    assert_eq!(Ran::from(checkout.command(&["list"]).stdout(closed()).output().unwrap()).status, Some(0));
    for deaf in [full, closed] {
        let built = checkout.command(&["build-all"]).stderr(deaf()).stdout(deaf()).status().unwrap();
        assert_eq!(built.code(), Some(0));
        assert!(checkout.path("target/report/junit.xml").is_file());
    }
}

#[test]
fn a_run_leaves_a_report() {
    let checkout = Checkout::new();
    checkout.sample("good", "[test]\nrun = ['sh test.sh']\nresults = 'counts'\n");
    checkout.write("samples/good/test.sh", "echo 2 passed, 1 failed, 1 skipped\nexit 1\n");
    checkout.run(&["test", "good"]).says("good: failed 1").ends(1, "2 passed, 1 failed, 1 skipped");
    assert_eq!(checkout.report("counts"), "2 1 1\n");
    assert!(checkout.report("junit.xml").contains("failed 1"));
    assert!(checkout.report("summary.md").starts_with("**2 passed"));
    assert!(checkout.events().iter().any(|event| event["event"] == "tests-run"));
    let events = checkout.report("events.ndjson");
    assert!(events.starts_with("{\"event\":\"run-begun\",\"version\":1}\n"), "{events}");
    let last = "{\"event\":\"run-done\",\"counts\":{\"passed\":2,\"failed\":1,\"skipped\":1},\"status\":1}";
    assert_eq!(events.lines().last(), Some(last));
}

#[test]
fn every_face_of_a_run_tells_the_same() {
    let checkout = Checkout::new();
    checkout.sample("asked", "[lacks]\ntick = 'no timers'\n");
    checkout.sample("broken", "[imag]\n");
    checkout.sample("skipped", "[[toolchain]]\nname = 'cobol'\nprobe = 'no-such-cobol --version'\n");
    checkout.mini_host(HOST);
    let request = "request = { method = 'GET', path = '/' }";
    let invoke = "invoke = { input = '' }";
    checkout.write(
        "samples/contract.toml",
        &format!(
            "[[function]]\nname = 'hello'\nsummary = 'greets'\n\
             [[function.case]]\nname = 'answers'\n{request}\nexpect = {{ status = 200 }}\n\
             [[function.case]]\nname = 'is <not> there'\n{request}\nexpect = {{ status = 404 }}\n\
             [[function.case]]\nname = 'runs'\n{invoke}\nexpect = {{ status = 200, log = ['Executed'] }}\n\
             [[function]]\nname = 'tick'\nsummary = 'ticks'\n\
             [[function.case]]\nname = 'ticks'\n{invoke}\nexpect = {{ status = 200 }}\n"
        ),
    );
    // Two cases passed; another one and the broken sample failed.
    let counts = "2 passed, 2 failed, 1 skipped";
    checkout.run(&["smoke", "--storage", ACCOUNT]).says("is <not> there").ends(1, counts);
    assert_eq!(checkout.report("counts"), "2 2 1\n");
    assert!(checkout.report("summary.md").starts_with(&format!("**{counts}**")), "{}", checkout.report("summary.md"));
    for row in ["| mini-host |", "| staged app `asked` | 0.0 |", "asked | native | hello: is <not> there |"] {
        assert!(checkout.report("summary.md").contains(row), "no `{row}` in {}", checkout.report("summary.md"));
    }
    let junit = quick_junit::Report::deserialize_from_str(&checkout.report("junit.xml")).unwrap();
    let skipped: usize = junit.test_suites.iter().map(|suite| suite.disabled).sum();
    assert_eq!((junit.tests, junit.failures + junit.errors, skipped), (5, 2, 1), "{}", checkout.report("junit.xml"));
    let events = checkout.events();
    let last = serde_json::json!({ "passed": 2, "failed": 2, "skipped": 1 });
    assert_eq!(events.last().unwrap()["counts"], last);
    let kinds: BTreeSet<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    for kind in ["case-judged", "case-started", "cases-wait", "function-lacking", "note", "planned", "sized", "used"] {
        assert!(kinds.contains(kind), "no `{kind}` in {kinds:?}");
    }
}

#[test]
fn tests_that_nobody_counts_are_said_to_be_so() {
    let checkout = Checkout::new();
    checkout.sample("good", "[test]\nrun = ['true']\n");
    let ran = checkout.run(&["test", "good"]);
    ran.says("1 command, tests not counted")
        .says("how many tests `good` has nobody knows")
        .says("hint: `[test] results`");
    ran.ends(0, "1 passed, 0 failed, 0 skipped");
    checkout.sample("good", "[test]\nrun = ['true']\nresults = 'counts'\n");
    checkout.run(&["test", "good"]).says("left no results of the form").ends(1, "0 passed, 1 failed, 0 skipped");
    checkout.sample("good", "");
    checkout.run(&["test", "good"]).says("has no tests").ends(1, "0 passed, 0 failed, 1 skipped");
}

#[test]
fn results_that_cannot_be_read_fail_beside_those_that_can() {
    let checkout = Checkout::new();
    checkout.sample("good", "[test]\nrun = ['cp whole.xml half.xml out']\nresults = { junit = 'out' }\n");
    checkout.write("samples/good/whole.xml", "<a><testcase name='one'/></a>");
    checkout.write("samples/good/half.xml", "<a>\n<testcase name='two'/>");
    let ran = checkout.run(&["test", "good"]);
    ran.says("out/half.xml:2:23: this is not XML").says("hint: look there");
    ran.ends(1, "1 passed, 1 failed, 0 skipped");
}

#[test]
fn what_takes_long_before_the_first_case_is_said() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.mini_host(HOST);
    checkout.write("docker/azurite/package.json", "{}");
    checkout.write("docker/azurite/package-lock.json", "{}");
    checkout.write("target/toolchains/node/bin/npm", "#!/bin/sh\nmkdir node_modules\n");
    let listening =
        |what: &str| format!("echo Azurite {what} service is successfully listening at http://127.0.0.1:1\n");
    let node = format!("#!/bin/sh\n{}{}exec sleep 600\n", listening("Blob"), listening("Queue"));
    checkout.write("target/toolchains/node/bin/node", &node);
    let ran = checkout.run(&["smoke"]);
    ran.says("npm installs the packages of `docker/azurite`").says("Azurite starts for the first time");
    ran.ends(0, "1 passed, 0 failed, 0 skipped");
    assert!(checkout.report("events.ndjson").contains("\"what\":\"for Azurite, up to 60 s\""));
}

#[test]
fn what_a_host_and_its_handler_put_aside_goes_with_the_run() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    let aside = "let aside = std::env::temp_dir(); std::fs::write(aside.join(\"left\"), []).unwrap(); \
                 println!(\"aside: {}\", aside.display());";
    checkout.mini_host(&HOST.replace("fn main() {", &format!("fn main() {{ {aside}")));
    checkout.run(&["smoke", "--storage", ACCOUNT]).ends(0, "1 passed, 0 failed, 0 skipped");
    let log = checkout.report("logs/one-native.log");
    let aside = Path::new(log.lines().next().unwrap().strip_prefix("aside: ").unwrap());
    assert!(aside.starts_with(checkout.path("target/run")) && !aside.exists(), "{log}");
}

#[test]
fn what_a_host_printed_that_died_is_kept() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.mini_host("fn main() { eprintln!(\"the last words\"); std::process::exit(3) }\n");
    let ran = checkout.run(&["smoke", "--storage", ACCOUNT]);
    ran.says("the host ended by itself (exit status: 3)").ends(1, "0 passed, 1 failed, 0 skipped");
    assert_eq!(checkout.report("logs/one-native.log"), "the last words\n");
}
