//! The functions in default mode: an envelope in, a result out.

use serde_json::{Value, json};

use crate::envelope::{Envelope, Failure, InvocationResult, decode, json_output, output_bytes};

/// Answers over HTTP and queues what it returns.
pub async fn http_trigger_string_return_value(_: Envelope) -> InvocationResult {
    let res = json!({ "statusCode": 201, "headers": { "header1": "header1Val" }, "body": "my world" });
    InvocationResult {
        outputs: json!({ "res": res }),
        return_value: Some(output_bytes("Hello,World")),
        ..Default::default()
    }
}

/// Queues an order as it came and tells the caller that it did.
pub async fn http_trigger_with_outputs(envelope: Envelope) -> Result<InvocationResult, Failure> {
    // Inside Data.req strings are plain: Body is the request's text as it came, Params has the parameters of its route.
    let req = envelope.plain("req")?;
    let (body, customer) = (req["Body"].as_str().unwrap_or_default(), &req["Params"]["customer"]);
    // The http output is always set: without it the client would get 200 and {}.
    let Some(order) = order_in(body) else {
        // A caller's mistake is a successful invocation whose http output says 400.
        let res = json_output(400, &json!({ "error": "expected a JSON body with an integer order" }));
        return Ok(InvocationResult { outputs: json!({ "res": res }), ..Default::default() });
    };
    let res = json_output(201, &json!({ "accepted": order, "customer": customer }));
    Ok(InvocationResult {
        outputs: json!({ "order": output_bytes(body), "res": res }),
        logs: vec![format!("Accepted order {order}")],
        ..Default::default()
    })
}

/// Passes a message on from one queue to another.
pub async fn queue_trigger(envelope: Envelope) -> Result<InvocationResult, Failure> {
    let message: String = decode(&envelope.data, "message")?;
    let attempt = envelope.attempt();
    if message == "unprocessable" {
        return Err(Failure::Unprocessable { attempt });
    }
    Ok(InvocationResult {
        logs: vec![format!("Passed on {} bytes, attempt {attempt}", message.len())],
        return_value: Some(output_bytes(message)),
        ..Default::default()
    })
}

/// Turns one order into messages on two queues; the customer's name comes from a blob.
pub async fn queue_trigger_with_outputs(envelope: Envelope) -> Result<InvocationResult, Failure> {
    let message: String = decode(&envelope.data, "message")?;
    // Properties of a JSON message appear in Metadata too and overwrite what is there, so call it order, never id nor DequeueCount.
    let Some(order) = order_in(&message) else {
        return Err(Failure::Unprocessable { attempt: envelope.attempt() });
    };
    // A blob that does not exist arrives as null.
    let profile: Option<String> = decode(&envelope.data, "profile")?;
    let customer = profile.as_deref().unwrap_or("an unknown customer");
    Ok(InvocationResult {
        // The elements of an array output are not decoded: plain text, one message each.
        outputs: json!({ "output1": [format!("Order {order}: pack"), format!("Order {order}: bill")] }),
        logs: vec![format!("Order {order}")],
        return_value: Some(output_bytes(format!("Order {order} for {customer}"))),
    })
}

/// Copies a blob, byte for byte and under its own name.
pub async fn blob_trigger(envelope: Envelope) -> Result<InvocationResult, Failure> {
    let blob = envelope.blob_bytes("blob")?;
    let name: String = decode(&envelope.metadata, "name")?;
    Ok(InvocationResult {
        logs: vec![format!("Copied {name}, {} bytes", blob.len())],
        return_value: Some(output_bytes(blob)),
        ..Default::default()
    })
}

/// Counts the events of a batch, and the orders among them.
pub async fn event_hub_trigger(envelope: Envelope) -> Result<InvocationResult, Failure> {
    // Data.messages is one string that holds a JSON array of strings, one for each event.
    let events: Vec<String> = decode(&envelope.data, "messages")?;
    let orders = events.iter().filter(|event| order_in(event).is_some()).count();
    let summary = json!({ "events": events.len(), "orders": orders });
    Ok(InvocationResult {
        outputs: json!({ "summary": output_bytes(summary.to_string()) }),
        logs: vec![format!("Batch of {} events", events.len())],
        ..Default::default()
    })
}

/// Queues a tick that says whether it comes late.
///
/// Before the first run ScheduleStatus is null, or its Last is 0001-01-01T00:00:00, with or without an offset.
pub async fn timer_trigger(envelope: Envelope) -> Result<InvocationResult, Failure> {
    let past_due = envelope.plain("timer")?["IsPastDue"] == true;
    let tick = json!({ "pastDue": past_due });
    Ok(InvocationResult {
        outputs: json!({ "tick": output_bytes(tick.to_string()) }),
        logs: vec![format!("Timer ran, past due: {past_due}")],
        ..Default::default()
    })
}

/// The order of a JSON text {"order": 7}; `None` if there is none, or it is not an integer.
fn order_in(text: &str) -> Option<i64> {
    let message: Value = serde_json::from_str(text).ok()?;
    message["order"].as_i64()
}
