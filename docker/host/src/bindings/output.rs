//! Queue messages and blobs that an invocation's result asks for (protocol.md#queue-output to #order-of-outputs).

use bytes::Bytes;
use chrono::Utc;
use dotnet_text::base64;
use futures_util::stream::{self, StreamExt};
use storage::{Blob, PutBlob, Queue};
use uuid::Uuid;

use super::{Bindings, MOST_AT_ONCE, location};
use crate::app::{Binding, BindingKind, Diagnostic, MessageEncoding, is_by_hand};
use crate::envelope::data::BindingData;
use crate::envelope::output_value::OutputValue;
use crate::envelope::{blob, queue};
use crate::log::Output;

/// The user metadata that names the invocation that wrote a blob.
const PARENT_ID: &str = "AzureWebJobsParentId";

/// Writes every value to its binding, many at once. There is no transaction: what one writes stays, whatever becomes of the
/// others. Only those behind a value that cannot be converted are not begun; blobs among them are left behind empty, since the
/// extension has opened them by then (recordings R19-date, R19-bad-object-text).
pub async fn write(
    bindings: &Bindings,
    values: Vec<(&Binding, OutputValue)>,
    data: &BindingData,
    invocation: Uuid,
) -> Result<Vec<Written>, Diagnostic> {
    let mut writes = Vec::new();
    let mut unconverted = Ok(());
    for (binding, value) in values {
        if unconverted.is_err() {
            writes.extend(Write::empty(bindings, binding, data).map(|write| (binding, write)));
            continue;
        }
        match Write::prepare(bindings, binding, value, data) {
            Ok(write) => writes.push((binding, write)),
            Err(failure) => {
                unconverted = Err(named(binding, failure));
                writes.extend(Write::empty(bindings, binding, data).map(|write| (binding, write)));
            }
        }
    }
    let writing: Vec<_> = writes
        .into_iter()
        .map(|(binding, write)| async move {
            let done = write.carry_out(bindings, invocation).await;
            done.map_err(|error| named(binding, Diagnostic::from(error)))?;
            Ok(Written { binding: binding.name.clone(), write })
        })
        .collect();
    let written: Vec<Result<Written, Diagnostic>> = stream::iter(writing).buffered(MOST_AT_ONCE).collect().await;
    let written = written.into_iter().collect::<Result<_, Diagnostic>>()?;
    unconverted.map(|()| written)
}

pub struct Written {
    binding: String,
    write: Write,
}

impl Written {
    /// What was written, for people and programs to read.
    pub fn outputs(&self, encoding: MessageEncoding) -> Vec<Output> {
        let output = |target: String, bytes: &[u8]| Output {
            binding: self.binding.clone(),
            target,
            text: std::str::from_utf8(bytes).ok().map(str::to_owned),
            bytes: bytes.len() as u64,
        };
        match &self.write {
            Write::Messages(queue, texts) => {
                let bytes = texts.iter().filter_map(|text| decode(text, encoding));
                bytes.map(|bytes| output(queue.name().to_owned(), &bytes)).collect()
            }
            Write::Shown(target, content) => vec![output(target.clone(), content)],
            Write::Blob(blob, content) => vec![output(format!("{}/{}", blob.container(), blob.name()), content)],
        }
    }
}

/// The text of a message with these bytes, as it stands in storage.
pub fn encode(bytes: &[u8], encoding: MessageEncoding) -> String {
    match encoding {
        MessageEncoding::Base64 => base64::encode(bytes),
        MessageEncoding::None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The bytes of a message with this text; `None` if it is not in the encoding that was agreed on.
pub fn decode(text: &str, encoding: MessageEncoding) -> Option<Vec<u8>> {
    match encoding {
        MessageEncoding::Base64 => base64::decode(text),
        MessageEncoding::None => Some(text.as_bytes().to_vec()),
    }
}

enum Write {
    /// Messages, as they will stand in the queue.
    Messages(Queue, Vec<String>),
    Blob(Blob, Bytes),
    /// What is only shown: where it would be written, and what.
    Shown(String, Bytes),
}

impl Write {
    fn prepare(
        bindings: &Bindings,
        binding: &Binding,
        value: OutputValue,
        data: &BindingData,
    ) -> Result<Self, Diagnostic> {
        let now = Utc::now().naive_utc();
        let storage = || bindings.connections.storage(binding.connection.as_deref());
        if binding.kind == BindingKind::Queue {
            let name = location::queue(binding, &bindings.settings, data, &now)?;
            let texts = queue::messages(value)?.iter().map(|bytes| encode(bytes, bindings.encoding)).collect();
            Ok(Self::Messages(storage()?.queue(name), texts))
        } else if binding.kind == BindingKind::Blob {
            let (container, name) = location::blob(binding, &bindings.settings, data, &now)?;
            let content = blob::content(value)?.into();
            let container = storage()?.container(container);
            Ok(Self::Blob(container.blob(name), content))
        } else if is_by_hand(&binding.type_name) {
            let target = format!("{}, which mini-host does not write", binding.type_name);
            Ok(Self::Shown(target, blob::content(value)?.into()))
        } else {
            Err(Diagnostic::of_whole(format!("type `{}` is not known here", binding.type_name)))
        }
    }

    fn empty(bindings: &Bindings, binding: &Binding, data: &BindingData) -> Option<Self> {
        if binding.kind != BindingKind::Blob {
            return None;
        }
        let (container, name) = location::blob(binding, &bindings.settings, data, &Utc::now().naive_utc()).ok()?;
        let container = bindings.connections.storage(binding.connection.as_deref()).ok()?.container(container);
        Some(Self::Blob(container.blob(name), Bytes::new()))
    }

    async fn carry_out(&self, bindings: &Bindings, invocation: Uuid) -> Result<(), storage::Error> {
        match self {
            Self::Messages(queue, texts) => {
                for text in texts {
                    queue.put(text).await?;
                    bindings.changes.announce_message(queue);
                }
            }
            Self::Shown(..) => {}
            Self::Blob(blob, content) => {
                let metadata = vec![(PARENT_ID.to_owned(), invocation.to_string())];
                blob.put(content.clone(), &PutBlob { metadata, ..PutBlob::default() }).await?;
                bindings.changes.announce_blob(blob);
            }
        }
        Ok(())
    }
}

fn named(binding: &Binding, failure: Diagnostic) -> Diagnostic {
    failure.within(format_args!("output binding `{}`", binding.name))
}
