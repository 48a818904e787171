//! What an operator posts to the admin route in place of a trigger (protocol.md#event-hub-trigger, #other-triggers and #admin-endpoints).

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, Utc};

use storage::QueueMessage;

use super::{blob, queue, timer};
use crate::app::{Binding, BindingKind, DataType, Diagnostic, LoadedFunction};
use crate::bindings::Bindings;
use crate::envelope::data::{BindingData, Value};
use crate::host::Host;
use crate::host::execution::{CALLED_BY_HOST_API, Execution};
use crate::host::running::Running;
use crate::invoke::{self, Trigger};
use dotnet_text::base64;
use dotnet_text::date::{DateTime, Zone};
use dotnet_text::json::{self, Json, Object};

/// One invocation of a function by the admin route (protocol.md#admin-endpoints).
pub async fn invoke(host: Arc<Host>, running: Arc<Running>, function: Arc<LoadedFunction>, input: Option<String>) {
    match trigger(&running.bindings, &function, input).await {
        // The log has the reasons of a failure; the outcome is not waited for.
        Ok(trigger) => _ = invoke::invoke(&host, &running, &function, trigger).await,
        Err(failure) => Execution::begin(&host, &running, &function, CALLED_BY_HOST_API).failed(failure),
    }
}

/// What the handler gets when a function is invoked with this input.
pub async fn trigger(
    bindings: &Bindings,
    function: &LoadedFunction,
    input: Option<String>,
) -> Result<Trigger, Diagnostic> {
    let binding = &function.trigger;
    let reason = CALLED_BY_HOST_API.to_owned();
    let text = input.clone().unwrap_or_default();
    let mut trigger = match binding.kind {
        BindingKind::HttpTrigger => return Err(Diagnostic::of_whole("An HttpRequest is required")),
        BindingKind::QueueTrigger => queue::trigger(binding, reason, posted_message(), text.as_bytes())?,
        BindingKind::BlobTrigger => blob::posted(bindings, binding, reason, &text).await?,
        BindingKind::TimerTrigger => {
            let info = timer::timer_info(&timer::schedule(binding, &bindings.settings)?, None, false);
            timer::trigger(binding, reason, info)
        }
        BindingKind::EventHubTrigger => event(binding, reason, &text)?,
        BindingKind::ServiceBusTrigger => of_text(binding, reason, &text, service_bus_message()),
        BindingKind::EventGridTrigger => grid_event(binding, reason, &text)?,
        BindingKind::CosmosDbTrigger => Trigger::new(binding, reason, Value::Text(text), BindingData::default()),
        _ if input.is_none() => Trigger::new(binding, reason, Value::Null, BindingData::default()),
        _ => of_text(binding, reason, &text, BindingData::default()),
    };
    // The posted text is also under the trigger's own name (recordings K10, K10q, K13), unless it has a property of that name.
    if let Some(text) = input {
        trigger.binding_data.set(&binding.name, text.as_str());
        if matches!(trigger.data.first(), Some((_, Value::Text(_)))) {
            trigger.binding_data.add_properties_over_system(&text);
        }
    }
    Ok(trigger)
}

/// What the handler gets of a trigger that nothing listens for: this text, and beside it the metadata of its batch and its own. With
/// `cardinality` many it is a batch of one (protocol.md#other-triggers).
pub fn canned(binding: &Binding, text: &str, batch: &Metadata, own: &Metadata) -> Result<Trigger, Diagnostic> {
    let is_many = binding.takes_many;
    let mut data = BindingData::default();
    let parsed = |value: &serde_json::Value| json::parse(&value.to_string()).unwrap_or(Json::Null);
    for (name, value) in batch {
        data.set(name, Value::Json(parsed(value)));
    }
    for (name, value) in own {
        set_own(&mut data, is_many, name, parsed(value));
    }
    let reason = CALLED_BY_HOST_API.to_owned();
    if is_many {
        let value = Value::Json(Json::Array(vec![element(binding, text)?]));
        return Ok(Trigger::new(binding, reason, value, data));
    }
    match binding.kind {
        BindingKind::EventGridTrigger => grid_event(binding, reason, text),
        _ => Ok(of_text(binding, reason, text, data)),
    }
}

type Metadata = serde_json::Map<String, serde_json::Value>;

/// A message that never was in a queue (recording K10q).
fn posted_message() -> QueueMessage {
    QueueMessage {
        id: String::new(),
        text: String::new(),
        pop_receipt: String::new(),
        dequeue_count: 0,
        insertion_time: Utc::now().naive_utc(),
        expiration_time: last_date(),
        next_visible_time: last_date(),
    }
}

/// .NET's last date, to the second.
fn last_date() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(9999, 12, 31).and_then(|day| day.and_hms_opt(23, 59, 59)).unwrap_or(NaiveDateTime::MAX)
}

/// A trigger whose value is a text, or its bytes.
fn of_text(binding: &Binding, reason: String, text: &str, mut data: BindingData) -> Trigger {
    let value = match binding.data_type {
        Some(DataType::Binary | DataType::Stream) => Value::Bytes(text.as_bytes().to_vec().into()),
        _ => {
            data.add_properties_over_system(text);
            Value::Text(text.to_owned())
        }
    };
    Trigger::new(binding, reason, value, data)
}

/// One event, alone or as a batch of one.
fn event(binding: &Binding, reason: String, text: &str) -> Result<Trigger, Diagnostic> {
    if !binding.takes_many {
        return Ok(of_text(binding, reason, text, event_data(false)));
    }
    let batch = Value::Json(Json::Array(vec![element(binding, text)?]));
    Ok(Trigger::new(binding, reason, batch, event_data(true)))
}

fn element(binding: &Binding, text: &str) -> Result<Json, Diagnostic> {
    match binding.data_type {
        Some(DataType::String) => Ok(Json::Text(text.to_owned())),
        Some(DataType::Binary | DataType::Stream) => Ok(Json::Text(base64::encode(text.as_bytes()))),
        None => json::parse(text).map_err(|error| {
            Diagnostic::of_whole(format!("binding `{}`: an event that is not JSON: {error}", binding.name))
                .hint("`dataType: string` takes events of any text")
        }),
    }
}

/// An event of Event Grid is an object, and so is what becomes of it in `Data` (protocol.md#other-triggers).
fn grid_event(binding: &Binding, reason: String, text: &str) -> Result<Trigger, Diagnostic> {
    let event = match json::parse(text) {
        Ok(Json::Object(event)) => event,
        Ok(_) | Err(_) => {
            let failure = Diagnostic::of_whole(format!("Unable to parse {text} to Newtonsoft.Json.Linq.JObject"));
            return Err(failure.hint("an event of Event Grid is a JSON object: mini-host send --list shows one"));
        }
    };
    let mut data = BindingData::default();
    data.set("data", Value::Json(event.get("data").cloned().unwrap_or(Json::Null)));
    Ok(Trigger::new(binding, reason, Value::Json(Json::Object(event)), data))
}

/// Metadata of an event. Members of the contexts depend on the version of the extension: none is safe to show.
fn event_data(is_many: bool) -> BindingData {
    let mut data = BindingData::default();
    data.set("PartitionContext", Value::Json(Json::Object(Object::new())));
    if is_many {
        set_own(&mut data, is_many, "PartitionKey", Json::Null);
    }
    for (name, value) in [
        ("Offset", Json::from("0")),
        ("SequenceNumber", Json::Integer(0)),
        ("EnqueuedTimeUtc", Json::Date(now())),
        ("Properties", Json::Object(Object::new())),
        ("SystemProperties", Json::Object(Object::new())),
    ] {
        set_own(&mut data, is_many, name, value);
    }
    data
}

/// Sets what one event of a batch, or the only one, has of its own.
fn set_own(data: &mut BindingData, is_many: bool, name: &str, value: Json) {
    match value {
        value if is_many => data.set(&format!("{name}Array"), Value::Json(Json::Array(vec![value]))),
        Json::Date(date) => data.set(name, Value::Date(date)),
        value => data.set(name, Value::Json(value)),
    }
}

fn service_bus_message() -> BindingData {
    let mut data = BindingData::default();
    data.set("DeliveryCount", 0_i64);
    data.set("EnqueuedTimeUtc", Value::Date(now()));
    data.set("SequenceNumber", 0_i64);
    data.set("ApplicationProperties", Value::Json(Json::Object(Object::new())));
    data
}

/// With the offset of UTC, as dates of storage have it.
fn now() -> DateTime {
    DateTime { zone: Zone::Offset(0), ..DateTime::now() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Function, MessageEncoding, Settings};
    use crate::envelope::request::envelope;

    fn function(kind: &str, more: serde_json::Value) -> LoadedFunction {
        let mut binding = serde_json::json!({"type": kind, "direction": "in", "name": "t"});
        binding.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        Function::with_trigger(&binding)
    }

    async fn posted(function: &LoadedFunction, input: Option<&str>) -> Result<serde_json::Value, String> {
        let bindings = Bindings::new(&Settings::default(), MessageEncoding::Base64);
        let trigger =
            trigger(&bindings, function, input.map(str::to_owned)).await.map_err(|failure| failure.message)?;
        Ok(serde_json::from_str(&envelope(&trigger.data, &trigger.binding_data)).unwrap())
    }

    #[tokio::test]
    async fn a_manual_trigger_gets_the_text_as_it_is() {
        let function = function("manualTrigger", serde_json::json!({}));
        let envelope = posted(&function, Some(r#"{"a":1}"#)).await.unwrap();
        assert_eq!(envelope["Data"]["t"], r#""{\"a\":1}""#);
        assert_eq!(envelope["Metadata"]["a"], r#""1""#);
        assert_eq!(envelope["Metadata"]["t"], r#""{\"a\":1}""#);
        let envelope = posted(&function, Some(r#"{"t":1,"sys":2}"#)).await.unwrap();
        assert_eq!(envelope["Metadata"], serde_json::json!({"t": "\"1\"", "sys": "\"2\""}));
        assert_eq!(posted(&function, None).await.unwrap(), serde_json::json!({"Data": {"t": "null"}, "Metadata": {}}));
    }

    #[test]
    fn a_message_s_text_is_of_utf_8_alone() {
        let data = |data_type: serde_json::Value, bytes: &[u8]| {
            let function = function("queueTrigger", serde_json::json!({"dataType": data_type}));
            let trigger = queue::trigger(&function.trigger, String::new(), posted_message(), bytes);
            trigger.map(|trigger| trigger.data[0].1.clone()).map_err(|failure| failure.message)
        };
        let bytes = b"\xef\xbb\xbf\xc3\xa9";
        assert_eq!(data(serde_json::Value::Null, bytes), Ok(Value::from("\u{feff}é")));
        assert!(data("string".into(), b"a\xff").is_err_and(|message| message.contains("is not text")));
        assert_eq!(data("binary".into(), b"a\xff"), Ok(Value::Bytes(b"a\xff"[..].into())));
    }

    #[tokio::test]
    async fn a_posted_message_was_never_taken() {
        let function = function("queueTrigger", serde_json::json!({}));
        let envelope = posted(&function, Some("hello")).await.unwrap();
        assert_eq!(envelope["Data"]["t"], r#""hello""#);
        let metadata = envelope["Metadata"].as_object().unwrap();
        assert_eq!(metadata["DequeueCount"], "0");
        assert_eq!(metadata["ExpirationTime"], "9999-12-31T23:59:59+00:00");
        assert_eq!(metadata["t"], r#""hello""#);
        assert!(
            !metadata.contains_key("Id")
                && !metadata.contains_key("PopReceipt")
                && !metadata.contains_key("QueueTrigger")
        );
    }

    #[tokio::test]
    async fn a_timer_gets_a_fresh_timer_object() {
        let function = function("timerTrigger", serde_json::json!({"schedule": "0 0 3 * * *"}));
        let envelope = posted(&function, Some("")).await.unwrap();
        let info = serde_json::json!({"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": false});
        assert_eq!(envelope, serde_json::json!({"Data": {"t": info}, "Metadata": {"t": "\"\""}}));
    }

    #[tokio::test]
    async fn events_come_alone_or_as_a_batch_of_one() {
        let of = |cardinality, data_type| {
            function("eventHubTrigger", serde_json::json!({"cardinality": cardinality, "dataType": data_type}))
        };
        let text = r#"{"order":7}"#;
        for (function, expected) in [
            (of("one", None), r#""{\"order\":7}""#),
            (of("one", Some("binary")), "eyJvcmRlciI6N30="),
            (of("many", None), r#"[{"order":7}]"#),
            (of("many", Some("string")), r#"["{\"order\":7}"]"#),
            (of("many", Some("binary")), r#"["eyJvcmRlciI6N30="]"#),
        ] {
            let envelope = posted(&function, Some(text)).await.unwrap();
            assert_eq!(envelope["Data"]["t"], expected);
        }
        assert!(posted(&of("many", None), Some("not json")).await.is_err());
        assert_eq!(
            posted(&of("many", Some("string")), Some("not json")).await.unwrap()["Data"]["t"],
            r#"["not json"]"#
        );
    }

    #[tokio::test]
    async fn an_event_of_event_grid_is_an_object_or_nothing() {
        let function = function("eventGridTrigger", serde_json::json!({}));
        let envelope = posted(&function, Some(r#"{"id":"1","data":{"a":1}}"#)).await.unwrap();
        assert_eq!(envelope["Data"]["t"], serde_json::json!({"id": "1", "data": {"a": 1}}));
        assert_eq!(envelope["Metadata"]["data"], serde_json::json!({"a": 1}));
        for text in ["no json", "[]"] {
            let expected = format!("Unable to parse {text} to Newtonsoft.Json.Linq.JObject");
            assert_eq!(posted(&function, Some(text)).await, Err(expected));
        }
    }

    #[tokio::test]
    async fn an_http_function_wants_a_request() {
        let function = function("httpTrigger", serde_json::json!({}));
        assert_eq!(posted(&function, Some("x")).await, Err("An HttpRequest is required".to_owned()));
    }
}
