//! How to find a toolchain on this machine, and how to get it.

mod apt;
mod archive;
mod install;
pub mod npm;
mod path;
mod probe;

pub use apt::Apt;
pub use install::{DOCKER, PARTS, driver_tools, examine, install_all, needs};
pub use path::{path, shell};
pub use probe::{missing, missing_in, probe};
