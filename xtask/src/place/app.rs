//! A running app, wherever it runs: what `smoke` needs to know of it, and no more.

use anyhow::{Error, anyhow};

use super::keys::Keys;
use crate::process::log::Log;
use crate::report::Place;
use crate::text;

/// A staged app that runs and can be called. Only `native::with_app` and `docker::with_app` make one; it ends with them.
#[derive(Clone, Debug)]
pub struct App {
    pub place: Place,
    /// `http://127.0.0.1:41235`, without a slash at the end.
    pub url: String,
    pub keys: Keys,
    /// The storage account the app uses, as this machine reaches it.
    pub storage: String,
    pub log: Log,
    /// Whether the host under the app is ours; the official one cannot show everything.
    pub stand_in: bool,
}

/// How many lines of the host a failure shows.
const LAST_LINES: usize = 30;

/// Why an app did not live to the end of the work, with what its host printed last.
pub fn with_last_lines(error: Error, log: &Log) -> Error {
    let lines = log.since(0);
    if lines.is_empty() {
        return error;
    }
    anyhow!("{error:#}\nlast lines of the host:\n  {}", text::last(&lines, LAST_LINES).join("\n  "))
}
