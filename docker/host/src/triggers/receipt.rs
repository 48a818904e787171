//! Receipts: what keeps one version of a blob from being handed to a function twice (protocol.md#blob-polling).

use std::time::Duration;

use storage::{Blob, Container, Error, PutBlob};

/// How long a receipt is ours while the blob is handed over.
const LEASE_SECONDS: u64 = 30;
/// The metadata of a receipt whose blob was handed over.
const COMPLETED: &str = "Completed";

/// The receipt of one version of a blob for one function: `owner` is the id of the host and that of the function in it.
pub(super) fn receipt(hosts: &Container, owner: &str, blob: &Blob, etag: &str) -> Blob {
    let (container, name) = (blob.container(), blob.name());
    hosts.blob(format!("blobreceipts/{owner}/\"{etag}\"/{container}/{name}"))
}

/// Hands a blob over unless that was done before, by whichever host; `false`: another host is about to do it. A blob that cannot be
/// handed over will be found again.
pub(super) async fn once<F>(receipt: &Blob, hand_over: impl FnOnce() -> F) -> Result<bool, Error>
where
    F: Future<Output = Result<(), Error>>,
{
    match receipt.properties().await? {
        Some(properties) if is_completed(&properties.metadata) => return Ok(true),
        Some(_) => {}
        None => create(receipt).await?,
    }
    let Some(lease) = receipt.acquire_lease(Duration::from_secs(LEASE_SECONDS)).await? else { return Ok(false) };
    let is_done = receipt.properties().await?.is_some_and(|properties| is_completed(&properties.metadata));
    if !is_done {
        hand_over().await?;
        receipt.set_metadata(&[(COMPLETED.to_owned(), "true".to_owned())], &lease).await?;
    }
    receipt.release_lease(&lease).await?;
    Ok(true)
}

async fn create(receipt: &Blob) -> Result<(), Error> {
    match receipt.put("", &PutBlob { only_if_absent: true, ..PutBlob::default() }).await {
        // Another host was first; the lease decides.
        Err(error) if error.is_conflict() => Ok(()),
        result => result,
    }
}

fn is_completed(metadata: &[(String, String)]) -> bool {
    metadata.iter().any(|(name, value)| name.eq_ignore_ascii_case(COMPLETED) && value.eq_ignore_ascii_case("true"))
}
