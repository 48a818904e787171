//! What .NET does with text, as far as a Functions host shows it to anybody.

pub mod date;
pub mod document;
pub mod dotnet;
pub mod encoding;
pub mod json;
pub mod media_type;
pub mod query;
pub mod time_span;
pub mod xml;
