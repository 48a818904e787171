//! Tables of names that are looked up for every header line.

/// Names, found ignoring case. Only those that are as long as what is looked for and begin alike are compared: seldom more than one.
#[derive(Debug)]
pub struct Names<const COUNT: usize> {
    names: [&'static str; COUNT],
    /// Which of them have this length, as bits.
    by_length: [u128; LONGEST + 1],
    /// Which of them begin with this letter, as bits.
    by_letter: [u128; LETTERS],
}

const LONGEST: usize = 40;
/// Capital and small letters have the same last five bits.
const LETTERS: usize = 32;

impl<const COUNT: usize> Names<COUNT> {
    /// A table of at most 128 names of at most 40 bytes.
    #[must_use]
    pub const fn new(names: [&'static str; COUNT]) -> Self {
        let (mut by_length, mut by_letter) = ([0; LONGEST + 1], [0; LETTERS]);
        let mut index = 0;
        while index < COUNT {
            by_length[names[index].len()] |= 1 << index;
            by_letter[names[index].as_bytes()[0] as usize % LETTERS] |= 1 << index;
            index += 1;
        }
        Self { names, by_length, by_letter }
    }

    /// The name at this place, as it is spelt in the table.
    pub(crate) fn get(&self, index: usize) -> &'static str {
        self.names[index]
    }

    /// Which of the names this is, and how it is spelt in the table.
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<(usize, &'static str)> {
        let letter = usize::from(*name.first()?) % LETTERS;
        let mut candidates = self.by_length.get(name.len())? & self.by_letter[letter];
        while candidates != 0 {
            let index = candidates.trailing_zeros() as usize;
            let known = self.names[index];
            if is_same(known.as_bytes(), name) {
                return Some((index, known));
            }
            candidates &= candidates - 1;
        }
        None
    }

    /// Whether this is one of the names.
    #[must_use]
    pub fn contain(&self, name: &[u8]) -> bool {
        self.find(name).is_some()
    }
}

/// Names that ASP.NET Core and .NET's client have constants for, and Kestrel's tables have not.
pub static OF_LIBRARIES: Names<18> = Names::new([
    "Content-Disposition",
    "Content-Security-Policy",
    "Content-Security-Policy-Report-Only",
    "DNT",
    "Grpc-Message",
    "Grpc-Status",
    "Link",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Powered-By",
    "X-UA-Compatible",
    "X-XSS-Protection",
]);

/// Whether two texts are the same, ignoring case. Most are spelt as everybody spells them, which is quicker to see.
#[inline]
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one == other || one.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_ignoring_case() {
        let names = Names::new(["ETag", "Link", "Trailer"]);
        assert_eq!(names.find(b"LINK"), Some((1, "Link")));
        assert_eq!(names.find(b"trailer"), Some((2, "Trailer")));
        for other in [&b"Lin"[..], b"Vary", b"", &[b'x'; 100]] {
            assert!(!names.contain(other));
        }
    }
}
