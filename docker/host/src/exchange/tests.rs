use std::sync::Arc;

use uuid::Uuid;
use wire::client::Request;
use wire::{Headers, ResponseHead};

use super::*;
use crate::app::HttpMode;
use crate::log::{Log, Outcome};

fn exchanges() -> Arc<Exchanges> {
    Exchanges::open(Wanted { record: None, inspect: true }, &Log::default()).unwrap()
}

fn pass(exchanges: &Arc<Exchanges>, request: &[u8], response: &[u8]) {
    let recorder = Recorder::begin(Some(exchanges), Uuid::nil(), "hello");
    let mut headers = Headers::default();
    headers.push("x-functions-key", "a-very-long-key");
    let target = "/api/hello?code=a-very-long-key".to_owned();
    recorder.request(HttpMode::Proxying, &Request { method: "POST".into(), target, headers });
    recorder.sent(request);
    let head = ResponseHead { status: 200, reason: b"OK".into(), headers: Headers::default() };
    recorder.response(&head);
    recorder.received(response);
    recorder.ended(Outcome::Succeeded, "");
    recorder.close();
}

#[test]
fn no_key_is_shown_wherever_the_handler_repeats_it() {
    let exchanges = exchanges();
    pass(&exchanges, b"a", b"your key is a-very-long-key");
    let shown = exchanges.get(1).unwrap();
    let (text, json) = (shown.to_string(), serde_json::to_string(&shown).unwrap());
    assert!(!text.contains("a-very-long") && !json.contains("a-very-long"), "{text}{json}");
    assert!(text.contains("POST /api/hello?code=*** HTTP/1.1") && text.contains("your key is ***"), "{text}");
}

#[test]
fn what_is_kept_is_bounded_in_number_and_bytes() {
    let exchanges = exchanges();
    (0..10_010).for_each(|_| pass(&exchanges, b"", b""));
    let list = exchanges.list(|_| true);
    assert_eq!((list.len(), list[0].number), (10_000, 11));
    let long = vec![b'a'; 1024 * 1024];
    (0..2_000).for_each(|_| pass(&exchanges, &long, &long));
    let list = exchanges.list(|_| true);
    let shown = exchanges.get(list[0].number).unwrap().to_string();
    assert_eq!(shown.matches("[… the rest was not kept]").count(), 2);
    assert!(list.len() <= 512 && list[0].request.bytes == 1024 * 1024, "{}", list.len());
}
