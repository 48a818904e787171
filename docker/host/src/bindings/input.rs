//! Blobs that a function reads beside its trigger (protocol.md#blob-trigger).

use chrono::Utc;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{Bindings, MOST_AT_ONCE, location};
use crate::app::{Binding, BindingKind, DataType, Diagnostic, Function, is_by_hand};
use crate::envelope::data::{BindingData, Value};
use dotnet_text::encoding::decode;

/// The values of a function's inputs beside its trigger, in the order of function.json, for [`crate::envelope::request`].
///
/// # Errors
/// When an expression has no value, a connection is missing, or storage is out of reach. A missing blob is not an error but null.
pub async fn read(
    bindings: &Bindings,
    function: &Function,
    data: &BindingData,
) -> Result<Vec<(String, Value)>, Diagnostic> {
    let inputs = function.inputs().filter(|binding| !binding.is_trigger());
    let reading: Vec<_> = inputs
        .map(|binding| async move { Ok((binding.name.clone(), read_one(bindings, binding, data).await?)) })
        .collect();
    stream::iter(reading).buffered(MOST_AT_ONCE).try_collect().await
}

async fn read_one(bindings: &Bindings, binding: &Binding, data: &BindingData) -> Result<Value, Diagnostic> {
    if is_by_hand(&binding.type_name) {
        return Ok(Value::Null);
    }
    if binding.kind != BindingKind::Blob {
        return Err(Diagnostic::of_whole(format!(
            "input binding `{}`: type `{}` is not known here",
            binding.name, binding.type_name
        )));
    }
    let (container, name) = location::blob(binding, &bindings.settings, data, &Utc::now().naive_utc())?;
    let storage = bindings.connections.storage(binding.connection.as_deref())?;
    let download = storage.container(container).blob(name).get().await;
    let failed = |error| Diagnostic::from(error).within(format_args!("input binding `{}`", binding.name));
    let download = download.map_err(failed)?;
    Ok(match (download, binding.data_type) {
        (None, _) => Value::Null,
        (Some(blob), Some(DataType::Binary | DataType::Stream)) => Value::Bytes(blob.bytes),
        (Some(blob), _) => Value::Text(decode(&blob.bytes).into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Barrier;

    use super::*;
    use crate::app::{MessageEncoding, Settings};

    const INPUTS: usize = 3 * MOST_AT_ONCE;
    const HEAD_BYTES: usize = 16 * 1024;

    /// A storage without blobs, which answers when as many have asked as may at once.
    async fn respond(
        mut caller: TcpStream,
        all_are_here: Arc<Barrier>,
        open: Arc<AtomicUsize>,
        most: Arc<AtomicUsize>,
    ) {
        let mut head = vec![0; HEAD_BYTES];
        while caller.read(&mut head).await.is_ok_and(|bytes| bytes > 0) {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            all_are_here.wait().await;
            open.fetch_sub(1, Ordering::SeqCst);
            caller.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_hundred_inputs_are_read_at_once() {
        let storage = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = storage.local_addr().unwrap();
        let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (all_are_here, opened, counted) =
            (Arc::new(Barrier::new(MOST_AT_ONCE)), Arc::clone(&open), Arc::clone(&most));
        tokio::spawn(async move {
            while let Ok((caller, _)) = storage.accept().await {
                tokio::spawn(respond(caller, Arc::clone(&all_are_here), Arc::clone(&opened), Arc::clone(&counted)));
            }
        });
        let connection = format!("AccountName=a;AccountKey=a2V5;BlobEndpoint=http://{address}/a");
        let settings: Settings = [("AzureWebJobsStorage", connection.as_str())].into_iter().collect();
        let mut function = Function::clone(&Function::with_trigger(&json!({"type": "httpTrigger", "name": "req"})));
        let input = Function::with_trigger(&json!({"type": "blobTrigger", "name": "b", "path": "c/n"})).trigger.clone();
        let input = Binding { kind: BindingKind::Blob, type_name: "blob".to_owned(), ..input };
        function.bindings = vec![input; INPUTS];
        let bindings = Bindings::new(&settings, MessageEncoding::None);
        let values = read(&bindings, &function, &BindingData::default()).await.unwrap();
        assert_eq!((values.len(), most.load(Ordering::SeqCst)), (INPUTS, MOST_AT_ONCE));
    }
}
