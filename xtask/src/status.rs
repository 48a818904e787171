//! How the driver exits, as `cargo xtask --help` lists it.

/// All that ran passed.
pub const PASSED: u8 = 0;
/// Something failed, or nothing could be run at all.
pub const FAILED: u8 = 1;
/// What a person asked for cannot be understood: an unknown verb, flag or sample.
pub const USAGE: u8 = 2;
/// After Ctrl-C, as shells have it: 128 and the signal's number.
pub const STOPPED: u8 = 130;
