//! What the real host ignores and a person wants to know: mistakes in host.json ([`host_json`]) and in
//! function.json ([`function_json`]), a handler that cannot be started ([`executable`], [`program`]), an answer of which a part
//! does not count ([`answer`]).

pub mod answer;
pub mod elf;
mod executable;
mod function_json;
mod host_json;
mod newer;
pub mod program;
mod settings;

use crate::app::{App, Settings};

/// What is to be said about an app: file, line and column, and the likely fix. One entry may have several lines.
pub fn advice(app: &App, settings: &Settings) -> Vec<String> {
    let mut found = host_json::advice(app);
    found.extend(executable::faults(&app.options, settings).iter().map(|fault| app.advice_on_host_file(fault)));
    found.extend(function_json::advice(app));
    found.extend(settings::advice(app, settings));
    found
}

#[cfg(test)]
mod tests;
