//! Programs that are run, and how they are made to end.

pub mod command;
pub mod group;
pub mod interrupt;
pub mod lock;
pub mod log;
pub mod run;
pub mod server;
pub mod side_by_side;

use anyhow::{Context, Result};

/// The one runtime there is: for what really waits.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")
}
