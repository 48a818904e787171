//! What the triggers send that nothing listens for here: an example of each, with the metadata that the real host adds.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use crate::app::Binding;

/// Each with its source.
const PAYLOADS: &str = include_str!("payloads.json");

/// What a trigger sends.
#[derive(Clone, Debug, Deserialize)]
pub struct Payload {
    /// The page that describes it.
    pub source: String,
    /// The value of the trigger.
    text: Value,
    /// What feeds `Metadata` beside it.
    pub metadata: Map<String, Value>,
}

impl Payload {
    /// The value as the trigger's text.
    pub fn text(&self) -> String {
        self.text.to_string()
    }
}

/// The payloads by type of trigger.
fn payloads() -> BTreeMap<String, Payload> {
    // A test reads it, too.
    serde_json::from_str(PAYLOADS).unwrap_or_default()
}

/// The payload for a trigger, if there is one.
pub fn of(trigger: &Binding) -> Option<Payload> {
    payloads().into_iter().find(|(kind, _)| kind.eq_ignore_ascii_case(&trigger.type_name)).map(|(_, payload)| payload)
}

/// All of them, for people.
pub fn listing() -> String {
    let payloads = payloads();
    let shown = payloads.iter().map(|(kind, payload)| format!("{kind}\n  {}\n  {}\n", payload.text(), payload.source));
    shown.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_has_a_source() {
        assert_eq!(payloads().len(), 6);
        assert!(payloads().values().all(|payload| payload.source.starts_with("https://learn.microsoft.com/")));
        assert!(listing().contains("kafkaTrigger\n  {"));
    }
}
