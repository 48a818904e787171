//! A response body in the form in which a caller gets it.

use bytes::Bytes;
use dotnet_text::media_type::{is_utf16, with_utf8};
use wire::response::Framing;

pub struct Written {
    pub content_type: Option<String>,
    pub body: Bytes,
    pub framing: Framing,
}

impl Written {
    /// A text of this type: in UTF-16 if the type says so, else in UTF-8, whatever it says (host source, `RawScriptResult`; ASP.NET
    /// Core's formatters of text know no other encodings).
    pub fn text(text: String, content_type: &str, framing: Framing) -> Self {
        if is_utf16(content_type) {
            let body = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            return Self { content_type: Some(content_type.to_owned()), body, framing };
        }
        Self { content_type: Some(with_utf8(content_type)), body: text.into(), framing }
    }
}
