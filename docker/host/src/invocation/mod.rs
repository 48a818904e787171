//! Reason phrases.

pub mod reason;
