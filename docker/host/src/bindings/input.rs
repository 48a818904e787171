//! Blobs that a function reads beside its trigger (protocol.md#blob-trigger).

use chrono::Utc;
use futures_util::future::try_join_all;

use super::{Bindings, location};
use crate::app::{Binding, BindingKind, DataType, Function, is_by_hand};
use crate::envelope::data::{BindingData, Value};
use crate::envelope::failure::Failure;
use dotnet_text::encoding::decode;

/// The values of a function's inputs beside its trigger, in the order of function.json, for [`crate::envelope::request`].
///
/// # Errors
/// When an expression has no value, a connection is missing, or storage is out of reach. A missing blob is not an error but null.
pub async fn read(
    bindings: &Bindings,
    function: &Function,
    data: &BindingData,
) -> Result<Vec<(String, Value)>, Failure> {
    let inputs = function.inputs().filter(|binding| !binding.is_trigger());
    try_join_all(
        inputs.map(|binding| async move { Ok((binding.name.clone(), read_one(bindings, binding, data).await?)) }),
    )
    .await
}

async fn read_one(bindings: &Bindings, binding: &Binding, data: &BindingData) -> Result<Value, Failure> {
    if is_by_hand(&binding.type_name) {
        return Ok(Value::Null);
    }
    if binding.kind != BindingKind::Blob {
        return Err(Failure::new(format!(
            "input binding `{}`: type `{}` is not known here",
            binding.name, binding.type_name
        )));
    }
    let (container, name) = location::blob(binding, &bindings.settings, data, &Utc::now().naive_utc())?;
    let storage = bindings.connections.storage(binding.connection.as_deref())?;
    let download = storage.container(container).blob(name).get().await;
    let download = download.map_err(|error| Failure::new(format!("input binding `{}`: {error}", binding.name)))?;
    Ok(match (download, binding.data_type) {
        (None, _) => Value::Null,
        (Some(blob), Some(DataType::Binary | DataType::Stream)) => Value::Bytes(blob.bytes),
        (Some(blob), _) => Value::Text(decode(&blob.bytes).into_owned()),
    })
}
