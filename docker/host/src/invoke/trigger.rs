//! What starts an invocation.

use std::sync::Arc;

use crate::app::Binding;
use crate::envelope::data::{BindingData, Value};
use crate::envelope::http_request::HttpRequest;

#[derive(Clone, Debug)]
pub struct Trigger {
    pub reason: String,
    /// The id of the message, or the path of the blob, if there is one.
    pub source: Option<String>,
    pub data: Vec<(String, Value)>,
    /// What feeds `Metadata` and the expressions of function.json.
    pub binding_data: BindingData,
}

impl Trigger {
    /// One whose binding has this value, and that is not about anything in storage.
    pub fn new(binding: &Binding, reason: impl Into<String>, value: Value, binding_data: BindingData) -> Self {
        Self { reason: reason.into(), source: None, data: vec![(binding.name.clone(), value)], binding_data }
    }

    /// The request that it is, if it is one.
    pub fn request(&self) -> Option<&Arc<HttpRequest>> {
        self.data.iter().find_map(|(_, value)| match value {
            Value::Http(request) => Some(request),
            _ => None,
        })
    }
}
