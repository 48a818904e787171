//! The watch.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::checkout::{Checkout, signal, until};

/// A watch that runs, and what it has said; it ends with the test, also with one that fails.
struct Watch {
    child: Child,
    log: PathBuf,
}

impl Watch {
    fn begin(checkout: &Checkout) -> Watch {
        let log = checkout.path("log");
        let output = fs::File::create(&log).unwrap();
        let child = checkout.command(&["watch"]).stdout(Stdio::null()).stderr(output).spawn().unwrap();
        Watch { child, log }
    }

    /// How often it has said a text so far.
    fn said(&self, text: &str) -> usize {
        fs::read_to_string(&self.log).unwrap().matches(text).count()
    }

    /// Ends it as a person does.
    fn end(&mut self) {
        signal(&self.child, "-INT");
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // One that has ended has nothing to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_watched_is_built_again_when_it_changes_and_only_then() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    let mut watch = Watch::begin(&checkout);
    until("the first round is over", || watch.said("── native:") == 1);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("the second round is over", || watch.said("── native:") == 2);
    assert_eq!(watch.said("one: handler.sh changed"), 1);
    watch.end();
    assert_eq!(watch.said("── native:"), 2);
}

#[test]
fn what_is_broken_while_it_is_edited_is_said_once_and_ends_no_watch() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.sample("two", "");
    checkout.contract_of("answers");
    let mut watch = Watch::begin(&checkout);
    until("the first round is over", || watch.said("── native:") == 1);
    checkout.sample("two", "[imag]\n");
    until("what is broken is said", || watch.said("unknown key `imag`") > 0);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("the others go on", || watch.said("── native:") == 2);
    checkout.write("samples/contract.toml", "[[function");
    until("a contract that cannot be read is said", || watch.said("samples/contract.toml:1:") > 0);
    checkout.contract_of("answers anew");
    until("the contract is asked anew", || watch.said("── native:") == 3);
    assert_eq!((watch.said("unknown key `imag`"), watch.said("samples/contract.toml:1:")), (1, 1));
    watch.end();
}

#[test]
fn what_a_build_changes_each_time_does_not_keep_the_watch_going() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.write(
        "samples/one/sample.toml",
        "title = 'O'\n[build]\nrun = ['sh build.sh']\n[stage]\nhandler = 'handler'\n",
    );
    checkout.write("samples/one/build.sh", "cp handler.sh handler\ndate +%N > stamp\n");
    checkout.write("samples/one/stamp", "");
    let mut watch = Watch::begin(&checkout);
    until("the build's own change is left out", || watch.said("stamp changed with every build") == 1);
    checkout.write("samples/one/handler.sh", "#!/bin/sh\n# edited\n");
    until("an edit is seen", || watch.said("one: handler.sh changed") == 1);
    watch.end();
}
