//! Containers and their block blobs.

use std::time::Duration;

use bytes::Bytes;
use chrono::NaiveDateTime;
use http::Method;

use crate::client::{Answer, Call, Service, Storage};
use crate::error::Error;
use crate::http_date::http_date;
use crate::xml::Element;

/// The duration of a lease that does not end by itself.
pub const LEASE_FOR_EVER: Duration = Duration::MAX;

/// A container, by name. It need not exist.
#[derive(Clone, Debug)]
pub struct Container {
    storage: Storage,
    name: String,
}

/// A blob in a container, by name. It need not exist.
#[derive(Clone, Debug)]
pub struct Blob {
    storage: Storage,
    container: String,
    name: String,
}

/// A blob in the list of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobItem {
    /// Its name within the container.
    pub name: String,
    /// The version of its content; quotes, where storage writes them, are left out.
    pub etag: String,
    /// When its content or metadata last changed.
    pub last_modified: NaiveDateTime,
    /// Its length in bytes.
    pub length: u64,
    /// Its user metadata, names as they were written.
    pub metadata: Vec<(String, String)>,
}

/// What storage says of a blob beside its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobProperties {
    /// The version of its content, without quotes.
    pub etag: String,
    /// When its content or metadata last changed.
    pub last_modified: NaiveDateTime,
    /// Its length in bytes.
    pub length: u64,
    /// Its user metadata. HTTP libraries give names in lower case; [`Container::list`] has them as they were written.
    pub metadata: Vec<(String, String)>,
    /// All headers of the answer, names in lower case, values that are text.
    pub headers: Vec<(String, String)>,
}

impl BlobProperties {
    /// The text of one header of the answer, such as `content-type`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A blob's content with its properties, both of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The whole content.
    pub bytes: Bytes,
    /// What storage says of it.
    pub properties: BlobProperties,
}

/// How a blob is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutBlob {
    /// Its content type; none: storage's default, `application/octet-stream`.
    pub content_type: Option<String>,
    /// Its user metadata.
    pub metadata: Vec<(String, String)>,
    /// When it is written at all.
    pub condition: Condition,
    /// The lease under which it is written.
    pub lease: Option<String>,
}

/// When a blob is written; otherwise the call fails with a conflict ([`Error::is_conflict`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    #[default]
    Always,
    /// Only if there is no such blob yet.
    IfAbsent,
    /// Only if its content has this `ETag`.
    IfMatch(String),
}

impl Storage {
    /// A container by name; it need not exist.
    pub fn container(&self, name: impl Into<String>) -> Container {
        Container::new(self.clone(), name.into())
    }
}

impl Container {
    pub(crate) fn new(storage: Storage, name: String) -> Self {
        Self { storage, name }
    }

    /// The container's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the container; `false`: it was there already.
    ///
    /// # Errors
    /// When storage is out of reach or refuses the name.
    pub async fn create(&self) -> Result<bool, Error> {
        match self.storage.call(self.request(Method::PUT)).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == "ContainerAlreadyExists" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes the container with all its blobs; `false`: there was none.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn delete(&self) -> Result<bool, Error> {
        Ok(present(self.storage.call(self.request(Method::DELETE)).await)?.is_some())
    }

    /// All blobs whose names begin with `prefix`, in storage's order.
    ///
    /// # Errors
    /// When there is no such container ([`Error::is_not_found`]), or storage is out of reach.
    pub async fn list(&self, prefix: &str) -> Result<Vec<BlobItem>, Error> {
        let mut items = Vec::new();
        let mut marker = String::new();
        loop {
            let call = self.request(Method::GET).query("comp", "list").query("include", "metadata");
            let answer = self.storage.call(call.query("prefix", prefix).query("marker", &marker)).await?;
            let list = answer.xml()?;
            for blob in list.descendants("Blob") {
                items.push(item(blob).map_err(|reason| answer.unexpected(reason))?);
            }
            marker = list.text_of("NextMarker").to_owned();
            if marker.is_empty() {
                return Ok(items);
            }
        }
    }

    /// A blob by name; slashes in it are part of the name. It need not exist.
    pub fn blob(&self, name: impl Into<String>) -> Blob {
        Blob { storage: self.storage.clone(), container: self.name.clone(), name: name.into() }
    }

    fn request(&self, method: Method) -> Call {
        Call::new(method, Service::Blob, &self.name).query("restype", "container")
    }
}

impl Blob {
    /// The blob's name within its container.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of its container.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// Its address, without credentials: what `Metadata.Uri` of a blob trigger shows.
    pub fn url(&self) -> String {
        let call = self.request(Method::GET);
        format!("{}/{}", self.storage.account().blob_endpoint, call.path())
    }

    /// Writes the whole blob; its new `ETag`.
    ///
    /// # Errors
    /// When there is no such container, the condition does not hold, or storage is out of reach.
    pub async fn put(&self, content: impl Into<Bytes>, options: PutBlob) -> Result<String, Error> {
        let mut call = self.request(Method::PUT).header("x-ms-blob-type", "BlockBlob").body(content);
        if let Some(content_type) = &options.content_type {
            call = call.header("x-ms-blob-content-type", content_type);
        }
        call = match &options.condition {
            Condition::Always => call,
            Condition::IfAbsent => call.header("if-none-match", "*"),
            Condition::IfMatch(etag) => call.header("if-match", format!("\"{etag}\"")),
        };
        call = with_metadata(with_lease(call, options.lease.as_deref()), &options.metadata);
        let answer = self.storage.call(call).await?;
        Ok(answer.header("etag").trim_matches('"').to_owned())
    }

    /// Its content and properties; none: there is no such blob or container.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn get(&self) -> Result<Option<Download>, Error> {
        let Some(answer) = present(self.storage.call(self.request(Method::GET)).await)? else { return Ok(None) };
        let properties = properties(&answer)?;
        Ok(Some(Download { bytes: answer.body, properties }))
    }

    /// Its properties; none: there is no such blob or container.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn properties(&self) -> Result<Option<BlobProperties>, Error> {
        present(self.storage.call(self.request(Method::HEAD)).await)?.map(|answer| properties(&answer)).transpose()
    }

    /// Deletes it; `false`: there was none.
    ///
    /// # Errors
    /// When it is leased, or storage is out of reach.
    pub async fn delete(&self) -> Result<bool, Error> {
        Ok(present(self.storage.call(self.request(Method::DELETE)).await)?.is_some())
    }

    /// Replaces its user metadata, under the lease if there is one.
    ///
    /// # Errors
    /// When there is no such blob, it is leased otherwise, or storage is out of reach.
    pub async fn set_metadata(&self, metadata: &[(String, String)], lease: Option<&str>) -> Result<(), Error> {
        let call = with_metadata(with_lease(self.request(Method::PUT).query("comp", "metadata"), lease), metadata);
        self.storage.call(call).await.map(drop)
    }

    /// Leases it for 15 to 60 seconds or for ever ([`LEASE_FOR_EVER`]); the lease's id, or none while somebody else has it.
    ///
    /// # Errors
    /// When there is no such blob, or storage is out of reach.
    pub async fn acquire_lease(&self, duration: Duration) -> Result<Option<String>, Error> {
        let seconds = if duration == LEASE_FOR_EVER { "-1".to_owned() } else { duration.as_secs().to_string() };
        match self.storage.call(self.lease("acquire").header("x-ms-lease-duration", seconds)).await {
            Ok(answer) => Ok(Some(answer.header("x-ms-lease-id").to_owned())),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Starts a lease's time anew.
    ///
    /// # Errors
    /// When somebody else has it now, or storage is out of reach.
    pub async fn renew_lease(&self, lease: &str) -> Result<(), Error> {
        self.storage.call(with_lease(self.lease("renew"), Some(lease))).await.map(drop)
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// When somebody else has it now, or storage is out of reach.
    pub async fn release_lease(&self, lease: &str) -> Result<(), Error> {
        self.storage.call(with_lease(self.lease("release"), Some(lease))).await.map(drop)
    }

    /// Ends whoever's lease at once. Without one nothing happens.
    ///
    /// # Errors
    /// When there is no such blob, or storage is out of reach.
    pub async fn break_lease(&self) -> Result<(), Error> {
        match self.storage.call(self.lease("break").header("x-ms-lease-break-period", 0)).await {
            Err(error) if error.code() == "LeaseNotPresentWithLeaseOperation" => Ok(()),
            result => result.map(drop),
        }
    }

    fn lease(&self, action: &str) -> Call {
        self.request(Method::PUT).query("comp", "lease").header("x-ms-lease-action", action)
    }

    fn request(&self, method: Method) -> Call {
        Call::new(method, Service::Blob, &format!("{}/{}", self.container, self.name))
    }
}

/// The answer, or none where what was asked for is not there.
fn present(result: Result<Answer, Error>) -> Result<Option<Answer>, Error> {
    match result {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn with_lease(call: Call, lease: Option<&str>) -> Call {
    match lease {
        Some(lease) => call.header("x-ms-lease-id", lease),
        None => call,
    }
}

fn with_metadata(call: Call, metadata: &[(String, String)]) -> Call {
    metadata.iter().fold(call, |call, (name, value)| call.header(format!("x-ms-meta-{name}"), value))
}

fn properties(answer: &Answer) -> Result<BlobProperties, Error> {
    let headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let metadata = headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-ms-meta-")?.to_owned(), value.clone())))
        .collect();
    let length = answer.header("content-length");
    Ok(BlobProperties {
        etag: answer.header("etag").trim_matches('"').to_owned(),
        last_modified: http_date(answer.header("last-modified")).map_err(|reason| answer.unexpected(reason))?,
        length: length.parse().map_err(|_| answer.unexpected(format!("`{length}` is no length")))?,
        metadata,
        headers,
    })
}

fn item(blob: &Element) -> Result<BlobItem, String> {
    let properties = blob.child("Properties").ok_or("a blob without `Properties`")?;
    let length = properties.text_of("Content-Length");
    let metadata = blob.child("Metadata").map(|metadata| metadata.children.as_slice()).unwrap_or_default();
    Ok(BlobItem {
        name: blob.text_of("Name").to_owned(),
        etag: properties.text_of("Etag").trim_matches('"').to_owned(),
        last_modified: http_date(properties.text_of("Last-Modified"))?,
        length: length.parse().map_err(|_| format!("`{length}` is no length"))?,
        metadata: metadata.iter().map(|entry| (entry.name.clone(), entry.text.clone())).collect(),
    })
}
