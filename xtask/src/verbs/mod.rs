//! What a person can ask for: one file a verb.

pub mod clean;
pub mod list;
pub mod new;
pub mod package;
pub mod readme;
pub mod setup;
pub mod test;
pub mod verify;
pub mod watch;
