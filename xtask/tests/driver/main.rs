//! The driver as a person meets it: small samples made of shell scripts, the real program, its output and exit status.

#![expect(clippy::unwrap_used, reason = "clippy takes only the tests themselves for tests, not what they share")]

mod build;
mod checkout;
mod report;
mod selection;
mod setup;
mod stopped;
mod together;
mod watch;
