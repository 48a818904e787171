//! What the tests of several crates share.

pub mod floors;
pub mod imports;
