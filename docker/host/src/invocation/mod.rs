//! Reason phrases.

#[path = "../../wire/src/reason.rs"]
pub mod reason;
