//! What happens in a host, for programs: one JSON object a line.

use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Counts up when a record changes its form; a new kind of record, or a new member, is not one.
const VERSION: u32 = 1;

/// One line of `--output json`.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Line {
    /// The version of this form.
    pub version: u32,
    /// When it was written, in UTC.
    pub time: String,
    #[serde(flatten)]
    pub record: Record,
}

/// Something that happened.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A socket is open: always the first.
    Listening { url: String },
    /// A function that is served.
    FunctionDiscovered {
        function: String,
        /// The type of its trigger.
        trigger: String,
        /// The methods of an HTTP trigger; an empty list means all.
        methods: Vec<String>,
        /// Where an HTTP trigger is called.
        url: Option<String>,
        disabled: bool,
    },
    /// An entry of the log.
    Log {
        /// As the real host shortens it: `trce`, `dbug`, `info`, `warn`, `fail`, `crit`.
        level: String,
        category: String,
        event: u32,
        invocation: Option<Uuid>,
        message: String,
    },
    /// An invocation has ended.
    Invocation(Invocation),
    /// A process of the handler has ended, and another one is started.
    HandlerRestarted { reason: String },
    /// The host ends: always the last.
    Summary { succeeded: u64, failed: u64 },
}

/// An invocation that has ended.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Invocation {
    pub id: Uuid,
    pub function: String,
    /// Why it was begun, in the words of the real host.
    pub reason: String,
    /// The id of the message, the path of the blob, or the address of the caller that it was begun for.
    pub source: Option<String>,
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<String>,
    pub milliseconds: u64,
    /// What it has written.
    pub outputs: Vec<Output>,
}

/// How an invocation has ended.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    Failed,
    /// Its caller has left, or the host has.
    Abandoned,
}

/// A message or a blob that was written.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Output {
    pub binding: String,
    /// The queue, or container and name of the blob.
    pub target: String,
    /// All of it; bytes that are not text are left out.
    pub text: Option<String>,
    pub bytes: u64,
}

impl Record {
    pub fn line(self) -> String {
        let time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let line = serde_json::to_string(&Line { version: VERSION, time, record: self });
        // Names are texts, so it can always be written.
        format!("{}\n", line.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// Change the form with care, and let `BLESS=1 cargo test -p mini-host --lib the_published_schema` write the file anew.
    #[test]
    fn the_published_schema_is_that_of_the_records() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("records.schema.json");
        let schema = format!("{}\n", serde_json::to_string_pretty(&schemars::schema_for!(Line)).unwrap());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), schema);
    }
}
