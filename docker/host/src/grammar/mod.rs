//! The small languages in values of host.json and function.json. All of it is pure.

pub mod blob_path;
mod error;
pub mod expression;
pub mod queue_name;
pub mod route;
pub mod schedule;
pub mod setting_names;
pub mod spelling;

pub use error::Error;
