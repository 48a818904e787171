//! The header names that HTTP itself looks for or writes.

use crate::names::Names;

/// A name as a variant of [`Name`], and as it is written.
macro_rules! names {
    ($($name:ident = $written:literal,)*) => {
        /// A header name. Which of them a line has is found once, so that looking for one compares no text. They are in the order
        /// in which Kestrel writes them (protocol.md#header-lines); those that it does not know in responses are last.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum Name {
            $($name,)*
        }

        impl Name {
            const ALL: [Self; [$($written),*].len()] = [$(Self::$name),*];
        }

        static WRITTEN: Names<{ Name::ALL.len() }> = Names::new([$($written),*]);
    };
}

names! {
    ContentLength = "Content-Length",
    Connection = "Connection",
    ContentType = "Content-Type",
    Date = "Date",
    Server = "Server",
    AcceptRanges = "Accept-Ranges",
    AccessControlAllowCredentials = "Access-Control-Allow-Credentials",
    AccessControlAllowHeaders = "Access-Control-Allow-Headers",
    AccessControlAllowMethods = "Access-Control-Allow-Methods",
    AccessControlAllowOrigin = "Access-Control-Allow-Origin",
    AccessControlExposeHeaders = "Access-Control-Expose-Headers",
    AccessControlMaxAge = "Access-Control-Max-Age",
    Age = "Age",
    Allow = "Allow",
    AltSvc = "Alt-Svc",
    CacheControl = "Cache-Control",
    ContentEncoding = "Content-Encoding",
    ContentLanguage = "Content-Language",
    ContentLocation = "Content-Location",
    ContentMd5 = "Content-MD5",
    ContentRange = "Content-Range",
    ETag = "ETag",
    Expires = "Expires",
    GrpcEncoding = "Grpc-Encoding",
    KeepAlive = "Keep-Alive",
    LastModified = "Last-Modified",
    Location = "Location",
    Pragma = "Pragma",
    ProxyAuthenticate = "Proxy-Authenticate",
    ProxyConnection = "Proxy-Connection",
    RetryAfter = "Retry-After",
    SetCookie = "Set-Cookie",
    Trailer = "Trailer",
    TransferEncoding = "Transfer-Encoding",
    Upgrade = "Upgrade",
    Vary = "Vary",
    Via = "Via",
    Warning = "Warning",
    WwwAuthenticate = "WWW-Authenticate",
    Accept = "Accept",
    Cookie = "Cookie",
    Expect = "Expect",
    Host = "Host",
    UserAgent = "User-Agent",
    ContentDisposition = "Content-Disposition",
}

impl Name {
    /// The name as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        WRITTEN.get(self as usize)
    }

    /// Which of them this is, ignoring case.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        WRITTEN.find(name).map(|(index, _)| Self::ALL[index])
    }

    /// Whether Kestrel knows the name in responses.
    #[must_use]
    pub fn is_for_responses(self) -> bool {
        self < Self::Accept
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_ignoring_case() {
        for name in Name::ALL {
            assert_eq!(Name::of(name.as_str().as_bytes()), Some(name));
            assert_eq!(Name::of(name.as_str().to_uppercase().as_bytes()), Some(name));
        }
        assert_eq!(Name::of(b"Hosts"), None);
        assert_eq!(Name::of(b"Hose"), None);
    }

    #[test]
    fn those_of_responses_are_in_alphabetical_order_but_for_the_first_five() {
        let names: Vec<Name> = Name::ALL.into_iter().filter(|name| name.is_for_responses()).collect();
        let spelt: Vec<String> = names[5..].iter().map(|name| name.as_str().to_lowercase()).collect();
        assert!(spelt.is_sorted(), "{spelt:?}");
        assert_eq!(names[..5], [Name::ContentLength, Name::Connection, Name::ContentType, Name::Date, Name::Server]);
    }
}
