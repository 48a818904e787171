//! The header names that HTTP itself looks for or writes.

/// A header name. Which of them a line has is found once, so that looking for one compares no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Name {
    Accept,
    Connection,
    ContentLength,
    ContentType,
    Cookie,
    Date,
    Expect,
    Host,
    KeepAlive,
    Location,
    Server,
    TransferEncoding,
    UserAgent,
}

impl Name {
    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Connection => "Connection",
            Self::ContentLength => "Content-Length",
            Self::ContentType => "Content-Type",
            Self::Cookie => "Cookie",
            Self::Date => "Date",
            Self::Expect => "Expect",
            Self::Host => "Host",
            Self::KeepAlive => "Keep-Alive",
            Self::Location => "Location",
            Self::Server => "Server",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::UserAgent => "User-Agent",
        }
    }

    /// Which of them this is, ignoring case.
    #[must_use]
    pub fn of(name: &[u8]) -> Option<Self> {
        // Length and first letter leave one to compare with.
        let known = match (name.len(), name.first()?.to_ascii_lowercase()) {
            (4, b'd') => Self::Date,
            (4, b'h') => Self::Host,
            (6, b'a') => Self::Accept,
            (6, b'c') => Self::Cookie,
            (6, b'e') => Self::Expect,
            (6, b's') => Self::Server,
            (8, b'l') => Self::Location,
            (10, b'c') => Self::Connection,
            (10, b'k') => Self::KeepAlive,
            (10, b'u') => Self::UserAgent,
            (12, b'c') => Self::ContentType,
            (14, b'c') => Self::ContentLength,
            (17, b't') => Self::TransferEncoding,
            _ => return None,
        };
        let text: &[u8] = known.as_ref();
        // Most are spelt as everybody spells them, which is quicker to see.
        (text == name || text.eq_ignore_ascii_case(name)).then_some(known)
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
    fn each_is_known_in_any_letter_case() {
        let mut name = Some(Name::Accept);
        let mut count = 0;
        while let Some(known) = name {
            count += 1;
            assert_eq!(Name::of(known.as_str().as_bytes()), Some(known));
            assert_eq!(Name::of(known.as_str().to_uppercase().as_bytes()), Some(known));
            name = after(known);
        }
        assert_eq!(count, 13);
        assert_eq!(Name::of(b"Hosts"), None);
        assert_eq!(Name::of(b"Hose"), None);
    }

    /// Does not compile where a name is added and not tested.
    const fn after(name: Name) -> Option<Name> {
        Some(match name {
            Name::Accept => Name::Connection,
            Name::Connection => Name::ContentLength,
            Name::ContentLength => Name::ContentType,
            Name::ContentType => Name::Cookie,
            Name::Cookie => Name::Date,
            Name::Date => Name::Expect,
            Name::Expect => Name::Host,
            Name::Host => Name::KeepAlive,
            Name::KeepAlive => Name::Location,
            Name::Location => Name::Server,
            Name::Server => Name::TransferEncoding,
            Name::TransferEncoding => Name::UserAgent,
            Name::UserAgent => return None,
        })
    }
}
