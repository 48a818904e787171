//! The functions without a server.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handler::envelope::{Answer, Envelope, Failure};
use handler::functions::*;
use handler::http::{Reply, Request};
use serde_json::{Value, json};

type Function = fn(&Envelope) -> Result<Answer, Failure>;

fn in_base64(content: impl AsRef<[u8]>) -> String {
    STANDARD.encode(content)
}

/// A value as the host puts it into Data and Metadata: JSON text inside a JSON string.
fn encoded(value: impl Into<Value>) -> Value {
    Value::String(value.into().to_string())
}

/// Calls a function with this envelope; the answer comes as the host reads it.
fn call(function: Function, data: Value, metadata: Value) -> Result<Value, Failure> {
    let body = json!({ "Data": data, "Metadata": metadata }).to_string();
    let answer = function(&Envelope::read(body.as_bytes())?)?;
    Ok(serde_json::to_value(answer).expect("an answer has a form in JSON"))
}

fn request(method: Method, path_and_query: &str, body: impl Into<Bytes>) -> Request {
    axum::http::Request::builder().method(method).uri(path_and_query).body(body.into()).expect("a valid request")
}

fn text(status: u16, body: &str) -> Reply {
    Reply::text(StatusCode::from_u16(status).expect("a valid status"), body)
}

#[test]
fn hello_greets_the_world_as_plain_text() {
    let reply = hello(&request(Method::GET, "/api/hello", ""));
    assert_eq!(reply, text(200, "Hello world"));
    assert_eq!(reply.content_type, "text/plain; charset=utf-8");
}

#[test]
fn simple_http_trigger_greets_the_name_in_the_query() {
    for (query, expected) in [
        ("?name=Ada", "Hello, Ada!"),
        ("?name=Zo%C3%AB", "Hello, Zoë!"),
        ("?name=Ada+B", "Hello, Ada B!"),
        ("?name=A,B", "Hello, A,B!"),
        ("?name=A&name=B", "Hello, A,B!"),
        ("", "Hello, world!"),
        ("?name=", "Hello, world!"),
        ("?Name=Ada", "Hello, world!"),
        ("?name=100%", "Hello, 100%!"),
        ("?name=%41%zz%4", "Hello, A%zz%4!"),
        ("?name=%ff", "Hello, \u{FFFD}!"),
        ("?&=&name=Ada&=x", "Hello, Ada!"),
    ] {
        let path = format!("/api/SimpleHttpTrigger{query}");
        assert_eq!(simple_http_trigger(&request(Method::GET, &path, "")), text(200, expected), "{query}");
    }
}

fn posted_name(body: &'static str) -> Reply {
    simple_http_trigger(&request(Method::POST, "/api/SimpleHttpTrigger", body))
}

#[test]
fn simple_http_trigger_greets_the_name_in_a_json_body() {
    assert_eq!(posted_name(r#"{"name":"Ada"}"#), text(200, "Hello, Ada!"));
    assert_eq!(posted_name(r#" { "x": 1, "name" : "Zoë 🦊" } "#), text(200, "Hello, Zoë 🦊!"));
    assert_eq!(posted_name(r#"{"name":"Ada","name":"Bob"}"#), text(200, "Hello, Bob!"));
}

#[test]
fn simple_http_trigger_tells_a_caller_without_a_name_what_it_expects() {
    let expected = text(400, r#"Expected a JSON body such as {"name":"Ada"}"#);
    for body in ["", "not json", "{", "null", "7", r#""Ada""#, "[]", "{}", r#"{"name":""}"#] {
        assert_eq!(posted_name(body), expected, "{body}");
    }
    for body in [r#"{"name":7}"#, r#"{"name":null}"#, r#"{"Name":"Ada"}"#, r#"{"name":"Ada"} x"#] {
        assert_eq!(posted_name(body), expected, "{body}");
    }
}

#[test]
fn simple_http_trigger_with_return_tells_what_arrived() {
    let mut arrived = request(Method::POST, "/api/SimpleHttpTriggerWithReturn?a=1,2&flag=", &[0x9e, 0xe9, 0x65][..]);
    let id = "7a0e4b1c-0000-4000-8000-000000000001";
    arrived.headers_mut().insert("X-Azure-Functions-InvocationId", id.parse().expect("a valid header"));
    let reply = simple_http_trigger_with_return(&arrived);
    assert_eq!((reply.status, reply.content_type), (StatusCode::OK, "application/json"));
    assert_eq!(
        reply.body,
        format!(
            r#"{{"method":"POST","path":"/api/SimpleHttpTriggerWithReturn","query":{{"a":"1,2","flag":""}},"bytes":3,"invocationId":"{id}"}}"#
        )
    );
}

#[test]
fn simple_http_trigger_with_return_keeps_the_querys_order_and_leaves_the_key_out() {
    let path = "/api/Simple%48?b=1&1=2&code=K&CODE=K&b=3&q=%22%3C%zz";
    assert_eq!(
        simple_http_trigger_with_return(&request(Method::GET, path, "")).body,
        r#"{"method":"GET","path":"/api/Simple%48","query":{"b":"1,3","1":"2","q":"\"<%zz"},"bytes":0,"invocationId":null}"#
    );
}

#[test]
fn http_trigger_string_return_value_answers_and_queues_what_it_returns() {
    let answer = call(http_trigger_string_return_value, json!({"req": {}}), json!({}));
    let res = json!({"statusCode": 201, "headers": {"header1": "header1Val"}, "body": "my world"});
    assert_eq!(answer, Ok(json!({"Outputs": {"res": res}, "Logs": [], "ReturnValue": in_base64("Hello,World")})));
}

#[test]
fn http_trigger_with_outputs_queues_the_orders_text_unchanged() {
    for (body, order) in [
        (r#"{"order":7,"item":"tea"}"#, 7),
        (" {\r\n \"order\" : 7 , \"price\": 1.50, \"e\": [1e3, \"7.0\"] }\n", 7),
        (r#"{"order":-9007199254740991}"#, -9007199254740991_i64),
        (r#"{"order":0}"#, 0),
        (r#"{"order":-0}"#, 0),
        (r#"{"order":7.0}"#, 7),
        (r#"{"order":7e0}"#, 7),
        (r#"{"order":"x","order":8}"#, 8),
        (r#"{"order":9,"note":"a \"quoted\" 1.5 \\"}"#, 9),
        (r#"{"order":1,"item":"grüß 🦊"}"#, 1),
    ] {
        let res = json!({
            "statusCode": 201,
            "headers": {"content-type": "application/json"},
            "body": format!(r#"{{"accepted":{order}}}"#),
        });
        let expected = json!({
            "Outputs": {"order": in_base64(body), "res": res},
            "Logs": [format!("Accepted order {order}")],
            "ReturnValue": null,
        });
        assert_eq!(call(http_trigger_with_outputs, json!({"req": {"Body": body}}), json!({})), Ok(expected));
    }
}

#[test]
fn http_trigger_with_outputs_tells_the_caller_what_is_wrong_and_queues_nothing() {
    let mut requests = vec![json!({}), json!({"Body": null}), json!({"Body": {"order": 7}})];
    for body in ["", "not json", "7", "null", "[]", "{}", r#"{"Order":7}"#, "07"] {
        requests.push(json!({"Body": body}));
    }
    let huge = "1".repeat(400);
    for order in
        [r#""7""#, "7.5", "75e-1", "1e400", "true", "null", "[7]", "{}", "9007199254740992", "-9007199254740992", &huge]
    {
        requests.push(json!({"Body": format!(r#"{{"order":{order}}}"#)}));
    }
    let res = json!({
        "statusCode": 400,
        "headers": {"content-type": "application/json"},
        "body": r#"{"error":"expected a JSON body with an integer order"}"#,
    });
    for req in requests {
        let answer = call(http_trigger_with_outputs, json!({ "req": req }), json!({}));
        assert_eq!(answer, Ok(json!({"Outputs": {"res": res}, "Logs": [], "ReturnValue": null})), "{req}");
    }
}

#[test]
fn queue_trigger_passes_any_text_on_as_the_same_bytes() {
    let large = "x".repeat(48 * 1024);
    let mut texts = vec!["hello", "test", "[1,2]", r#"{"a":1}"#, r#"{ "b" : 2, "a": 1.50 }"#, "42", r#""quoted""#];
    texts.extend(["true", "null", "", "2020-01-01T00:00:00Z", "grüß", "🦊\0\u{2028}", &large]);
    for text in texts {
        let expected = json!({
            "Outputs": {},
            "Logs": [format!("Passed on {} bytes, attempt 1", text.len())],
            "ReturnValue": in_base64(text),
        });
        assert_eq!(call(queue_trigger, json!({"message": encoded(text)}), json!({"DequeueCount": "1"})), Ok(expected));
    }
}

#[test]
fn queue_trigger_counts_attempts_from_the_admin_route_as_0() {
    let cases = [(json!({"DequeueCount": "3"}), 3), (json!({"DequeueCount": "0"}), 0), (json!({}), 0)];
    for (metadata, attempt) in cases {
        let answer = call(queue_trigger, json!({"message": encoded("by admin")}), metadata).expect("an answer");
        assert_eq!(answer["Logs"], json!([format!("Passed on 8 bytes, attempt {attempt}")]));
    }
}

#[test]
fn queue_trigger_gives_up_on_a_message_it_cannot_process() {
    let failure = call(queue_trigger, json!({"message": encoded("unprocessable")}), json!({"DequeueCount": "2"}));
    assert_eq!(failure, Err(Failure::Unprocessable { attempt: 2 }));
    assert_eq!(Failure::Unprocessable { attempt: 2 }.to_string(), "Cannot process, attempt 2");
}

fn with_outputs(message: &str, profile: Option<&str>) -> Result<Value, Failure> {
    let data = json!({"message": encoded(message), "profile": encoded(profile)});
    call(queue_trigger_with_outputs, data, json!({"DequeueCount": "1"}))
}

#[test]
fn queue_trigger_with_outputs_writes_to_both_queues() {
    let expected = json!({
        "Outputs": {"output1": ["Order 7: pack", "Order 7: bill"]},
        "Logs": ["Order 7"],
        "ReturnValue": in_base64("Order 7 for Ada"),
    });
    assert_eq!(with_outputs(r#"{"order":7,"customer":"ada.txt"}"#, Some("Ada")), Ok(expected));
}

#[test]
fn queue_trigger_with_outputs_takes_a_missing_blob_for_an_unknown_customer_and_a_blob_with_the_text_null_for_a_name() {
    for (profile, expected) in [(None, "Order 8 for an unknown customer"), (Some("null"), "Order 8 for null")] {
        let answer = with_outputs(r#"{"order":8,"customer":"nobody.txt"}"#, profile).expect("an answer");
        assert_eq!(answer["ReturnValue"], json!(in_base64(expected)));
    }
}

#[test]
fn queue_trigger_with_outputs_gives_up_on_a_message_without_an_integer_order() {
    for message in [r#"{"order":"x","customer":"ada.txt"}"#, r#"{"order":7.5}"#, "{}", "not json", "", "null"] {
        assert_eq!(with_outputs(message, Some("Ada")), Err(Failure::Unprocessable { attempt: 1 }), "{message}");
    }
}

#[test]
fn blob_trigger_copies_bytes_also_those_whose_base64_is_a_json_text() {
    let large: Vec<u8> = (0..8_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for blob in [&b"hi"[..], b"", &[0x9e, 0xe9, 0x65], &large] {
        let data = json!({"blob": in_base64(blob)});
        let answer = call(blob_trigger, data, json!({"name": encoded("a b é.bin")})).expect("an answer");
        assert_eq!(answer["Logs"], json!([format!("Copied a b é.bin, {} bytes", blob.len())]));
        assert!(answer["ReturnValue"] == json!(in_base64(blob)), "{} bytes changed", blob.len());
    }
}

#[test]
fn event_hub_trigger_counts_events_and_the_orders_among_them() {
    let batch = vec![r#"{"order":1}"#, "", "grüß", r#"{"order":"x"}"#, r#"{"order":2}"#, "null", r#"{"order":1.5}"#];
    for (events, summary) in [
        (vec![r#"{"order":7}"#], r#"{"events":1,"orders":1}"#),
        (vec!["not json"], r#"{"events":1,"orders":0}"#),
        (batch, r#"{"events":7,"orders":2}"#),
        (vec![], r#"{"events":0,"orders":0}"#),
    ] {
        let log = format!("Batch of {} events", events.len());
        let expected = json!({"Outputs": {"summary": in_base64(summary)}, "Logs": [log], "ReturnValue": null});
        assert_eq!(call(event_hub_trigger, json!({"messages": encoded(events)}), json!({})), Ok(expected));
    }
}

#[test]
fn timer_trigger_says_whether_it_comes_late_whatever_the_schedules_status() {
    let never = "0001-01-01T00:00:00";
    for status in [Value::Null, json!({"Last": never, "Next": "2026-11-24T03:00:00+00:00", "LastUpdated": never})] {
        for past_due in [false, true] {
            let timer = json!({"Schedule": {"AdjustForDST": true}, "ScheduleStatus": status, "IsPastDue": past_due});
            let expected = json!({
                "Outputs": {"tick": in_base64(format!(r#"{{"pastDue":{past_due}}}"#))},
                "Logs": [format!("Timer ran, past due: {past_due}")],
                "ReturnValue": null,
            });
            assert_eq!(call(timer_trigger, json!({ "timer": timer }), json!({})), Ok(expected));
        }
    }
}

#[test]
fn a_member_that_is_missing_or_not_as_the_host_sends_it_is_named() {
    let message = encoded("hello");
    let order = encoded(r#"{"order":7}"#);
    let cases: Vec<(Function, Value, Value, &str)> = vec![
        (http_trigger_with_outputs, json!({}), json!({}), "`req`"),
        (http_trigger_with_outputs, json!({"req": []}), json!({}), "`req`"),
        (http_trigger_with_outputs, json!({"req": null}), json!({}), "`req`"),
        (queue_trigger, json!({}), json!({}), "`message`"),
        (queue_trigger, json!({"message": "hello"}), json!({}), "`message`"),
        (queue_trigger, json!({"message": 7}), json!({}), "`message`"),
        (queue_trigger, json!({"message": "7"}), json!({}), "`message`"),
        (queue_trigger, json!({"message": "null"}), json!({}), "`message`"),
        (queue_trigger, json!({"message": message}), json!({"DequeueCount": 1}), "`DequeueCount`"),
        (queue_trigger, json!({"message": message}), json!({"DequeueCount": "one"}), "`DequeueCount`"),
        (queue_trigger_with_outputs, json!({"message": order}), json!({}), "`profile`"),
        (queue_trigger_with_outputs, json!({"message": order, "profile": "7"}), json!({}), "`profile`"),
        (blob_trigger, json!({}), json!({"name": encoded("a")}), "`blob`"),
        (blob_trigger, json!({"blob": "a*"}), json!({"name": encoded("a")}), "`blob`"),
        (blob_trigger, json!({"blob": "aGk="}), json!({}), "`name`"),
        (event_hub_trigger, json!({}), json!({}), "`messages`"),
        (event_hub_trigger, json!({"messages": "[1]"}), json!({}), "`messages`"),
        (event_hub_trigger, json!({"messages": "[null]"}), json!({}), "`messages`"),
        (event_hub_trigger, json!({"messages": "null"}), json!({}), "`messages`"),
        (timer_trigger, json!({}), json!({}), "`timer`"),
        (timer_trigger, json!({"timer": {"IsPastDue": "no"}}), json!({}), "`timer`"),
        (timer_trigger, json!({"timer": {"IsPastDue": null}}), json!({}), "`timer`"),
    ];
    for (function, data, metadata, named) in cases {
        match call(function, data.clone(), metadata.clone()) {
            Err(Failure::BadEnvelope(expected)) => assert!(expected.contains(named), "{expected}"),
            other => panic!("{data} {metadata}: expected a bad envelope that names {named}, received {other:?}"),
        }
    }
}
