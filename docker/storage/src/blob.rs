//! Containers and their block blobs.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::client::{Answer, Call, Service, Storage};
use crate::error::{Error, present};
use crate::xml::Element;

const LEASE_ID: &str = "x-ms-lease-id";

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
    /// Its user metadata, names as they were written.
    pub metadata: Vec<(String, String)>,
}

/// What storage says of a blob beside its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobProperties {
    /// The version of its content, without quotes.
    pub etag: String,
    /// Its user metadata. HTTP libraries give names in lower case; [`Container::list`] and [`Blob::item`] have them as they were written.
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
    /// Its user metadata.
    pub metadata: Vec<(String, String)>,
    /// Whether it is written only if there is no such blob yet; otherwise the call fails with a conflict ([`Error::is_conflict`]).
    pub only_if_absent: bool,
}

impl Storage {
    /// A container by name; it need not exist.
    pub fn container(&self, name: impl Into<String>) -> Container {
        Container { storage: self.clone(), name: name.into() }
    }
}

impl Container {
    /// The container's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates the container, or `false` if it was there already.
    pub async fn create(&self) -> Result<bool, Error> {
        match self.storage.call(self.request(Method::PUT)).await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == "ContainerAlreadyExists" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All blobs whose names begin with `prefix`, in storage's order.
    pub async fn list(&self, prefix: &str) -> Result<Vec<BlobItem>, Error> {
        let call = || self.request(Method::GET).query("include", "metadata");
        self.storage.list(call, prefix, "Blob", item).await
    }

    /// Deletes the container and its blobs, or `false` if there was none.
    pub async fn delete(&self) -> Result<bool, Error> {
        Ok(present(self.storage.call(self.request(Method::DELETE)).await)?.is_some())
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

    /// Writes the whole blob. Its container is created if it is missing.
    pub async fn put(&self, content: impl Into<Bytes>, options: &PutBlob) -> Result<(), Error> {
        let content = content.into();
        let put = async || {
            let call = self.request(Method::PUT).header("x-ms-blob-type", "BlockBlob").body(content.clone());
            let call = if options.only_if_absent { call.header("if-none-match", "*") } else { call };
            self.storage.call(with_metadata(call, &options.metadata)).await.map(drop)
        };
        match put().await {
            Err(error) if error.is_not_found() => {
                self.storage.container(&self.container).create().await?;
                put().await
            }
            result => result,
        }
    }

    /// Its content and properties, or `None` if there is no such blob or container.
    pub async fn get(&self) -> Result<Option<Download>, Error> {
        let Some(answer) = present(self.storage.call(self.request(Method::GET)).await)? else { return Ok(None) };
        Ok(Some(Download { properties: properties(&answer), bytes: answer.body }))
    }

    /// Its properties, or `None` if there is no such blob or container.
    pub async fn properties(&self) -> Result<Option<BlobProperties>, Error> {
        let answer = present(self.storage.call(self.request(Method::HEAD)).await)?;
        Ok(answer.as_ref().map(properties))
    }

    /// The same blob as the list of its container has it, or `None` if it is not there. Of all names that begin with its own, its
    /// own is the first, so nothing else is asked for.
    pub async fn item(&self) -> Result<Option<BlobItem>, Error> {
        let call = self.storage.container(&self.container).request(Method::GET).query("comp", "list");
        let call = call.query("include", "metadata").query("maxresults", 1).query("prefix", &self.name);
        let list = self.storage.call(call).await?.xml()?;
        Ok(list.descendants("Blob").into_iter().map(item).find(|item| item.name == self.name))
    }

    /// Deletes it, or `false` if there was none.
    pub async fn delete(&self) -> Result<bool, Error> {
        Ok(present(self.storage.call(self.request(Method::DELETE)).await)?.is_some())
    }

    /// Replaces the user metadata of a blob that we have leased.
    pub async fn set_metadata(&self, metadata: &[(String, String)], lease: &str) -> Result<(), Error> {
        let call = self.request(Method::PUT).query("comp", "metadata").header(LEASE_ID, lease);
        self.storage.call(with_metadata(call, metadata)).await.map(drop)
    }

    /// Leases it for 15 to 60 seconds; the lease's id, or `None` while somebody else has it.
    pub async fn acquire_lease(&self, duration: Duration) -> Result<Option<String>, Error> {
        match self.storage.call(self.lease("acquire").header("x-ms-lease-duration", duration.as_secs())).await {
            Ok(answer) => Ok(Some(answer.header("x-ms-lease-id").to_owned())),
            Err(error) if error.is_conflict() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a lease back.
    pub async fn release_lease(&self, lease: &str) -> Result<(), Error> {
        self.storage.call(self.lease("release").header(LEASE_ID, lease)).await.map(drop)
    }

    fn lease(&self, action: &str) -> Call {
        self.request(Method::PUT).query("comp", "lease").header("x-ms-lease-action", action)
    }

    fn request(&self, method: Method) -> Call {
        Call::new(method, Service::Blob, &format!("{}/{}", self.container, self.name))
    }
}

fn with_metadata(call: Call, metadata: &[(String, String)]) -> Call {
    metadata.iter().fold(call, |call, (name, value)| call.header(format!("x-ms-meta-{name}"), value))
}

fn properties(answer: &Answer) -> BlobProperties {
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers: Vec<(String, String)> = answer.headers.iter().filter_map(text).collect();
    let metadata = headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-ms-meta-")?.to_owned(), value.clone())))
        .collect();
    BlobProperties { etag: answer.header("etag").trim_matches('"').to_owned(), metadata, headers }
}

fn item(blob: &Element) -> BlobItem {
    let metadata = blob.child("Metadata").map(|metadata| metadata.children.as_slice()).unwrap_or_default();
    BlobItem {
        name: blob.text_of("Name").to_owned(),
        etag: blob.child("Properties").map_or("", |it| it.text_of("Etag")).trim_matches('"').to_owned(),
        metadata: metadata.iter().map(|entry| (entry.name.clone(), entry.text.clone())).collect(),
    }
}
