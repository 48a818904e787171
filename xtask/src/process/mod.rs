//! Programs that are run, and how they are made to end.

pub mod command;
pub mod interrupt;
