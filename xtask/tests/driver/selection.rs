//! What a person can ask for, and what is answered to the rest.

use std::fs;

use crate::checkout::Checkout;

#[test]
fn nothing_to_work_on_is_no_success() {
    let checkout = Checkout::new();
    let ran = checkout.run(&["build-all"]);
    assert_eq!(ran.says("error: there is no sample\nhint: each is a folder of `samples`").status, Some(1));
}

#[test]
fn wrong_usage_has_status_2() {
    let checkout = Checkout::new();
    checkout.sample("node", "");
    let ran = checkout.run(&["build-all", "nod"]);
    ran.says("error: there is no sample `nod`").says("hint: did you mean `node`?");
    assert_eq!(ran.status, Some(2));
    assert_eq!(checkout.run(&["buidl-all"]).status, Some(2));
    assert_eq!(checkout.run(&["list", "--jsno"]).status, Some(2));
}

#[test]
fn the_list_is_data() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.sample("two", "");
    let ran = checkout.run(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["functions"][0], "hello");
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    checkout.contract_of("answers");
    assert!(checkout.run(&["list", "--matrix"]).stdout.contains("| `hello` | greets | ✓ | ✓ |"));
    let script = checkout.run(&["completion", "bash"]);
    assert!(script.stdout.contains("build-all"));
}

#[test]
fn cases_are_chosen_by_a_part_of_their_names() {
    let checkout = Checkout::new();
    checkout.sample("good", "");
    checkout.run(&["smoke", "--failed"]).says("hint: run it once without `--failed`");
    checkout.contract_of("answers");
    let ran = checkout.run(&["smoke", "--only", "anwsers"]);
    ran.says("error: no function or case has `anwsers` in its name").says("hint: did you mean `answers`?");
    assert_eq!(ran.status, Some(2));
    checkout.contract_of("passes on any text");
    checkout.run(&["smoke", "--only", "any tetx"]).says("hint: did you mean `any text`?");
    checkout.run(&["smoke", "--only", "nosuch"]).says("hint: functions are `hello`");
}

#[test]
fn a_sample_that_lacks_what_is_chosen_is_not_asked() {
    let checkout = Checkout::new();
    checkout.sample("has-it", "");
    checkout.sample("lacks-it", "[lacks]\nhello = 'no greetings'\n");
    fs::remove_dir_all(checkout.path("samples/lacks-it/hello")).unwrap();
    checkout.contract_of("answers");
    checkout.run(&["smoke", "--only", "answers"]).says("1 of 1 cases are asked");
    let events = fs::read_to_string(checkout.path("target/report/events.ndjson")).unwrap();
    assert!(events.contains(r#"{"event":"planned","samples":["has-it"],"#), "{events}");
    let none = checkout.run(&["smoke", "lacks-it", "--only", "answers"]);
    none.says("error: of what was chosen none of the samples has anything");
    assert_eq!(none.status, Some(1));
}

#[test]
fn a_new_sample_is_like_another() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.run(&["new", "two"]).says("`samples/two` is `samples/one` under another name").says("sample.toml");
    checkout.run(&["new", "three"]).says("xtask/README.md").says("samples/README.md");
    assert!(fs::read_to_string(checkout.path("samples/two/sample.toml")).unwrap().starts_with("title = \"two\""));
    checkout.run(&["build-all", "two"]).ends(0, "1 passed, 0 failed, 0 skipped");
    let taken = checkout.run(&["new", "two"]);
    assert_eq!(taken.says("there is a `samples/two` already\nhint: choose another name").status, Some(2));
    assert_eq!(checkout.run(&["new", "Two"]).says("cannot be a sample's name").status, Some(2));
}
