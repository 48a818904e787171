//! The header names that HTTP itself looks for or writes.

use crate::names::is_same;

/// A header name. Which of them a line has is found once, so that looking for one compares no text. They are in the order in
/// which Kestrel writes them (protocol.md#header-lines); those that only requests have are last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Name {
    ContentLength,
    Connection,
    ContentType,
    Date,
    Server,
    AcceptRanges,
    AccessControlAllowCredentials,
    AccessControlAllowHeaders,
    AccessControlAllowMethods,
    AccessControlAllowOrigin,
    AccessControlExposeHeaders,
    AccessControlMaxAge,
    Age,
    Allow,
    AltSvc,
    CacheControl,
    ContentEncoding,
    ContentLanguage,
    ContentLocation,
    ContentMd5,
    ContentRange,
    ETag,
    Expires,
    GrpcEncoding,
    KeepAlive,
    LastModified,
    Location,
    Pragma,
    ProxyAuthenticate,
    ProxyConnection,
    RetryAfter,
    SetCookie,
    Trailer,
    TransferEncoding,
    Upgrade,
    Vary,
    Via,
    Warning,
    WwwAuthenticate,
    Accept,
    Cookie,
    Expect,
    Host,
    UserAgent,
}

impl Name {
    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContentLength => "Content-Length",
            Self::Connection => "Connection",
            Self::ContentType => "Content-Type",
            Self::Date => "Date",
            Self::Server => "Server",
            Self::AcceptRanges => "Accept-Ranges",
            Self::AccessControlAllowCredentials => "Access-Control-Allow-Credentials",
            Self::AccessControlAllowHeaders => "Access-Control-Allow-Headers",
            Self::AccessControlAllowMethods => "Access-Control-Allow-Methods",
            Self::AccessControlAllowOrigin => "Access-Control-Allow-Origin",
            Self::AccessControlExposeHeaders => "Access-Control-Expose-Headers",
            Self::AccessControlMaxAge => "Access-Control-Max-Age",
            Self::Age => "Age",
            Self::Allow => "Allow",
            Self::AltSvc => "Alt-Svc",
            Self::CacheControl => "Cache-Control",
            Self::ContentEncoding => "Content-Encoding",
            Self::ContentLanguage => "Content-Language",
            Self::ContentLocation => "Content-Location",
            Self::ContentMd5 => "Content-MD5",
            Self::ContentRange => "Content-Range",
            Self::ETag => "ETag",
            Self::Expires => "Expires",
            Self::GrpcEncoding => "Grpc-Encoding",
            Self::KeepAlive => "Keep-Alive",
            Self::LastModified => "Last-Modified",
            Self::Location => "Location",
            Self::Pragma => "Pragma",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::ProxyConnection => "Proxy-Connection",
            Self::RetryAfter => "Retry-After",
            Self::SetCookie => "Set-Cookie",
            Self::Trailer => "Trailer",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::Upgrade => "Upgrade",
            Self::Vary => "Vary",
            Self::Via => "Via",
            Self::Warning => "Warning",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::Accept => "Accept",
            Self::Cookie => "Cookie",
            Self::Expect => "Expect",
            Self::Host => "Host",
            Self::UserAgent => "User-Agent",
        }
    }

    /// Which of them this is, ignoring case.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        let first = name.first()?.to_ascii_lowercase();
        Self::candidates(name.len(), first).iter().find(|known| is_same(known.as_ref(), name)).copied()
    }

    /// Whether Kestrel knows the name in responses.
    #[must_use]
    pub fn is_for_responses(self) -> bool {
        self < Self::Accept
    }

    /// Those with this length and first letter: seldom more than one.
    const fn candidates(length: usize, first: u8) -> &'static [Self] {
        match (length, first) {
            (3, b'a') => &[Self::Age],
            (3, b'v') => &[Self::Via],
            (4, b'd') => &[Self::Date],
            (4, b'e') => &[Self::ETag],
            (4, b'h') => &[Self::Host],
            (4, b'v') => &[Self::Vary],
            (5, b'a') => &[Self::Allow],
            (6, b'a') => &[Self::Accept],
            (6, b'c') => &[Self::Cookie],
            (6, b'e') => &[Self::Expect],
            (6, b'p') => &[Self::Pragma],
            (6, b's') => &[Self::Server],
            (7, b'a') => &[Self::AltSvc],
            (7, b'e') => &[Self::Expires],
            (7, b't') => &[Self::Trailer],
            (7, b'u') => &[Self::Upgrade],
            (7, b'w') => &[Self::Warning],
            (8, b'l') => &[Self::Location],
            (10, b'c') => &[Self::Connection],
            (10, b'k') => &[Self::KeepAlive],
            (10, b's') => &[Self::SetCookie],
            (10, b'u') => &[Self::UserAgent],
            (11, b'c') => &[Self::ContentMd5],
            (11, b'r') => &[Self::RetryAfter],
            (12, b'c') => &[Self::ContentType],
            (13, b'a') => &[Self::AcceptRanges],
            (13, b'c') => &[Self::CacheControl, Self::ContentRange],
            (13, b'g') => &[Self::GrpcEncoding],
            (13, b'l') => &[Self::LastModified],
            (14, b'c') => &[Self::ContentLength],
            (16, b'c') => &[Self::ContentEncoding, Self::ContentLanguage, Self::ContentLocation],
            (16, b'p') => &[Self::ProxyConnection],
            (16, b'w') => &[Self::WwwAuthenticate],
            (17, b't') => &[Self::TransferEncoding],
            (18, b'p') => &[Self::ProxyAuthenticate],
            (22, b'a') => &[Self::AccessControlMaxAge],
            (27, b'a') => &[Self::AccessControlAllowOrigin],
            (28, b'a') => &[Self::AccessControlAllowHeaders, Self::AccessControlAllowMethods],
            (29, b'a') => &[Self::AccessControlExposeHeaders],
            (32, b'a') => &[Self::AccessControlAllowCredentials],
            _ => &[],
        }
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

    fn all() -> Vec<Name> {
        let keys = (0..=40).flat_map(|length| (b'a'..=b'z').map(move |first| (length, first)));
        keys.flat_map(|(length, first)| Name::candidates(length, first)).copied().collect()
    }

    #[test]
    fn each_is_known_ignoring_case() {
        // As many as there are before the last one, and that one.
        assert_eq!(all().len(), Name::UserAgent as usize + 1);
        for name in all() {
            assert_eq!(Name::of(name.as_str().as_bytes()), Some(name));
            assert_eq!(Name::of(name.as_str().to_uppercase().as_bytes()), Some(name));
        }
        assert_eq!(Name::of(b"Hosts"), None);
        assert_eq!(Name::of(b"Hose"), None);
    }

    #[test]
    fn those_of_responses_are_in_alphabetical_order_but_for_the_first_five() {
        let mut names: Vec<Name> = all().into_iter().filter(|name| name.is_for_responses()).collect();
        names.sort_unstable();
        let spelt: Vec<String> = names[5..].iter().map(|name| name.as_str().to_lowercase()).collect();
        assert!(spelt.is_sorted(), "{spelt:?}");
        assert_eq!(names[..5], [Name::ContentLength, Name::Connection, Name::ContentType, Name::Date, Name::Server]);
    }
}
