//! `Metadata.Properties` of a blob trigger: the `BlobProperties` object of Azure's client library (protocol.md#blob-trigger). Pure.

use storage::BlobProperties;

use dotnet_text::json::{self, Json, Object};

/// How the library writes a date that storage did not give.
const NEVER: &str = "0001-01-01T00:00:00+00:00";

/// The properties as Azure.Storage.Blobs 12.17 has them (recording D16). Enumerations are numbers.
pub(super) fn to_json(properties: &BlobProperties, metadata: &Json) -> Json {
    let text = |header: &str| properties.header(header).filter(|text| !text.is_empty()).map_or(Json::Null, Json::from);
    let flag = |header: &str| Json::Bool(properties.header(header) == Some("true"));
    let number =
        |header: &str| Json::Integer(properties.header(header).and_then(|text| text.parse().ok()).unwrap_or(0));
    let date = |header: &str| Json::from(properties.header(header).and_then(http_date).as_deref().unwrap_or(NEVER));
    let one_of = |header: &str, names: &[&str]| {
        let position = properties.header(header).and_then(|text| names.iter().position(|name| *name == text));
        Json::Integer(position.and_then(|index| i64::try_from(index).ok()).unwrap_or(0))
    };
    let members = [
        ("LastModified", date("last-modified")),
        ("CreatedOn", date("x-ms-creation-time")),
        ("Metadata", metadata.clone()),
        ("ObjectReplicationDestinationPolicyId", Json::Null),
        ("ObjectReplicationSourceProperties", Json::Null),
        ("BlobType", one_of("x-ms-blob-type", &["BlockBlob", "PageBlob", "AppendBlob"])),
        ("CopyCompletedOn", date("x-ms-copy-completion-time")),
        ("CopyStatusDescription", text("x-ms-copy-status-description")),
        ("CopyId", text("x-ms-copy-id")),
        ("CopyProgress", text("x-ms-copy-progress")),
        ("CopySource", text("x-ms-copy-source")),
        ("CopyStatus", one_of("x-ms-copy-status", &["pending", "success", "aborted", "failed"])),
        ("BlobCopyStatus", Json::Null),
        ("IsIncrementalCopy", flag("x-ms-incremental-copy")),
        ("DestinationSnapshot", Json::Null),
        ("LeaseDuration", one_of("x-ms-lease-duration", &["infinite", "fixed"])),
        ("LeaseState", one_of("x-ms-lease-state", &["available", "leased", "expired", "breaking", "broken"])),
        ("LeaseStatus", one_of("x-ms-lease-status", &["locked", "unlocked"])),
        ("ContentLength", number("content-length")),
        ("ContentType", text("content-type")),
        ("ETag", Json::Object(Object::new())),
        ("ContentHash", text("content-md5")),
        ("ContentEncoding", text("content-encoding")),
        ("ContentDisposition", text("content-disposition")),
        ("ContentLanguage", text("content-language")),
        ("CacheControl", text("cache-control")),
        ("BlobSequenceNumber", number("x-ms-blob-sequence-number")),
        ("AcceptRanges", Json::from("bytes")),
        ("BlobCommittedBlockCount", number("x-ms-blob-committed-block-count")),
        ("IsServerEncrypted", flag("x-ms-server-encrypted")),
        ("EncryptionKeySha256", text("x-ms-encryption-key-sha256")),
        ("EncryptionScope", text("x-ms-encryption-scope")),
        ("AccessTier", text("x-ms-access-tier")),
        ("AccessTierInferred", flag("x-ms-access-tier-inferred")),
        ("ArchiveStatus", text("x-ms-archive-status")),
        ("AccessTierChangedOn", date("x-ms-access-tier-change-time")),
        ("VersionId", text("x-ms-version-id")),
        ("IsLatestVersion", flag("x-ms-is-current-version")),
        ("TagCount", number("x-ms-tag-count")),
        ("ExpiresOn", date("x-ms-expiry-time")),
        ("IsSealed", flag("x-ms-blob-sealed")),
        ("RehydratePriority", text("x-ms-rehydrate-priority")),
        ("LastAccessed", date("x-ms-last-access-time")),
        ("ImmutabilityPolicy", json::object([("ExpiresOn", Json::Null), ("PolicyMode", Json::Null)])),
        ("HasLegalHold", flag("x-ms-legal-hold")),
    ];
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// User metadata as the object of texts that the handler sees.
pub(super) fn metadata(metadata: &[(String, String)]) -> Json {
    Json::Object(metadata.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))).collect())
}

fn http_date(text: &str) -> Option<String> {
    let date = storage::http_date(text).ok()?;
    Some(date.format("%Y-%m-%dT%H:%M:%S+00:00").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_that_of_the_client_library() {
        let headers = [
            ("last-modified", "Fri, 01 Nov 2024 10:00:00 GMT"),
            ("content-type", "text/plain"),
            ("content-length", "2"),
            ("x-ms-blob-type", "BlockBlob"),
            ("x-ms-lease-status", "unlocked"),
            ("x-ms-lease-state", "available"),
            ("x-ms-server-encrypted", "true"),
        ];
        let properties = BlobProperties {
            etag: "0x1".to_owned(),
            metadata: Vec::new(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let text = json::to_compact(&to_json(&properties, &metadata(&[("K".to_owned(), "v".to_owned())])));
        let start = r#"{"LastModified":"2024-11-01T10:00:00+00:00","CreatedOn":"0001-01-01T00:00:00+00:00","Metadata":{"K":"v"},"#;
        assert!(text.starts_with(start), "{text}");
        for part in [
            r#""BlobType":0"#,
            r#""LeaseState":0"#,
            r#""LeaseStatus":1"#,
            r#""ContentLength":2"#,
            r#""ETag":{}"#,
            r#""CopyId":null"#,
            r#""IsServerEncrypted":true"#,
            r#""HasLegalHold":false}"#,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
