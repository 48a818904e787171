//! Where a staged app runs: under mini-host on this machine, or in a container.

pub mod app;
pub mod azurite;
pub mod docker;
pub mod environment;
mod keys;
pub mod mini_host;
pub mod native;
