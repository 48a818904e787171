//! What passed between host and handler, for people: kept for a page, written into files. Nothing is kept unless `--record` or
//! `--inspect` asks for it.

mod folder;
mod kept;
mod open;
mod recorder;
mod shown;

pub use kept::{Exchanges, Wanted};
pub use recorder::Recorder;
pub use shown::Exchange;

#[cfg(test)]
mod tests;
