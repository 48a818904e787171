//! An example of what each trigger sends that mini-host does not listen to, with the metadata that the real host adds.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::app::Binding;

/// Each with its source.
const PAYLOADS: &str = include_str!("payloads.json");

#[derive(Clone, Debug, Deserialize)]
pub struct Payload {
    /// The pages and the code that it follows.
    sources: Vec<String>,
    text: Value,
    /// What feeds `Metadata` once for all of a batch.
    #[serde(default)]
    pub batch: Map<String, Value>,
    /// What feeds `Metadata` for each.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

impl Payload {
    pub fn text(&self) -> String {
        self.text.to_string()
    }

    /// For people.
    fn listed(&self, kind: &str) -> String {
        let metadata: Map<_, _> = self.batch.clone().into_iter().chain(self.metadata.clone()).collect();
        let mut lines = vec![kind.to_owned(), format!("  sends   {}", self.text())];
        if !metadata.is_empty() {
            lines.push(format!("  with    {}", Value::Object(metadata)));
        }
        lines.extend(self.sources.iter().map(|source| format!("  source  {source}")));
        lines.join("\n") + "\n"
    }
}

/// The payloads by type of trigger.
fn payloads() -> BTreeMap<String, Payload> {
    // A test reads it, too.
    serde_json::from_str(PAYLOADS).unwrap_or_default()
}

pub fn of(trigger: &Binding) -> Option<Payload> {
    payloads().into_iter().find(|(kind, _)| kind.eq_ignore_ascii_case(&trigger.type_name)).map(|(_, payload)| payload)
}

/// All of them, for people.
pub fn listing() -> String {
    payloads().iter().map(|(kind, payload)| payload.listed(kind)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Function;
    use crate::envelope::request::envelope;
    use crate::triggers::manual;

    #[test]
    fn every_payload_has_its_sources() {
        for (kind, payload) in payloads() {
            let [page, code] = ["https://learn.microsoft.com/", "https://github.com/"];
            assert!([page, code].iter().all(|from| payload.sources.iter().any(|it| it.starts_with(from))), "{kind}");
        }
        let listing = listing();
        for part in ["kafkaTrigger\n  sends   {", "\n  with    {\"Key\":null", "\n  source  https://"] {
            assert!(listing.contains(part), "{listing}");
        }
    }

    fn sent(kind: &str, cardinality: &str) -> Value {
        let binding = serde_json::json!({"type": kind, "direction": "in", "name": "t", "cardinality": cardinality});
        let function = Function::with_trigger(&binding);
        let payload = of(&function.trigger).unwrap();
        let Payload { batch, metadata, .. } = &payload;
        let trigger = manual::canned(&function.trigger, &payload.text(), batch, metadata).unwrap();
        serde_json::from_str(&envelope(&trigger.data, &trigger.binding_data)).unwrap()
    }

    #[test]
    fn a_message_of_service_bus_comes_with_the_dates_and_objects_of_its_extension() {
        let sent_one = sent("serviceBusTrigger", "one");
        assert_eq!(sent_one["Data"]["t"], r#""{\"order\":7,\"item\":\"tea\"}""#);
        for (name, expected) in [
            ("DeliveryCount", "1"),
            ("MessageId", r#""0c9a5bd3e6d44b1f8f6f4b8b3f4f0c55""#),
            ("EnqueuedTimeUtc", "2026-01-01T12:00:00"),
            ("EnqueuedTime", "2026-01-01T12:00:00+00:00"),
        ] {
            assert_eq!(sent_one["Metadata"][name], expected, "{name}");
        }
        assert_eq!(sent_one["Metadata"]["UserProperties"]["source"], "shop");
        let many = sent("serviceBusTrigger", "many");
        assert_eq!(many["Data"]["t"], r#"[{"order":7,"item":"tea"}]"#);
        assert_eq!(many["Metadata"]["DeliveryCountArray"], "[1]");
        assert_eq!(many["Metadata"]["Client"]["IsClosed"], false);
    }

    #[test]
    fn an_event_of_event_grid_is_an_object_and_the_rest_are_texts() {
        let grid = sent("eventGridTrigger", "one");
        assert_eq!(grid["Data"]["t"]["data"], grid["Metadata"]["data"]);
        assert_eq!(grid["Metadata"].as_object().unwrap().len(), 1);
        let kafka = sent("kafkaTrigger", "one");
        // The properties of a text take the place of metadata of their name, as in every trigger (protocol.md#metadata-filter).
        assert_eq!(kafka["Metadata"]["Timestamp"], "\"01/01/2026 12:00:00\"");
        assert_eq!(kafka["Metadata"]["Headers"], "[]");
        assert!(sent("sqlTrigger", "one")["Data"]["t"].as_str().unwrap().starts_with(r#""[{\"Operation\":0"#));
        assert_eq!(sent("cosmosDBTrigger", "one")["Metadata"], serde_json::json!({}));
    }
}
