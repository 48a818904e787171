//! `Metadata.Properties` of a blob trigger: the `BlobProperties` object of Azure's client library (protocol.md#blob-trigger). Pure.

use storage::BlobProperties;

use dotnet_text::json::{self, Json, Object};

/// How the library writes a date that storage did not give.
const NEVER: &str = "0001-01-01T00:00:00+00:00";

#[derive(Debug, Clone, Copy)]
enum Form {
    Text(&'static str),
    Flag(&'static str),
    Number(&'static str),
    Date(&'static str),
    /// A header whose value is one of these words: its number.
    OneOf(&'static str, &'static [&'static str]),
    Null,
    Empty,
    Bytes,
    Metadata,
    ImmutabilityPolicy,
}

use Form::{Bytes, Date, Empty, Flag, ImmutabilityPolicy, Metadata, Null, Number, OneOf, Text};

const MEMBERS: [(&str, Form); 45] = [
    ("LastModified", Date("last-modified")),
    ("CreatedOn", Date("x-ms-creation-time")),
    ("Metadata", Metadata),
    ("ObjectReplicationDestinationPolicyId", Null),
    ("ObjectReplicationSourceProperties", Null),
    ("BlobType", OneOf("x-ms-blob-type", &["BlockBlob", "PageBlob", "AppendBlob"])),
    ("CopyCompletedOn", Date("x-ms-copy-completion-time")),
    ("CopyStatusDescription", Text("x-ms-copy-status-description")),
    ("CopyId", Text("x-ms-copy-id")),
    ("CopyProgress", Text("x-ms-copy-progress")),
    ("CopySource", Text("x-ms-copy-source")),
    ("CopyStatus", OneOf("x-ms-copy-status", &["pending", "success", "aborted", "failed"])),
    ("BlobCopyStatus", Null),
    ("IsIncrementalCopy", Flag("x-ms-incremental-copy")),
    ("DestinationSnapshot", Null),
    ("LeaseDuration", OneOf("x-ms-lease-duration", &["infinite", "fixed"])),
    ("LeaseState", OneOf("x-ms-lease-state", &["available", "leased", "expired", "breaking", "broken"])),
    ("LeaseStatus", OneOf("x-ms-lease-status", &["locked", "unlocked"])),
    ("ContentLength", Number("content-length")),
    ("ContentType", Text("content-type")),
    ("ETag", Empty),
    ("ContentHash", Text("content-md5")),
    ("ContentEncoding", Text("content-encoding")),
    ("ContentDisposition", Text("content-disposition")),
    ("ContentLanguage", Text("content-language")),
    ("CacheControl", Text("cache-control")),
    ("BlobSequenceNumber", Number("x-ms-blob-sequence-number")),
    ("AcceptRanges", Bytes),
    ("BlobCommittedBlockCount", Number("x-ms-blob-committed-block-count")),
    ("IsServerEncrypted", Flag("x-ms-server-encrypted")),
    ("EncryptionKeySha256", Text("x-ms-encryption-key-sha256")),
    ("EncryptionScope", Text("x-ms-encryption-scope")),
    ("AccessTier", Text("x-ms-access-tier")),
    ("AccessTierInferred", Flag("x-ms-access-tier-inferred")),
    ("ArchiveStatus", Text("x-ms-archive-status")),
    ("AccessTierChangedOn", Date("x-ms-access-tier-change-time")),
    ("VersionId", Text("x-ms-version-id")),
    ("IsLatestVersion", Flag("x-ms-is-current-version")),
    ("TagCount", Number("x-ms-tag-count")),
    ("ExpiresOn", Date("x-ms-expiry-time")),
    ("IsSealed", Flag("x-ms-blob-sealed")),
    ("RehydratePriority", Text("x-ms-rehydrate-priority")),
    ("LastAccessed", Date("x-ms-last-access-time")),
    ("ImmutabilityPolicy", ImmutabilityPolicy),
    ("HasLegalHold", Flag("x-ms-legal-hold")),
];

/// The properties as Azure.Storage.Blobs 12.17 has them (recording D16). Enumerations are numbers.
pub(super) fn to_json(properties: &BlobProperties, metadata: &Json) -> Json {
    let members = MEMBERS.iter().map(|(name, form)| {
        let value = if matches!(form, Metadata) { metadata.clone() } else { value(*form, properties) };
        ((*name).to_owned(), value)
    });
    Json::Object(members.collect())
}

fn value(form: Form, properties: &BlobProperties) -> Json {
    let header = |name: &str| properties.header(name).filter(|text| !text.is_empty());
    match form {
        Text(name) => header(name).map_or(Json::Null, Json::from),
        Flag(name) => Json::Bool(header(name) == Some("true")),
        Number(name) => Json::Integer(header(name).and_then(|text| text.parse().ok()).unwrap_or(0)),
        Date(name) => Json::from(header(name).and_then(http_date).as_deref().unwrap_or(NEVER)),
        OneOf(name, words) => {
            let position = header(name).and_then(|text| words.iter().position(|word| *word == text));
            Json::Integer(position.and_then(|index| i64::try_from(index).ok()).unwrap_or(0))
        }
        Null | Metadata => Json::Null,
        Empty => Json::Object(Object::new()),
        Bytes => Json::from("bytes"),
        ImmutabilityPolicy => json::object([("ExpiresOn", Json::Null), ("PolicyMode", Json::Null)]),
    }
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
