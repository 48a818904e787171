//! JSON as Newtonsoft.Json has it: lenient to read, with its own spelling of numbers and dates (protocol.md#metadata-filter,
//! #gatekeeping, #the-result-object).
//!
//! [`parse`] reads a whole text into a [`Json`] value; a [`Reader`] takes apart a text of which only parts are wanted. An [`Error`]
//! says what Newtonsoft.Json says, and has the [`Position`] at which a person should look. [`to_compact`] and [`to_indented`] write
//! a value as JSON, [`text`] as .NET's `ToString` does.

mod cursor;
mod error;
mod metadata;
mod number;
mod position;
mod read;
mod text;
mod value;
mod write;

pub use error::{Error, ErrorKind};
pub use metadata::{MetadataError, without_metadata};
pub use position::Position;
pub(crate) use position::newtonsoft_place;
pub use read::{DEFAULT_MAX_DEPTH, RESULT_MAX_DEPTH, Reader, parse, parse_to_depth, parse_untyped};
pub use text::{into_text, text, text_of};
pub use value::{Json, Object, object};
pub use write::{Escaping, to_compact, to_indented, write, write_text};
