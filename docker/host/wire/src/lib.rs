//! HTTP/1.1 in the two dialects of the real host: Kestrel's towards callers, that of .NET's `HttpClient` towards the handler.
//!
//! Heads are read by `httparse`. What is built around it here is what a library for general use keeps to itself or refuses, and
//! the real host does: header lines stay in the order and the spelling in which they came, a status may be any number, a
//! connection is driven by the task that uses it. [`head`] and [`framing`] are pure.

pub mod framing;
pub mod head;
pub mod headers;
pub mod name;
pub mod reader;

pub use headers::Headers;
pub use name::Name;
