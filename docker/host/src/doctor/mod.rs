//! What the real host ignores and a person wants to know: mistakes in host.json ([`host_json`]) and in
//! function.json ([`function_json`]), a handler that cannot be started ([`executable`], [`program`]), a result of which a part
//! does not count ([`invocation_result`]).

pub mod elf;
mod executable;
mod function_json;
mod host_json;
pub mod invocation_result;
mod newer;
pub mod program;
mod sections;
mod settings;

use crate::app::{App, Diagnostic, Settings};

pub fn diagnostics(app: &App, settings: &Settings) -> Vec<Diagnostic> {
    let mut found = host_json::diagnostics(app);
    let mistakes = executable::mistakes(&app.options, settings);
    found.extend(mistakes.iter().take(Diagnostic::MOST_OF_A_FILE).map(|diagnostic| app.in_host_file(diagnostic)));
    found.extend(function_json::diagnostics(app));
    found.extend(settings::diagnostics(app, settings));
    found
}

#[cfg(test)]
mod tests;
