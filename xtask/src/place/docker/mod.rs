//! Images and containers: staged apps where they are meant to run.

mod address;
pub mod base_image;
mod container;
mod context;
pub mod daemon;
pub mod dockerfile;
mod emulator;
mod engine;
mod image;
mod labels;
mod resource;
mod rootfs;
mod run;
mod sample_image;
mod sweep;

pub use container::with_app;
pub use run::{DockerRun, Settings, clean, prepare};
pub use sample_image::wrap;
pub use sweep::remove_of_this_run;
