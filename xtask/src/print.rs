//! What a person reads: the one file that prints, but for the spinners.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// When there are colours.
pub use anstream::ColorChoice;

/// Data, or what a run came to, on stdout.
///
/// # Errors
/// It cannot be written. That somebody has read enough, as `head` has, is no error.
pub fn out(text: impl Display) -> Result<()> {
    match writeln!(anstream::stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}

/// All else, on stderr. Where that cannot be written nobody is left to tell, and the work goes on.
pub fn err(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
