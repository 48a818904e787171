//! The judge: what a function did, held against what the contract expects; pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::shown::{last_lines, list, show};
use crate::report::outcome::Difference;
use crate::sample::case::{self, Arrives, BlobExpect, BlobPath, Expect};

#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The responses, if the stimulus was a request or an invocation by hand.
    pub responses: Vec<Response>,
    /// The messages on each queue the case names, as texts.
    pub queues: BTreeMap<String, Vec<String>>,
    /// The blobs the case names; `None` if there is no such blob.
    pub blobs: BTreeMap<BlobPath, Option<Vec<u8>>>,
    /// The lines the host printed since the case began.
    pub log: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    /// The header lines, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When each piece of the body arrived, counted from the request.
    pub pieces: Vec<Duration>,
}

/// What was sent, for expectations that speak of it.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub messages: Vec<String>,
    pub blob: Vec<u8>,
}

/// Every difference between what is expected and what was observed; none if the case passed.
pub fn judge(expect: &Expect, sent: &Sent, observed: &Observed) -> Vec<Difference> {
    let mut differences = Vec::new();
    // Of several responses the first that is wrong is shown; the others are likely wrong in the same way.
    let wrong = observed.responses.iter().map(|response| judge_response(expect, response));
    if let Some((index, wrong)) = wrong.enumerate().find(|(_, wrong)| !wrong.is_empty()) {
        differences.extend(wrong.into_iter().map(|difference| match observed.responses.len() {
            1 => difference,
            all => Difference { what: format!("{} of response {} of {all}", difference.what, index + 1), ..difference },
        }));
    }
    for (queue, texts) in &expect.queue {
        let received = observed.queues.get(queue).map(Vec::as_slice).unwrap_or_default();
        differences.extend(judge_queue(queue, &expected_texts(texts, sent), received));
    }
    for (path, blob) in &expect.blob {
        let received = observed.blobs.get(path).and_then(Option::as_deref);
        differences.extend(judge_blob(path, blob, sent, received));
    }
    for text in &expect.log {
        if !observed.log.iter().any(|line| line.contains(text)) {
            differences.push(difference("log", text, last_lines(&observed.log)));
        }
    }
    differences
}

fn judge_response(expect: &Expect, response: &Response) -> Vec<Difference> {
    let mut differences = Vec::new();
    if let Some(status) = expect.status.filter(|status| *status != response.status) {
        differences.push(difference("status", status, response.status));
    }
    for (name, value) in &expect.headers {
        let received = header(response, name);
        if received.as_deref() != Some(value) {
            let received = received.unwrap_or_else(|| "(no such header)".into());
            differences.push(difference(&format!("header `{name}`"), value, received));
        }
    }
    if let Some(body) = expect.body.as_ref().filter(|body| body.as_bytes() != response.body) {
        differences.push(difference("body", show(body.as_bytes()), show(&response.body)));
    }
    if let Some(json) = &expect.json {
        let received = serde_json::from_slice::<serde_json::Value>(&response.body);
        if !received.is_ok_and(|received| same_json(json, &received)) {
            differences.push(difference("body as JSON", json, show(&response.body)));
        }
    }
    if expect.arrives == Some(Arrives::PieceByPiece) && !came_piece_by_piece(&response.pieces) {
        let times: Vec<String> = response.pieces.iter().map(|time| format!("{} ms", time.as_millis())).collect();
        let expected = "piece by piece, the first long before the last";
        differences.push(difference("arrival of the body", expected, format!("pieces after {}", times.join(", "))));
    }
    differences
}

/// Whether the pieces were passed on as they were sent. A host that collects them first lets the caller wait for the whole
/// time that the handler takes, and then sends all at once: so what counts is which is longer, the wait for the first piece or
/// the time from the first to the last. A slow machine makes both longer.
fn came_piece_by_piece(pieces: &[Duration]) -> bool {
    match pieces {
        [first, .., last] => *last - *first > *first,
        _ => false,
    }
}

/// The lines of one name as one value; `None` if there is no such line.
fn header(response: &Response, name: &str) -> Option<String> {
    let named = response.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
    let lines: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Equal as JSON, with `"{guid}"` standing for any GUID; numbers compare by value, so `7` is not `7.5` but is `7.0`.
fn same_json(expected: &serde_json::Value, received: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object, String};
    match (expected, received) {
        (String(wanted), String(text)) if wanted == "{guid}" => is_guid(text),
        (Number(a), Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same_json(value, other)))
        }
        (a, b) => a == b,
    }
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn expected_texts(texts: &[String], sent: &Sent) -> Vec<String> {
    let all = |text: &String| {
        if text == "{sent}" { sent.messages.clone() } else { case::expand(std::slice::from_ref(text)) }
    };
    texts.iter().flat_map(all).collect()
}

fn judge_queue(queue: &str, expected: &[String], received: &[String]) -> Option<Difference> {
    let (missing, surplus) = (minus(expected, received), minus(received, expected));
    if missing.is_empty() && surplus.is_empty() {
        return None;
    }
    let what = format!("queue `{queue}`");
    if expected.len() + received.len() <= 12 {
        return Some(difference(&what, list(expected), list(received)));
    }
    Some(difference(
        &what,
        format!("{} messages; missing: {}", expected.len(), list(&missing)),
        format!("{} messages; not expected: {}", received.len(), list(&surplus)),
    ))
}

/// What `all` has more of than `others`, as multisets.
fn minus(all: &[String], others: &[String]) -> Vec<String> {
    let mut left: Vec<&String> = others.iter().collect();
    let keep = |text: &&String| match left.iter().position(|other| other == text) {
        Some(index) => {
            left.swap_remove(index);
            false
        }
        None => true,
    };
    all.iter().filter(keep).cloned().collect()
}

fn judge_blob(path: &BlobPath, expect: &BlobExpect, sent: &Sent, received: Option<&[u8]>) -> Option<Difference> {
    let wanted = match expect {
        BlobExpect::Text(text) => text.as_bytes(),
        BlobExpect::Base64(bytes) => &bytes.0,
        BlobExpect::Sent(_) => &sent.blob,
    };
    let shown = || received.map_or_else(|| "(no such blob)".to_owned(), show);
    (received != Some(wanted)).then(|| difference(&format!("blob `{path}`"), show(wanted), shown()))
}

fn difference(what: &str, expected: impl ToString, received: impl ToString) -> Difference {
    Difference { what: what.to_owned(), expected: expected.to_string(), received: received.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(text: &str) -> Expect {
        toml::from_str(text).unwrap()
    }

    fn http(status: u16, headers: &[(&str, &str)], body: &str) -> Observed {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = Response { status, headers, body: body.into(), pieces: Vec::new() };
        Observed { responses: vec![response], ..Observed::default() }
    }

    fn path() -> BlobPath {
        BlobPath { container: "c".to_owned(), name: "n".to_owned() }
    }

    fn queue(texts: &[&str]) -> Observed {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Observed { queues: [("q".to_owned(), texts)].into(), ..Observed::default() }
    }

    fn whats(expect_text: &str, reply: &Observed) -> Vec<String> {
        judge(&expect(expect_text), &Sent::default(), reply).into_iter().map(|difference| difference.what).collect()
    }

    #[test]
    fn the_expected_reply_has_no_differences() {
        let reply = http(200, &[("Content-Type", "text/plain"), ("X", "1")], "hi");
        assert!(whats("status = 200\nbody = 'hi'\nheaders = { content-type = 'text/plain' }", &reply).is_empty());
    }

    #[test]
    fn every_difference_is_told_not_the_first_only() {
        let reply = http(500, &[], "");
        let all = whats("status = 200\nbody = 'hi'\nheaders = { x = '1' }\nlog = ['ran']", &reply);
        assert_eq!(all, ["status", "header `x`", "body", "log"]);
    }

    #[test]
    fn a_missing_header_says_so() {
        let differences = judge(&expect("headers = { x = '1' }"), &Sent::default(), &http(200, &[], ""));
        assert_eq!(differences[0].received, "(no such header)");
    }

    #[test]
    fn header_lines_of_one_name_are_one_value() {
        let reply = http(405, &[("Allow", "GET"), ("allow", "HEAD")], "");
        assert!(whats("headers = { allow = 'GET, HEAD' }", &reply).is_empty());
        assert_eq!(whats("headers = { allow = 'GET' }", &reply), ["header `allow`"]);
    }

    #[test]
    fn header_values_and_bodies_are_exact() {
        let reply = http(200, &[("x", "One")], "hi\n");
        assert_eq!(whats("headers = { x = 'one' }\nbody = 'hi'", &reply), ["header `x`", "body"]);
    }

    #[test]
    fn json_is_equal_by_value_whatever_its_layout() {
        let reply = http(200, &[], " { \"b\": [1, 2.0], \"a\": null } ");
        assert!(!whats("json = { b = [1, 2] }", &reply).is_empty(), "a key too many is a difference");
        let reply = http(200, &[], " { \"b\": [1, 2.0] } ");
        assert!(whats("json = { b = [1, 2] }", &reply).is_empty());
        assert!(!whats("json = { b = [2, 1] }", &reply).is_empty(), "order counts in arrays");
        assert!(!whats("json = { b = ['1', 2] }", &reply).is_empty(), "a number is no text");
    }

    #[test]
    fn pieces_that_come_all_at_once_were_collected_on_the_way() {
        let came = |milliseconds: &[u64]| {
            let pieces = milliseconds.iter().map(|time| Duration::from_millis(*time)).collect();
            let response = Response { pieces, ..Response::default() };
            whats("arrives = 'piece by piece'", &Observed { responses: vec![response], ..Observed::default() })
        };
        assert!(came(&[30, 230, 430]).is_empty());
        assert!(came(&[400, 700, 1_300]).is_empty(), "a slow machine");
        assert_eq!(came(&[430, 430, 431]), ["arrival of the body"]);
        assert_eq!(came(&[430]), ["arrival of the body"]);
        assert_eq!(came(&[]), ["arrival of the body"]);
    }

    #[test]
    fn of_several_responses_the_first_that_is_wrong_is_shown() {
        let responses = [200, 200, 500, 500].map(|status| Response { status, ..Response::default() });
        let observed = Observed { responses: responses.to_vec(), ..Observed::default() };
        assert_eq!(whats("status = 200", &observed), ["status of response 3 of 4"]);
    }

    #[test]
    fn a_guid_is_the_only_wildcard() {
        let guid = http(200, &[], r#"{"id":"0b5c6b0a-9f39-4f5e-8f0d-0a2d3d1f2a3b"}"#);
        assert!(whats("json = { id = '{guid}' }", &guid).is_empty());
        for other in
            [r#"{"id":"x"}"#, r#"{"id":null}"#, r#"{"id":"{guid}"}"#, r#"{"id":"0b5c6b0a9f394f5e8f0d0a2d3d1f2a3b"}"#]
        {
            assert_eq!(whats("json = { id = '{guid}' }", &http(200, &[], other)), ["body as JSON"], "{other}");
        }
    }

    #[test]
    fn what_is_no_json_differs_and_is_shown() {
        let differences = judge(&expect("json = { a = 1 }"), &Sent::default(), &http(200, &[], "oops"));
        assert_eq!(differences[0].received, "oops");
    }

    #[test]
    fn queues_compare_in_any_order_but_count() {
        assert!(whats("queue = { q = ['a', 'b'] }", &queue(&["b", "a"])).is_empty());
        assert_eq!(whats("queue = { q = ['a'] }", &queue(&["a", "a"])), ["queue `q`"]);
        assert_eq!(whats("queue = { q = ['a', 'a'] }", &queue(&["a"])), ["queue `q`"]);
        assert_eq!(whats("queue = { q = [] }", &queue(&["a"])), ["queue `q`"]);
        assert!(whats("queue = { q = [] }", &Observed::default()).is_empty());
        assert_eq!(whats("queue = { q = ['a'] }", &Observed::default()), ["queue `q`"]);
    }

    #[test]
    fn long_queues_show_what_is_missing_and_what_is_too_many() {
        let received: Vec<String> =
            (1..=20).filter(|number| *number != 7).map(|number| format!("m {number}")).collect();
        let received: Vec<&str> = received.iter().map(String::as_str).chain(["stranger"]).collect();
        let differences = judge(&expect("queue = { q = ['m {1..20}'] }"), &Sent::default(), &queue(&received));
        assert_eq!(differences[0].expected, "20 messages; missing: m 7");
        assert_eq!(differences[0].received, "20 messages; not expected: stranger");
    }

    #[test]
    fn what_was_sent_can_be_expected() {
        let sent = Sent { messages: vec![" a ".into(), "b".into()], blob: vec![1, 2, 255] };
        let reply = Observed { blobs: [(path(), Some(vec![1, 2, 255]))].into(), ..queue(&["b", " a "]) };
        let wanted = expect("queue = { q = ['{sent}'] }\nblob = { 'c/n' = { sent = true } }");
        assert!(judge(&wanted, &sent, &reply).is_empty());
        assert_eq!(judge(&wanted, &sent, &Observed::default()).len(), 2);
    }

    #[test]
    fn blobs_compare_by_text_and_bytes() {
        let there = |bytes: &[u8]| Observed { blobs: [(path(), Some(bytes.to_vec()))].into(), ..Observed::default() };
        assert!(whats("blob = { 'c/n' = { text = 'hi' } }", &there(b"hi")).is_empty());
        assert_eq!(whats("blob = { 'c/n' = { text = 'hi' } }", &there(b"ho")), ["blob `c/n`"]);
        assert_eq!(
            whats("blob = { 'c/n' = { text = '' } }", &Observed::default()),
            ["blob `c/n`"],
            "empty is not absent"
        );
        assert!(whats("blob = { 'c/n' = { base64 = 'null' } }", &there(&[0x9e, 0xe9, 0x65])).is_empty());
    }

    #[test]
    fn a_log_line_must_hold_the_text_whole() {
        let reply = Observed { log: vec!["      Order".into(), "7 ran".into()], ..Observed::default() };
        assert_eq!(whats("log = ['Order 7']", &reply), ["log"]);
        assert!(whats("log = ['7 ran', 'Order']", &reply).is_empty());
    }
}
