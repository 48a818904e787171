//! The value of one output of a handler.

use dotnet_text::json::Json;

#[derive(Debug, Clone, PartialEq)]
pub enum OutputValue {
    /// A string that was valid base64, decoded (protocol.md#output-values rule 4).
    Bytes(Vec<u8>),
    /// Any other value; null counts as none.
    Json(Json),
}

impl Default for OutputValue {
    fn default() -> OutputValue {
        OutputValue::Json(Json::Null)
    }
}
