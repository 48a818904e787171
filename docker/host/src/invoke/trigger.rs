//! What starts an invocation.

use crate::envelope::data::{BindingData, Value};

#[derive(Clone, Debug)]
pub struct Trigger {
    /// Why, in the words of the log.
    pub reason: String,
    /// The id of the message, or the path of the blob, if there is one.
    pub source: Option<String>,
    /// The trigger's own entries in `Data`.
    pub data: Vec<(String, Value)>,
    /// What feeds `Metadata` and the expressions of function.json.
    pub binding_data: BindingData,
}
