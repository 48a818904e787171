//! The ten functions. Each is pure: a request or an envelope in, a reply or an answer out, no server needed.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde::Serialize;

use crate::envelope::{Answer, Envelope, Failure, HttpOutput, Members, Output, OutputBytes, bad};
use crate::http::{Query, Reply, Request, json_text};

/// The largest integer that every JSON reader has exactly: 53 bits.
const MAX_ORDER: f64 = ((1_u64 << 53) - 1) as f64;

// Forwarded functions: a plain request with its body read, and the reply to it.

pub fn hello(_: &Request) -> Reply {
    Reply::text(StatusCode::OK, "Hello world")
}

/// Greets the name in the query of a GET or in the JSON body of a POST.
pub fn simple_http_trigger(request: &Request) -> Reply {
    let name = if request.method() == Method::GET {
        let query = Query::of(request);
        query.get("name").filter(|name| !name.is_empty()).unwrap_or("world").to_owned()
    } else {
        let name = name_in(request.body()).filter(|name| !name.is_empty());
        let Some(name) = name else {
            return Reply::text(StatusCode::BAD_REQUEST, r#"Expected a JSON body such as {"name":"Ada"}"#);
        };
        name
    };
    Reply::text(StatusCode::OK, format!("Hello, {name}!"))
}

/// Tells the caller what arrived.
pub fn simple_http_trigger_with_return(request: &Request) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Arrival<'a> {
        method: &'a str,
        path: &'a str,
        query: Query,
        bytes: usize,
        invocation_id: Option<&'a str>,
    }
    Reply::json(&Arrival {
        method: request.method().as_str(),
        path: request.uri().path(),
        // code carries the function key: never echo a key.
        query: Query::of(request).without("code"),
        bytes: request.body().len(),
        invocation_id: request.headers().get("x-azure-functions-invocationid").and_then(|id| id.to_str().ok()),
    })
}

// Functions in default mode: an envelope, and the answer to it.

/// Answers over HTTP and queues what it returns.
pub fn http_trigger_string_return_value(_: &Envelope) -> Result<Answer, Failure> {
    let res = HttpOutput {
        status_code: 201,
        headers: BTreeMap::from([("header1", "header1Val")]),
        body: "my world".to_owned(),
    };
    Ok(Answer {
        outputs: BTreeMap::from([("res", Output::Http(res))]),
        return_value: Some(OutputBytes::of("Hello,World")),
        ..Answer::default()
    })
}

/// Queues an order as it came and tells the caller that it did.
pub fn http_trigger_with_outputs(envelope: &Envelope) -> Result<Answer, Failure> {
    // Inside Data.req strings are plain: Body is the request's text as it came.
    let body: String = envelope.data.object("req")?.plain("Body").unwrap_or_default();
    // The http output is always set: without it the client would get 200 and {}.
    let Some(order) = order_in(&body) else {
        // A caller's mistake is a successful invocation whose http output says 400.
        let mistake = BTreeMap::from([("error", "expected a JSON body with an integer order")]);
        let res = Output::Http(HttpOutput::json(400, &mistake));
        return Ok(Answer { outputs: BTreeMap::from([("res", res)]), ..Answer::default() });
    };
    let res = HttpOutput::json(201, &BTreeMap::from([("accepted", order)]));
    Ok(Answer {
        outputs: BTreeMap::from([("order", Output::Bytes(OutputBytes::of(body))), ("res", Output::Http(res))]),
        logs: vec![format!("Accepted order {order}")],
        ..Answer::default()
    })
}

/// Passes a message on from one queue to another.
pub fn queue_trigger(envelope: &Envelope) -> Result<Answer, Failure> {
    let message: String = envelope.data.decode("message", "a text")?;
    let attempt = envelope.attempt()?;
    if message == "unprocessable" {
        return Err(Failure::Unprocessable { attempt });
    }
    Ok(Answer {
        logs: vec![format!("Passed on {} bytes, attempt {attempt}", message.len())],
        return_value: Some(OutputBytes::of(message)),
        ..Answer::default()
    })
}

/// Turns one order into messages on two queues; the customer's name comes from a blob.
pub fn queue_trigger_with_outputs(envelope: &Envelope) -> Result<Answer, Failure> {
    let message: String = envelope.data.decode("message", "a text")?;
    let attempt = envelope.attempt()?;
    // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id.
    let order = order_in(&message).ok_or(Failure::Unprocessable { attempt })?;
    // A blob that does not exist arrives as null.
    let profile: Option<String> = envelope.data.decode("profile", "a text or null")?;
    let customer = profile.unwrap_or_else(|| "an unknown customer".to_owned());
    let messages = vec![format!("Order {order}: pack"), format!("Order {order}: bill")];
    Ok(Answer {
        outputs: BTreeMap::from([("output1", Output::Messages(messages))]),
        logs: vec![format!("Order {order}")],
        return_value: Some(OutputBytes::of(format!("Order {order} for {customer}"))),
    })
}

/// Copies a blob, byte for byte and under its own name.
pub fn blob_trigger(envelope: &Envelope) -> Result<Answer, Failure> {
    let bytes = envelope.data.blob_bytes("blob")?;
    let name: String = envelope.metadata.decode("name", "a text")?;
    Ok(Answer {
        logs: vec![format!("Copied {name}, {} bytes", bytes.len())],
        return_value: Some(OutputBytes::of(bytes)),
        ..Answer::default()
    })
}

/// Counts the events of a batch, and the orders among them.
pub fn event_hub_trigger(envelope: &Envelope) -> Result<Answer, Failure> {
    #[derive(Serialize)]
    struct Summary {
        events: usize,
        orders: usize,
    }
    // Data.messages is one string that holds a JSON array of strings, one for each event.
    let events: Vec<String> = envelope.data.decode("messages", "an array of strings")?;
    let orders = events.iter().filter(|event| order_in(event).is_some()).count();
    let summary = Summary { events: events.len(), orders };
    Ok(Answer {
        outputs: BTreeMap::from([("summary", Output::Bytes(OutputBytes::of(json_text(&summary))))]),
        logs: vec![format!("Batch of {} events", events.len())],
        ..Answer::default()
    })
}

/// Queues a tick that says whether it comes late.
///
/// Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00 without an offset.
pub fn timer_trigger(envelope: &Envelope) -> Result<Answer, Failure> {
    let past_due: bool = envelope
        .data
        .object("timer")?
        .plain("IsPastDue")
        .ok_or_else(|| bad("Expected `timer` to have a boolean IsPastDue"))?;
    let tick = json_text(&BTreeMap::from([("pastDue", past_due)]));
    Ok(Answer {
        outputs: BTreeMap::from([("tick", Output::Bytes(OutputBytes::of(tick)))]),
        logs: vec![format!("Timer ran, past due: {past_due}")],
        ..Answer::default()
    })
}

fn name_in(body: &[u8]) -> Option<String> {
    Members::parse(&String::from_utf8_lossy(body))?.plain("name")
}

/// The order of a JSON text {"order": 7}; nothing where there is none, or no integer, or one past 53 bits.
fn order_in(json: &str) -> Option<i64> {
    let order: f64 = Members::parse(json)?.written("order")?.parse().ok()?;
    (order.fract() == 0.0 && order.abs() <= MAX_ORDER).then_some(order as i64)
}
