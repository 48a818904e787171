//! The driver's program; the driver is `lib.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
