//! What the tests share.

use std::env;
use std::process::Command;

/// What a test writes to stderr, when it alone is run as a program of its own; there it is `None`.
pub fn log_of(test: &str) -> Option<String> {
    if env::var_os("LOG_OF").is_some() {
        return None;
    }
    let mut program = Command::new(env::current_exe().expect("this program"));
    let ended = program.args([test, "--exact", "--nocapture"]).env("LOG_OF", test).output().expect("the program ran");
    Some(String::from_utf8_lossy(&ended.stderr).into_owned())
}
