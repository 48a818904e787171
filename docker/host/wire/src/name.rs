//! The header names that the real host knows, and what it knows of them (protocol.md#header-lines).

/// A table of one of its libraries.
#[derive(Clone, Copy, Debug)]
pub enum Table {
    /// Kestrel's for requests: these lines are handed on before all others.
    Request,
    /// Kestrel's for responses, likewise.
    Response,
    /// .NET's client's: it hands on these names as [`Name::in_client`] spells them, whatever letter case they came in.
    Client,
    /// What ASP.NET Core has a constant for, beside those that Kestrel knows.
    Library,
    /// What .NET's client keeps for bodies.
    Body,
    /// YARP's, for lines between two neighbours, in requests and in responses (recordings Y03h, Y16, Y19, Y68, Y69).
    Hop,
    /// YARP's, for lines that it sets anew in requests.
    Forwarder,
}

/// A name as a variant of [`Name`], as it is written, and the tables that it is in.
macro_rules! names {
    ($($name:ident = $written:literal: [$($table:ident),*];)*) => {
        /// A header name. Which of them a line has is found once, so that looking for one compares no text. They are in alphabetical
        /// order, in which Kestrel has them, but for a few.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum Name {
            $($name,)*
        }

        const COUNT: usize = [$($written),*].len();
        static ALL: [Name; COUNT] = [$(Name::$name),*];
        static WRITTEN: [&str; COUNT] = [$($written),*];
        /// The tables that each is in, as bits.
        static TABLES: [u8; COUNT] = [$(0 $(| 1 << Table::$table as u8)*),*];
    };
}

names! {
    Accept = "Accept": [Request, Client];
    AcceptCharset = "Accept-Charset": [Request, Client];
    AcceptEncoding = "Accept-Encoding": [Request, Client];
    AcceptLanguage = "Accept-Language": [Request, Client];
    AcceptPatch = "Accept-Patch": [Client];
    AcceptRanges = "Accept-Ranges": [Response, Client];
    AccessControlAllowCredentials = "Access-Control-Allow-Credentials": [Response, Client];
    AccessControlAllowHeaders = "Access-Control-Allow-Headers": [Response, Client];
    AccessControlAllowMethods = "Access-Control-Allow-Methods": [Response, Client];
    AccessControlAllowOrigin = "Access-Control-Allow-Origin": [Response, Client];
    AccessControlExposeHeaders = "Access-Control-Expose-Headers": [Response, Client];
    AccessControlMaxAge = "Access-Control-Max-Age": [Response, Client];
    AccessControlRequestHeaders = "Access-Control-Request-Headers": [Request];
    AccessControlRequestMethod = "Access-Control-Request-Method": [Request];
    Age = "Age": [Response, Client];
    Allow = "Allow": [Response, Client, Body];
    Alpn = "ALPN": [Hop];
    AltSvc = "Alt-Svc": [Response, Client, Hop];
    AltUsed = "Alt-Used": [Request, Client];
    Authorization = "Authorization": [Request, Client];
    Baggage = "baggage": [Request, Client];
    CacheControl = "Cache-Control": [Request, Response, Client];
    Close = "Close": [Hop];
    Connection = "Connection": [Request, Response, Client, Hop];
    ContentDisposition = "Content-Disposition": [Client, Library, Body];
    ContentEncoding = "Content-Encoding": [Response, Client, Body];
    ContentLanguage = "Content-Language": [Response, Client, Body];
    ContentLength = "Content-Length": [Response, Client, Body];
    ContentLocation = "Content-Location": [Response, Client, Body];
    ContentMd5 = "Content-MD5": [Response, Client, Body];
    ContentRange = "Content-Range": [Response, Client, Body];
    ContentSecurityPolicy = "Content-Security-Policy": [Client, Library];
    ContentSecurityPolicyReportOnly = "Content-Security-Policy-Report-Only": [Client, Library];
    ContentType = "Content-Type": [Response, Client, Body];
    Cookie = "Cookie": [Request, Client];
    Cookie2 = "Cookie2": [Client];
    CorrelationContext = "Correlation-Context": [Request];
    Date = "Date": [Request, Response, Client];
    Dnt = "DNT": [Client, Library];
    ETag = "ETag": [Response, Client];
    Expect = "Expect": [Request, Client];
    ExpectCt = "Expect-CT": [Client];
    Expires = "Expires": [Response, Client, Body];
    Forwarded = "Forwarded": [Forwarder];
    From = "From": [Request, Client];
    GrpcAcceptEncoding = "Grpc-Accept-Encoding": [Request];
    GrpcEncoding = "Grpc-Encoding": [Request, Response, Client];
    GrpcMessage = "Grpc-Message": [Client, Library];
    GrpcStatus = "Grpc-Status": [Client, Library];
    GrpcTimeout = "Grpc-Timeout": [Request];
    Host = "Host": [Request, Client, Forwarder];
    Http2Settings = "HTTP2-Settings": [Hop];
    IfMatch = "If-Match": [Request, Client];
    IfModifiedSince = "If-Modified-Since": [Request, Client];
    IfNoneMatch = "If-None-Match": [Request, Client];
    IfRange = "If-Range": [Request, Client];
    IfUnmodifiedSince = "If-Unmodified-Since": [Request, Client];
    KeepAlive = "Keep-Alive": [Request, Response, Client, Hop];
    LastModified = "Last-Modified": [Response, Client, Body];
    Link = "Link": [Client, Library];
    Location = "Location": [Response, Client];
    MaxForwards = "Max-Forwards": [Request, Client];
    Origin = "Origin": [Request, Client];
    P3p = "P3P": [Client];
    Pragma = "Pragma": [Request, Response, Client];
    ProxyAuthenticate = "Proxy-Authenticate": [Response, Client, Hop];
    ProxyAuthenticationInfo = "Proxy-Authentication-Info": [Hop];
    ProxyAuthorization = "Proxy-Authorization": [Request, Client, Hop];
    ProxyConnection = "Proxy-Connection": [Response, Client, Hop];
    ProxyFeatures = "Proxy-Features": [Hop];
    ProxyInstruction = "Proxy-Instruction": [Hop];
    ProxySupport = "Proxy-Support": [Client];
    PublicKeyPins = "Public-Key-Pins": [Client];
    Range = "Range": [Request, Client];
    Referer = "Referer": [Request, Client];
    ReferrerPolicy = "Referrer-Policy": [Client];
    Refresh = "Refresh": [Client];
    RequestId = "Request-Id": [Request, Client];
    RetryAfter = "Retry-After": [Response, Client];
    SecWebSocketAccept = "Sec-WebSocket-Accept": [Client, Library];
    SecWebSocketExtensions = "Sec-WebSocket-Extensions": [Client, Library];
    SecWebSocketKey = "Sec-WebSocket-Key": [Client, Library];
    SecWebSocketProtocol = "Sec-WebSocket-Protocol": [Client, Library];
    SecWebSocketVersion = "Sec-WebSocket-Version": [Client, Library];
    SecurityScheme = "Security-Scheme": [Hop];
    Server = "Server": [Response, Client];
    ServerTiming = "Server-Timing": [Client];
    SetCookie = "Set-Cookie": [Response, Client];
    SetCookie2 = "Set-Cookie2": [Client];
    StrictTransportSecurity = "Strict-Transport-Security": [Client, Library, Hop];
    Te = "TE": [Request, Client, Hop];
    TimingAllowOrigin = "Timing-Allow-Origin": [Client];
    Traceparent = "traceparent": [Request, Client];
    Tracestate = "tracestate": [Request, Client];
    Trailer = "Trailer": [Response, Client];
    TransferEncoding = "Transfer-Encoding": [Response, Client];
    Translate = "Translate": [Request];
    Tsv = "TSV": [Client];
    Upgrade = "Upgrade": [Request, Response, Client, Hop];
    UpgradeInsecureRequests = "Upgrade-Insecure-Requests": [Request, Client, Hop];
    UserAgent = "User-Agent": [Request, Client];
    Vary = "Vary": [Response, Client];
    Via = "Via": [Request, Response, Client];
    Warning = "Warning": [Request, Response, Client];
    WwwAuthenticate = "WWW-Authenticate": [Response, Client];
    XAspNetVersion = "X-AspNet-Version": [Client];
    XCache = "X-Cache": [Client];
    XContentDuration = "X-Content-Duration": [Client];
    XContentTypeOptions = "X-Content-Type-Options": [Client, Library];
    XForwardedFor = "X-Forwarded-For": [Forwarder];
    XForwardedHost = "X-Forwarded-Host": [Forwarder];
    XForwardedPrefix = "X-Forwarded-Prefix": [Forwarder];
    XForwardedProto = "X-Forwarded-Proto": [Forwarder];
    XFrameOptions = "X-Frame-Options": [Client, Library];
    XMsEdgeRef = "X-MSEdge-Ref": [Client];
    XPoweredBy = "X-Powered-By": [Client, Library];
    XRequestId = "X-Request-ID": [Client];
    XRequestedWith = "X-Requested-With": [Client, Library];
    XUaCompatible = "X-UA-Compatible": [Client, Library];
    XXssProtection = "X-XSS-Protection": [Client, Library];
}

impl Name {
    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        WRITTEN[self as usize]
    }

    /// Which of them this is, ignoring case. Only those that are as long and begin alike are compared: seldom more than one.
    pub fn of(name: &[u8]) -> Option<Self> {
        let letter = usize::from(*name.first()?) % LETTERS;
        let mut candidates = INDEX.by_length.get(name.len())? & INDEX.by_letter[letter];
        while candidates != 0 {
            let found = ALL[candidates.trailing_zeros() as usize];
            if is_same(found.as_ref(), name) {
                return Some(found);
            }
            candidates &= candidates - 1;
        }
        None
    }

    /// The names whose bits are set, in order.
    pub(crate) fn of_bits(mut bits: u128) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let found = ALL.get(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(*found)
        })
    }

    /// The bit that stands for the name in a set of them.
    pub const fn bit(self) -> u128 {
        1 << self as u32
    }

    /// Whether a table has the name.
    pub fn is_in(self, table: Table) -> bool {
        TABLES[self as usize] & (1 << table as u8) != 0
    }

    /// The place of the name among those that Kestrel knows in requests, and how it is spelt there; `None` if it does not know it.
    pub fn in_requests(self) -> Option<(usize, &'static str)> {
        const FIRST: [Name; 4] = [Name::Accept, Name::Connection, Name::Host, Name::UserAgent];

        let place = FIRST.iter().position(|first| *first == self).unwrap_or(FIRST.len() + self as usize);
        self.is_in(Table::Request).then_some((place, self.in_client()))
    }

    /// The name as .NET's client spells it: those of gRPC in small letters.
    pub fn in_client(self) -> &'static str {
        match self {
            Self::GrpcEncoding => "grpc-encoding",
            Self::GrpcMessage => "grpc-message",
            Self::GrpcStatus => "grpc-status",
            other => other.as_str(),
        }
    }

    /// Whether a response has the name as it is spelt here, whatever letter case it came in: .NET's client or ASP.NET Core knows it.
    pub fn is_respelt(self) -> bool {
        [Table::Client, Table::Request, Table::Response, Table::Library].into_iter().any(|table| self.is_in(table))
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

/// Which names have this length, and which begin with this letter, as bits.
struct Index {
    by_length: [u128; LONGEST + 1],
    by_letter: [u128; LETTERS],
}

const LONGEST: usize = 40;
/// Capital and small letters have the same last five bits.
const LETTERS: usize = 32;

static INDEX: Index = {
    let mut index = Index { by_length: [0; LONGEST + 1], by_letter: [0; LETTERS] };
    let mut at = 0;
    while at < COUNT {
        let name = WRITTEN[at].as_bytes();
        index.by_length[name.len()] |= 1 << at;
        index.by_letter[name[0] as usize % LETTERS] |= 1 << at;
        at += 1;
    }
    index
};

/// Whether two texts are the same, ignoring case. Most are spelt as everybody spells them, which is quicker to see.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one == other || one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_ignoring_case() {
        for name in ALL {
            assert_eq!(Name::of(name.as_str().as_bytes()), Some(name));
            assert_eq!(Name::of(name.as_str().to_uppercase().as_bytes()), Some(name));
        }
        for other in [&b"Hosts"[..], b"Hose", b"Lin", b"", &[b'x'; 100]] {
            assert_eq!(Name::of(other), None);
        }
    }

    #[test]
    fn they_are_in_alphabetical_order() {
        assert!(WRITTEN.is_sorted_by_key(|name| name.to_lowercase()));
        assert!(Name::of_bits(ALL.iter().fold(0, |bits, name| bits | name.bit())).eq(ALL));
    }

    #[test]
    fn requests_begin_with_four_of_them() {
        let places = [Name::UserAgent, Name::AcceptCharset, Name::Baggage, Name::CacheControl, Name::Warning];
        assert!(places.map(|name| name.in_requests().map(|(place, _)| place)).is_sorted());
        assert_eq!(Name::Connection.in_requests(), Some((1, "Connection")));
        assert_eq!(Name::GrpcEncoding.in_requests().map(|(_, spelling)| spelling), Some("grpc-encoding"));
        assert_eq!(Name::GrpcStatus.in_client(), "grpc-status");
        assert_eq!(Name::ETag.in_requests(), None);
    }
}
