//! A storage account as a connection string describes it. Pure.

use std::collections::HashMap;

/// The account name that `UseDevelopmentStorage=true` means.
pub const DEVELOPMENT_ACCOUNT: &str = "devstoreaccount1";

/// The account key of every storage emulator. It is published by Microsoft and no secret.
pub const DEVELOPMENT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// What a client needs to use an emulator whose services listen at these addresses, such as `http://127.0.0.1:10000`.
pub fn development_connection_string(blob_address: &str, queue_address: &str) -> String {
    format!(
        "DefaultEndpointsProtocol=http;AccountName={DEVELOPMENT_ACCOUNT};AccountKey={DEVELOPMENT_KEY};\
         BlobEndpoint={blob_address}/{DEVELOPMENT_ACCOUNT};QueueEndpoint={queue_address}/{DEVELOPMENT_ACCOUNT};"
    )
}

const DEFAULT_ENDPOINT_SUFFIX: &str = "core.windows.net";

/// A storage account: its name, what signs its requests, and where its services answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's name; empty when only a shared access signature and endpoints were given.
    pub name: String,
    /// What requests are signed with.
    pub credential: Credential,
    /// Where the blob service answers, without a slash at the end.
    pub blob_endpoint: String,
    /// Where the queue service answers, without a slash at the end.
    pub queue_endpoint: String,
}

/// What requests are signed with.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The account's key, as base64 text.
    Key(String),
    /// A shared access signature: the query string that was handed out.
    SharedAccessSignature(String),
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Key(_) => "Key(…)",
            Self::SharedAccessSignature(_) => "SharedAccessSignature(…)",
        })
    }
}

/// Why a text is not a usable connection string. Values are never quoted: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// A part between semicolons is not `Name=Value`.
    #[error("part {0} of the connection string is not `Name=Value`")]
    NotAPair(usize),
    /// Something that has to be there is not.
    #[error("the connection string has no `{0}`")]
    Missing(&'static str),
    /// A value cannot be what its name says.
    #[error("`{name}` in the connection string is not {expected}")]
    Invalid {
        /// The part's name.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

impl Account {
    /// Reads a connection string. Names are matched ignoring case, unknown ones are ignored, as in Azure's clients.
    pub fn parse(connection_string: &str) -> Result<Self, AccountError> {
        let parts = Parts::parse(connection_string)?;
        if parts.get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::development(parts.get("DevelopmentStorageProxyUri").unwrap_or("http://127.0.0.1")));
        }
        let name = parts.get("AccountName").unwrap_or_default().to_owned();
        Ok(Self {
            credential: parts.credential()?,
            blob_endpoint: parts.endpoint("BlobEndpoint", "blob", &name)?,
            queue_endpoint: parts.endpoint("QueueEndpoint", "queue", &name)?,
            name,
        })
    }

    /// Whether this is the emulator's account, wherever it listens: blob scanning is quicker there (protocol.md#blob-polling).
    pub fn is_development(&self) -> bool {
        self.name == DEVELOPMENT_ACCOUNT
    }

    fn development(host: &str) -> Self {
        let host = host.trim_end_matches('/');
        Self {
            name: DEVELOPMENT_ACCOUNT.to_owned(),
            credential: Credential::Key(DEVELOPMENT_KEY.to_owned()),
            blob_endpoint: format!("{host}:10000/{DEVELOPMENT_ACCOUNT}"),
            queue_endpoint: format!("{host}:10001/{DEVELOPMENT_ACCOUNT}"),
        }
    }
}

/// The parts of a connection string by lower-case name.
struct Parts<'a>(HashMap<String, &'a str>);

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Result<Self, AccountError> {
        let mut parts = HashMap::new();
        for (index, part) in text.split(';').map(str::trim).enumerate() {
            if part.is_empty() {
                continue;
            }
            // Only the first `=` separates: keys and signatures contain more of them.
            let (name, value) = part.split_once('=').ok_or(AccountError::NotAPair(index + 1))?;
            parts.insert(name.trim().to_ascii_lowercase(), value.trim());
        }
        Ok(Self(parts))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(&name.to_ascii_lowercase()).copied().filter(|value| !value.is_empty())
    }

    fn credential(&self) -> Result<Credential, AccountError> {
        use base64::Engine as _;
        if let Some(key) = self.get("AccountKey") {
            let decodes = base64::engine::general_purpose::STANDARD.decode(key).is_ok();
            return match (decodes, self.get("AccountName")) {
                (false, _) => Err(AccountError::Invalid { name: "AccountKey", expected: "base64" }),
                (true, None) => Err(AccountError::Missing("AccountName")),
                (true, Some(_)) => Ok(Credential::Key(key.to_owned())),
            };
        }
        self.get("SharedAccessSignature")
            .map(|signature| Credential::SharedAccessSignature(signature.trim_start_matches('?').to_owned()))
            .ok_or(AccountError::Missing("AccountKey"))
    }

    fn endpoint(&self, name: &'static str, service: &str, account: &str) -> Result<String, AccountError> {
        if let Some(endpoint) = self.get(name) {
            let is_url = endpoint.starts_with("http://") || endpoint.starts_with("https://");
            return is_url
                .then(|| endpoint.trim_end_matches('/').to_owned())
                .ok_or(AccountError::Invalid { name, expected: "an `http` or `https` URL" });
        }
        if account.is_empty() {
            return Err(AccountError::Missing(name));
        }
        let protocol = self.get("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = self.get("EndpointSuffix").unwrap_or(DEFAULT_ENDPOINT_SUFFIX);
        Ok(format!("{protocol}://{account}.{service}.{suffix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_development_account_has_its_fixed_ports() {
        let account = Account::parse("UseDevelopmentStorage=true").unwrap();
        assert_eq!(account.blob_endpoint, "http://127.0.0.1:10000/devstoreaccount1");
        assert_eq!(account.queue_endpoint, "http://127.0.0.1:10001/devstoreaccount1");
        assert!(account.is_development());
        let elsewhere =
            Account::parse("usedevelopmentstorage=TRUE;DevelopmentStorageProxyUri=http://azurite/;").unwrap();
        assert_eq!(elsewhere.queue_endpoint, "http://azurite:10001/devstoreaccount1");
    }

    #[test]
    fn explicit_endpoints_win() {
        let account = Account::parse(
            "AccountName=a;AccountKey=a2V5PT0=;BlobEndpoint=http://127.0.0.1:5/a/;queueendpoint=https://q.example/a",
        )
        .unwrap();
        assert_eq!(account.blob_endpoint, "http://127.0.0.1:5/a");
        assert_eq!(account.queue_endpoint, "https://q.example/a");
        assert_eq!(account.credential, Credential::Key("a2V5PT0=".to_owned()));
        assert!(!account.is_development());
    }

    #[test]
    fn endpoints_follow_from_the_name() {
        let account = Account::parse("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5").unwrap();
        assert_eq!(account.blob_endpoint, "https://a.blob.core.windows.net");
        let china = Account::parse("AccountName=a;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn").unwrap();
        assert_eq!(china.queue_endpoint, "https://a.queue.core.chinacloudapi.cn");
    }

    #[test]
    fn a_shared_access_signature_needs_no_name() {
        let text = "BlobEndpoint=https://b/;QueueEndpoint=https://q/;SharedAccessSignature=?sv=1&sig=x%3D";
        let account = Account::parse(text).unwrap();
        assert_eq!(account.credential, Credential::SharedAccessSignature("sv=1&sig=x%3D".to_owned()));
        assert!(!format!("{account:?}").contains("sig"));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_shown() {
        assert_eq!(Account::parse("AccountName=a;oops"), Err(AccountError::NotAPair(2)));
        assert_eq!(Account::parse(""), Err(AccountError::Missing("AccountKey")));
        assert_eq!(Account::parse("AccountKey=a2V5"), Err(AccountError::Missing("AccountName")));
        let bad_key = Account::parse("AccountName=a;AccountKey=s3cret").unwrap_err().to_string();
        assert_eq!(bad_key, "`AccountKey` in the connection string is not base64");
        assert!(Account::parse("AccountName=a;AccountKey=a2V5;BlobEndpoint=ftp://x").is_err());
    }
}
