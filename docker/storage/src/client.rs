//! Signed HTTP calls to one storage account: the only file that names the HTTP client and the signer.

use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqsign_azure_storage::{Credential as SigningCredential, RequestSigner, StaticCredentialProvider};
use reqsign_core::{Context, Signer};

use crate::account::{Account, Credential};
use crate::error::Error;
use crate::xml;

/// The longest a call may take, its body included.
const CALL_TIMEOUT_SECONDS: u64 = 60;
/// The longest a connection may take to come about.
const CONNECT_TIMEOUT_SECONDS: u64 = 10;
/// Azurite closes a connection after 5 idle seconds; one given up before can never be used while it is being closed.
const IDLE_CONNECTION_SECONDS: u64 = 2;
/// How often a call is tried whose connection was closed under it, as it happens to one that was idle for long. Azure's own
/// clients try each call four times, those that put messages included.
const ATTEMPTS: u32 = 3;
/// The version of the storage protocol that is spoken.
const API_VERSION: &str = "2021-12-02";

/// What stays as it is in one segment of a path or in a query value: RFC 3986's unreserved characters.
const NOT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A storage account to call. Clones share their connections.
#[derive(Clone)]
pub struct Storage {
    account: Arc<Account>,
    http: reqwest::Client,
    signer: Signer<SigningCredential>,
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Storage").field(&self.account).finish()
    }
}

impl Storage {
    /// The account that a connection string describes. Nothing is called yet.
    pub fn connect(connection_string: &str) -> Result<Self, Error> {
        Self::new(Account::parse(connection_string)?)
    }

    /// The account's name and addresses.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The names of all queues that begin with `prefix`.
    pub async fn queues(&self, prefix: &str) -> Result<Vec<String>, Error> {
        self.list(|| Call::new(Method::GET, Service::Queue, ""), prefix, "Queue", name).await
    }

    /// The names of all containers that begin with `prefix`.
    pub async fn containers(&self, prefix: &str) -> Result<Vec<String>, Error> {
        self.list(|| Call::new(Method::GET, Service::Blob, ""), prefix, "Container", name).await
    }

    fn new(account: Account) -> Result<Self, Error> {
        prepare_tls();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(CALL_TIMEOUT_SECONDS))
            .connect_timeout(Duration::from_secs(CONNECT_TIMEOUT_SECONDS))
            .pool_idle_timeout(Duration::from_secs(IDLE_CONNECTION_SECONDS))
            .redirect(reqwest::redirect::Policy::none())
            // Storage on a loopback or private address is not behind a proxy, and signed requests should not pass one.
            .no_proxy()
            .build()
            .map_err(|error| Error::Request { call: "the HTTP client".to_owned(), reason: cause(&error) })?;
        let credential = match &account.credential {
            Credential::Key(key) => StaticCredentialProvider::new_shared_key(&account.name, key),
            Credential::SharedAccessSignature(token) => StaticCredentialProvider::new_sas_token(token),
        };
        let signer = Signer::new(Context::new(), credential, RequestSigner::new());
        Ok(Self { account: Arc::new(account), http, signer })
    }

    /// What begins with `prefix` in all pages of the list that `call` asks for; each element of it is `read`.
    pub(crate) async fn list<T>(
        &self,
        call: impl Fn() -> Call,
        prefix: &str,
        element: &str,
        read: impl Fn(&xml::Element) -> T,
    ) -> Result<Vec<T>, Error> {
        let mut entries = Vec::new();
        let mut marker = String::new();
        loop {
            let page = call().query("comp", "list").query("prefix", prefix).query("marker", &marker);
            let list = self.call(page).await?.xml()?;
            entries.extend(list.descendants(element).into_iter().map(&read));
            marker = list.text_of("NextMarker").to_owned();
            if marker.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// Makes one signed call; a status other than 2xx is an error.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, Error> {
        let account = &self.account;
        let endpoint = match call.service {
            Service::Blob => &account.blob_endpoint,
            Service::Queue => &account.queue_endpoint,
        };
        let address = format!("{endpoint}/{}{}", call.path, call.query);
        let name = format!("{} {endpoint}/{}", call.method, call.path);
        let mut attempt = 1;
        let response = loop {
            let request = self.signed(&call, &address, &name).await?;
            match self.http.execute(request).await {
                Ok(response) => break response,
                Err(error) if attempt < ATTEMPTS && is_lost_connection(&error) => attempt += 1,
                Err(error) => return Err(unreachable(&name, error)),
            }
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.map_err(|error| unreachable(&name, error))?;
        let answer = Answer { call: name, headers, body };
        if (200..300).contains(&status) { Ok(answer) } else { Err(answer.into_refusal(status)) }
    }

    async fn signed(&self, call: &Call, address: &str, name: &str) -> Result<reqwest::Request, Error> {
        let problem = |reason: String| Error::Request { call: name.to_owned(), reason };
        let mut request =
            http::Request::builder().method(&call.method).uri(address).header("x-ms-version", API_VERSION);
        for (header, value) in &call.headers {
            let header =
                HeaderName::try_from(header).map_err(|error| problem(format!("header `{header}`: {error}")))?;
            let value = HeaderValue::try_from(value).map_err(|error| problem(format!("header `{header}`: {error}")))?;
            request = request.header(header, value);
        }
        if call.method == Method::PUT || call.method == Method::POST {
            request = request.header(http::header::CONTENT_LENGTH, call.body.len());
        }
        let (mut parts, body) =
            request.body(call.body.clone()).map_err(|error| problem(error.to_string()))?.into_parts();
        self.signer.sign(&mut parts, None).await.map_err(|error| problem(error.to_string()))?;
        reqwest::Request::try_from(http::Request::from_parts(parts, body)).map_err(|error| problem(cause(&error)))
    }
}

/// The two services of an account that are called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    Blob,
    Queue,
}

/// One call, before it is addressed and signed.
pub(crate) struct Call {
    method: Method,
    service: Service,
    /// Below the service's endpoint, escaped.
    path: String,
    /// With its question mark, escaped.
    query: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Call {
    /// `path` is given unescaped; its slashes separate segments.
    pub(crate) fn new(method: Method, service: Service, path: &str) -> Self {
        let path = path.split('/').map(escape).collect::<Vec<_>>().join("/");
        Self { method, service, path, query: String::new(), headers: Vec::new(), body: Bytes::new() }
    }

    /// Adds a query parameter. An empty one is left out: storage treats both alike, but not every signer does.
    pub(crate) fn query(mut self, name: &str, value: impl ToString) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            let separator = if self.query.is_empty() { '?' } else { '&' };
            self.query.push_str(&format!("{separator}{name}={}", escape(&value)));
        }
        self
    }

    pub(crate) fn header(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.headers.push((name.into(), value.to_string()));
        self
    }

    /// The escaped path below the service's endpoint.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// What storage answered, with success.
pub(crate) struct Answer {
    /// Method and address, for messages.
    call: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body as XML.
    pub(crate) fn xml(&self) -> Result<xml::Element, Error> {
        xml::parse(&self.body).map_err(|reason| self.unexpected(reason))
    }

    /// A header's text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The error that this answer is not what it should be.
    pub(crate) fn unexpected(&self, reason: impl ToString) -> Error {
        Error::Answer { call: self.call.clone(), reason: reason.to_string() }
    }

    fn into_refusal(self, status: u16) -> Error {
        let code = match self.header("x-ms-error-code") {
            "" => self.xml().map(|error| error.text_of("Code").to_owned()).unwrap_or_default(),
            code => code.to_owned(),
        };
        Error::Refused { call: self.call, status, code }
    }
}

fn name(entry: &xml::Element) -> String {
    entry.text_of("Name").to_owned()
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NOT_UNRESERVED).to_string()
}

/// Whether the connection was there and was lost before an answer came: not refused, and not out of time.
fn is_lost_connection(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}

fn unreachable(call: &str, error: reqwest::Error) -> Error {
    // The client's own text names the address, which may carry a signature in its query.
    Error::Unreachable { call: call.to_owned(), reason: cause(&error.without_url()) }
}

/// The innermost cause of an error: what stands around it names layers of the client.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

/// Gives the whole process a provider for TLS, which any HTTP client in it asks for when it is made, even for `http:`
/// alone. Who installed one before us keeps it.
pub fn prepare_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
