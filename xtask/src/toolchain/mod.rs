//! How to find a toolchain on this machine, and how to get it.

mod apt;
mod archive;
mod install;
mod missing;
pub mod npm;
mod path;
mod probe;

pub use apt::Apt;
pub use install::{driver_tools, examine, install_all, needs};
pub use missing::{missing, missing_in};
pub use path::{path, shell};
pub use probe::probe;
