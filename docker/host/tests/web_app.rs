//! What samples/web-app.md says: its files, word for word, make an app that mini-host serves, streams included.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use host::Host;

const ANSWER_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_web_app_is_served_by_the_profile() {
    let app = tempfile::tempdir().unwrap();
    fs::write(app.path().join("host.json"), block("json", 0)).unwrap();
    serves(app.path());
}

#[test]
fn a_web_app_is_served_by_a_route_for_everything() {
    let app = tempfile::tempdir().unwrap();
    fs::create_dir(app.path().join("app")).unwrap();
    fs::write(app.path().join("host.json"), block("json", 1)).unwrap();
    fs::write(app.path().join("app/function.json"), block("json", 2)).unwrap();
    serves(app.path());
}

fn serves(app: &Path) {
    fs::write(app.join("server.mjs"), block("js", 0)).unwrap();
    let host = Host::serve(app, &[]);
    let page = response(&host, "/any/path", "\r\n0\r\n");
    assert!(page.contains(&format!("You asked for /any/path at {}\n", host.address())), "{page}");
    let first = response(&host, "/events", "data: 1\n\n");
    assert!(!first.contains("data: 3"), "the first piece comes before the last one is made: {first}");
    response(&host, "/events", "data: 3\n\n");
}

/// What has come when `end` has, or the whole response to a page.
fn response(host: &Host, target: &str, end: &str) -> String {
    let mut connection = host.connect();
    connection.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    write!(connection, "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", host.address()).unwrap();
    let (mut come, mut piece) = (String::new(), [0; 4096]);
    while !come.contains(end) {
        match connection.read(&mut piece).expect("more of the response in time") {
            0 => break,
            length => come.push_str(&String::from_utf8_lossy(&piece[..length])),
        }
    }
    come
}

/// The code block of this number among those of one language in samples/web-app.md.
fn block(language: &str, number: usize) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/web-app.md");
    let text = fs::read_to_string(page).unwrap();
    let begin = format!("\n```{language}\n");
    let mut blocks = text.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.nth(number).expect("a block of code").to_owned()
}
