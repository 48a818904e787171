//! What .NET does with text, as far as the callers, the handlers and the storage of a Functions host can see it. Pure: no files, no
//! network; of the machine only the time zone is asked.
//!
//! - Bytes become text in [`encoding`], and text bytes in [`base64`].
//! - [`json`] reads and writes JSON as Newtonsoft.Json does: leniently, with .NET's numbers and dates. [`document`] is a JSON file of
//!   an app with the place of everything in it.
//! - [`number`], [`date`] and [`time_span`] are .NET's spelling of such values, [`xml`] its spelling of any value as XML.
//! - [`query`], [`percent`] and [`media_type`] take apart what HTTP carries in text.
//! - [`letter_case`] compares names ignoring case, which is how .NET compares nearly all of them.
//!
//! ```
//! use dotnet_text::document::Document;
//! use dotnet_text::json::{parse, text, to_compact};
//!
//! let value = parse("{ 'a': 1.0, b: [1,, 0x10,] /* why */ }")?;
//! assert_eq!(to_compact(&value), r#"{"a":1.0,"b":[1,undefined,16]}"#);
//! assert_eq!(text(&parse("1.0")?), "1");
//!
//! let error = Document::parse_object("{\n  \"version\": \"2.0\"\n  \"a\": 1\n}").unwrap_err();
//! assert_eq!(error.position.to_string(), "2:19");
//! assert!(error.to_string().ends_with("Path 'version', line 3, position 2."));
//! # Ok::<(), dotnet_text::json::Error>(())
//! ```
//!
//! The rules are from recordings of a real host, and the comments name them; what no recording shows is from the sources of .NET and
//! Newtonsoft.Json.

pub mod base64;
pub mod date;
pub mod document;
pub mod encoding;
pub mod json;
pub mod letter_case;
pub mod media_type;
pub mod number;
pub mod percent;
pub mod query;
pub mod time_span;
pub mod xml;
