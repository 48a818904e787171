//! One test a function, through the router and without a server.

mod common;

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::log_of;
use futures_util::stream;
use handler::routes::router;
use serde_json::{Value, json};
use tower::ServiceExt;

const WAIT_LIMIT: Duration = Duration::from_secs(20);

async fn ask(method: &str, path: &str, body: impl AsRef<[u8]>) -> (u16, HeaderMap, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-azure-functions-invocationid", "some-id")
        // As the host sends it: without a Content-Length.
        .body(Body::from_stream(stream::iter([Ok::<_, Infallible>(body.as_ref().to_owned())])))
        .expect("a valid request");
    let (parts, body) = router().oneshot(request).await.expect("a reply").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

/// What a function in default mode answers to this envelope.
async fn invoke(function: &str, data: Value, metadata: Value) -> Result<Value, (u16, String)> {
    let envelope = json!({ "Data": data, "Metadata": metadata }).to_string();
    let (status, headers, body) = ask("POST", &format!("/{function}"), &envelope).await;
    if status != 200 {
        return Err((status, body));
    }
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    Ok(serde_json::from_str(&body).expect("JSON"))
}

/// A value as the host sends it: JSON inside a JSON string.
fn quoted(value: impl Into<Value>) -> String {
    value.into().to_string()
}

fn in_base64(text: &str) -> String {
    STANDARD.encode(text)
}

#[tokio::test]
async fn hello_answers_get_and_head_alone() {
    for (method, status, body) in [("GET", 200, "Hello world"), ("HEAD", 200, ""), ("POST", 405, "")] {
        let (received, headers, text) = ask(method, "/api/hello", "").await;
        assert_eq!((received, text.as_str()), (status, body), "{method}");
        match status {
            200 => assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8"),
            _ => assert!(headers[header::ALLOW].to_str().is_ok_and(|allow| allow.contains("GET"))),
        }
    }
}

#[tokio::test]
async fn simple_http_trigger_greets_the_name_in_query_or_body() {
    let greetings = [("?name=Zo%C3%AB+B", "Hello, Zoë B!"), ("?name=", "Hello, world!"), ("", "Hello, world!")];
    for (query, greeting) in greetings {
        let (status, _, body) = ask("GET", &format!("/api/SimpleHttpTrigger{query}"), "").await;
        assert_eq!((status, body.as_str()), (200, greeting));
    }
    let (status, _, body) = ask("POST", "/api/SimpleHttpTrigger", r#"{"name":"Ada"}"#).await;
    assert_eq!((status, body.as_str()), (200, "Hello, Ada!"));
    for wrong in ["", "name=Ada", "null", r#"{"name":""}"#, r#"{"name":7}"#] {
        let (status, _, body) = ask("POST", "/api/SimpleHttpTrigger", wrong).await;
        assert_eq!((status, body.as_str()), (400, r#"Expected a JSON body such as {"name":"Ada"}"#), "{wrong}");
    }
}

#[tokio::test]
async fn simple_http_trigger_with_return_tells_what_arrived_but_no_key() {
    let (_, _, body) = ask("POST", "/api/SimpleHttpTriggerWithReturn?a=1&flag=&Code=secret", [0x00, 0xff, 0xfe]).await;
    let expected = json!({
        "method": "POST",
        "path": "/api/SimpleHttpTriggerWithReturn",
        "query": { "a": "1", "flag": "" },
        "bytes": 3,
        "invocationId": "some-id",
    });
    assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON"), expected);
}

#[tokio::test]
async fn http_trigger_string_return_value_answers_and_queues() {
    let expected = json!({
        "Outputs": { "res": { "statusCode": 201, "headers": { "header1": "header1Val" }, "body": "my world" } },
        "Logs": [],
        "ReturnValue": in_base64("Hello,World"),
    });
    assert_eq!(invoke("HttpTriggerStringReturnValue", json!({ "req": {} }), json!({})).await, Ok(expected));
}

#[tokio::test]
async fn http_trigger_with_outputs_queues_an_order_or_says_what_is_wrong() {
    let order = r#" { "order" : 7, "item":"grüner Tee" } "#;
    let data = json!({ "req": { "Body": order, "Params": { "customer": "ada" } } });
    let res = json!({
        "statusCode": 201,
        "headers": { "content-type": "application/json" },
        "body": r#"{"accepted":7,"customer":"ada"}"#,
    });
    let expected = json!({
        "Outputs": { "order": in_base64(order), "res": res },
        "Logs": ["Accepted order 7"],
        "ReturnValue": null,
    });
    assert_eq!(invoke("HttpTriggerWithOutputs", data, json!({})).await, Ok(expected));
    for body in ["", "not json", "[7]", "{}", r#"{"order":"7"}"#, r#"{"order":7.5}"#] {
        let answer = invoke("HttpTriggerWithOutputs", json!({ "req": { "Body": body } }), json!({})).await;
        let res = json!({
            "statusCode": 400,
            "headers": { "content-type": "application/json" },
            "body": r#"{"error":"expected a JSON body with an integer order"}"#,
        });
        assert_eq!(answer.expect("a result")["Outputs"], json!({ "res": res }), "{body}");
    }
    let unreadable = invoke("HttpTriggerWithOutputs", json!({ "req": "an order" }), json!({})).await;
    assert_eq!(unreadable, Err((400, "Expected `req` to be an object".to_owned())));
}

#[tokio::test]
async fn queue_trigger_passes_on_any_text_and_gives_up_on_one() {
    for text in ["hello", "test", "\"quoted\"", "null", "grüß"] {
        let answer = invoke("QueueTrigger", json!({ "message": quoted(text) }), json!({ "DequeueCount": "2" })).await;
        let log = format!("Passed on {} bytes, attempt 2", text.len());
        assert_eq!(answer, Ok(json!({ "Logs": [log], "ReturnValue": in_base64(text) })));
    }
    let by_admin = invoke("QueueTrigger", json!({ "message": quoted("by admin") }), json!({})).await.expect("a result");
    assert_eq!(by_admin["Logs"], json!(["Passed on 8 bytes, attempt 0"]));
    // A message with such a property has overwritten the count.
    for count in [json!(quoted("9")), json!({}), json!("null")] {
        let data = json!({ "message": quoted("any") });
        let answer = invoke("QueueTrigger", data, json!({ "DequeueCount": count })).await.expect("a result");
        assert_eq!(answer["Logs"], json!(["Passed on 3 bytes, attempt 0"]));
    }
    let data = json!({ "message": quoted("unprocessable") });
    let refusal = invoke("QueueTrigger", data, json!({ "DequeueCount": "5" })).await;
    assert_eq!(refusal, Err((500, "Internal Server Error".to_owned())));
    let log = log_of("queue_trigger_passes_on_any_text_and_gives_up_on_one");
    assert!(log.is_none_or(|log| log == "Cannot process, attempt 5\n"));
}

#[tokio::test]
async fn queue_trigger_with_outputs_looks_the_customer_up() {
    let metadata = json!({ "DequeueCount": "5" });
    let profiles = [(quoted("Ada"), "Ada"), (quoted("null"), "null"), (quoted(Value::Null), "an unknown customer")];
    for (profile, customer) in profiles {
        let data = json!({ "message": quoted(r#"{"order":7}"#), "profile": profile });
        let expected = json!({
            "Outputs": { "output1": ["Order 7: pack", "Order 7: bill"] },
            "Logs": ["Order 7"],
            "ReturnValue": in_base64(&format!("Order 7 for {customer}")),
        });
        assert_eq!(invoke("QueueTriggerWithOutputs", data, metadata.clone()).await, Ok(expected));
    }
    let data = json!({ "message": quoted(r#"{"order":"x"}"#), "profile": quoted("Ada") });
    let refusal = invoke("QueueTriggerWithOutputs", data, metadata).await;
    assert_eq!(refusal, Err((500, "Internal Server Error".to_owned())));
    let log = log_of("queue_trigger_with_outputs_looks_the_customer_up");
    assert!(log.is_none_or(|log| log == "Cannot process, attempt 5\n"));
}

#[tokio::test]
async fn blob_trigger_copies_bytes() {
    // "null" is the base64 of three bytes.
    for (blob, length) in [("", 0), ("aGk=", 2), ("null", 3)] {
        let answer = invoke("BlobTrigger", json!({ "blob": blob }), json!({ "name": quoted("a b é.bin") })).await;
        let log = format!("Copied a b é.bin, {length} bytes");
        assert_eq!(answer, Ok(json!({ "Logs": [log], "ReturnValue": blob })));
    }
    let unreadable = invoke("BlobTrigger", json!({ "blob": "a blob" }), json!({ "name": quoted("a") })).await;
    assert_eq!(unreadable, Err((400, "Expected `blob` to be base64".to_owned())));
    // Longer than axum takes if it is not told.
    let large = STANDARD.encode(vec![0; 24 << 20]);
    let answer = invoke("BlobTrigger", json!({ "blob": large }), json!({ "name": quoted("a") })).await;
    assert!(answer.expect("a result")["ReturnValue"] == large, "another blob");
}

#[tokio::test]
async fn event_hub_trigger_counts_events_and_orders() {
    let events = json!([r#"{"order":1}"#, "", "grüß", r#"{"order":"x"}"#, r#"{"order":2}"#]);
    let answer = invoke("EventHubTrigger", json!({ "messages": quoted(events) }), json!({})).await.expect("a result");
    assert_eq!(answer["Outputs"], json!({ "summary": in_base64(r#"{"events":5,"orders":2}"#) }));
    assert_eq!(answer["Logs"], json!(["Batch of 5 events"]));
    let unreadable = invoke("EventHubTrigger", json!({ "messages": quoted(json!(["", null])) }), json!({})).await;
    assert_eq!(unreadable.map_err(|(status, _)| status), Err(400));
}

#[tokio::test]
async fn timer_trigger_says_whether_it_comes_late() {
    let never = "0001-01-01T00:00:00";
    for status in [Value::Null, json!({ "Last": never }), json!({ "Last": format!("{never}+00:00") })] {
        for late in [true, false] {
            let timer = json!({ "IsPastDue": late, "ScheduleStatus": status });
            let answer = invoke("TimerTrigger", json!({ "timer": timer }), json!({})).await.expect("a result");
            let tick = in_base64(&json!({ "pastDue": late }).to_string());
            assert_eq!(answer["Outputs"], json!({ "tick": tick }));
            assert_eq!(answer["Logs"], json!([format!("Timer ran, past due: {late}")]));
        }
    }
    let unreadable = invoke("TimerTrigger", json!({ "timer": "late" }), json!({})).await;
    assert_eq!(unreadable, Err((400, "Expected `timer` to be an object".to_owned())));
}

#[tokio::test]
async fn http_trigger_with_streaming_sends_events_until_the_caller_goes_away() {
    let (status, headers, body) = ask("GET", "/api/HttpTriggerWithStreaming?count=2&pauseMs=0", "").await;
    assert_eq!((status, body.as_str()), (200, "data: {\"piece\":1}\n\ndata: {\"piece\":2}\n\n"));
    assert_eq!(headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    for query in ["count=0", "count=21", "count=x", "count=", "pauseMs=-1", "pauseMs=2001"] {
        let (status, _, body) = ask("GET", &format!("/api/HttpTriggerWithStreaming?{query}"), "").await;
        let error = r#"{"error":"expected count from 1 to 20 and pauseMs from 0 to 2000"}"#;
        assert_eq!((status, body.as_str()), (400, error), "{query}");
    }

    let mut program = Command::new(env!("CARGO_BIN_EXE_handler"))
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", "0")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let stdout = BufReader::new(program.stdout.take().expect("a pipe"));
    let (sender, said) = mpsc::channel();
    thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));

    let listening = said.recv_timeout(WAIT_LIMIT).expect("its address");
    let connection = TcpStream::connect(listening.trim_start_matches("Listening on http://")).expect("a connection");
    connection.set_read_timeout(Some(WAIT_LIMIT)).expect("a limit");
    let request = "GET /api/HttpTriggerWithStreaming?count=20&pauseMs=2000 HTTP/1.1\r\nHost: x\r\n\r\n";
    (&connection).write_all(request.as_bytes()).expect("a request sent");
    let first = BufReader::new(&connection).lines().map_while(Result::ok).find(|line| line.starts_with("data: "));
    drop(connection);
    // The last piece is 38 s away: the first one has come alone.
    let stopped = said.recv_timeout(WAIT_LIMIT);
    program.kill().and_then(|()| program.wait()).expect("the program ended");
    assert_eq!(first.as_deref(), Some(r#"data: {"piece":1}"#));
    assert_eq!(stopped.as_deref(), Ok("Stopped after 1 pieces"));
}
