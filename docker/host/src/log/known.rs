//! The secrets that the host knows by their values, to be found in a text in any spelling, under any name or none.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{LazyLock, PoisonError, RwLock};

use dotnet_text::base64;

use super::spelling::Plain;

/// Shorter texts are too common to be looked for everywhere.
pub const LEAST_SECRET_BYTES: usize = 8;
/// How many ways there are to begin three bytes of base64.
const ALIGNMENTS: usize = 3;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Looks for this secret in whatever is shown from now on.
pub fn remember(secret: &str) {
    let is_known = |known: &Known| known.holds(secret);
    if !is_known(&KNOWN.read().unwrap_or_else(PoisonError::into_inner)) {
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).add(secret);
    }
}

/// Where the text has one of them, and where it was cut within one. The ranges are in order, and apart.
pub fn places(text: &str) -> Vec<Range<usize>> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).places(text)
}

/// Secrets, ignoring case: keys are compared so, too.
#[derive(Debug, Default)]
pub struct Known {
    /// By their first bytes.
    secrets: HashMap<[u8; LEAST_SECRET_BYTES], BTreeSet<Box<[u8]>>>,
    /// The first two bytes of each: most places of a text are ruled out by them.
    beginnings: Vec<bool>,
}

impl Known {
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        secrets.into_iter().for_each(|secret| known.add(secret));
        known
    }

    /// Adds a secret, and what base64 makes of it within a longer text.
    pub fn add(&mut self, secret: &str) {
        self.add_bytes(secret.as_bytes());
        for before in 0..ALIGNMENTS {
            let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(secret.bytes()).collect();
            let text = base64::encode(&padded);
            // The characters at both ends depend on what stands beside it.
            let begin = (before * 8).div_ceil(6);
            if let Some(inner) = text.as_bytes().get(begin..padded.len() * 8 / 6) {
                self.add_bytes(inner);
            }
        }
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        let secret = bytes.to_ascii_lowercase().into_boxed_slice();
        let Some(head) = secret.first_chunk::<LEAST_SECRET_BYTES>() else { return };
        self.beginnings.resize(1 << 16, false);
        self.beginnings[beginning(head[0], head[1])] = true;
        self.secrets.entry(*head).or_default().insert(secret);
    }

    fn holds(&self, secret: &str) -> bool {
        let secret = secret.to_ascii_lowercase().into_bytes();
        let Some(head) = secret.first_chunk::<LEAST_SECRET_BYTES>() else { return true };
        self.secrets.get(head).is_some_and(|same| same.contains(secret.as_slice()))
    }

    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        if self.secrets.is_empty() {
            return places;
        }
        let plain = Plain::of(text);
        let bytes = plain.bytes();
        for (at, pair) in bytes.windows(2).enumerate() {
            if !self.beginnings[beginning(pair[0], pair[1])] {
                continue;
            }
            let Some(length) = self.longest(&bytes[at..]) else { continue };
            let found = plain.span(at..at + length);
            match places.last_mut() {
                Some(last) if found.start <= last.end => last.end = last.end.max(found.end),
                _ => places.push(found),
            }
        }
        places
    }

    /// The length of the longest secret that a text begins with; one that the text was cut in counts, too.
    fn longest(&self, text: &[u8]) -> Option<usize> {
        let same = self.secrets.get(text.first_chunk::<LEAST_SECRET_BYTES>()?)?;
        let lengths = same.iter().filter_map(|secret| {
            let length = secret.len().min(text.len());
            (text[..length] == secret[..length]).then_some(length)
        });
        lengths.max()
    }
}

fn beginning(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY_KEYS: usize = 30_000;
    const KEY: &str = "q8Zx_Lw0-Tk2mA/uFY7c+hv3==";

    fn known() -> Known {
        Known::of([KEY])
    }

    /// The text with `***` for each place.
    fn masked(text: &str) -> String {
        let mut masked = String::new();
        let mut end = 0;
        for place in known().places(text) {
            masked.push_str(&text[end..place.start]);
            masked.push_str("***");
            end = place.end;
        }
        masked + &text[end..]
    }

    #[test]
    fn a_key_is_found_in_every_spelling_and_under_every_name() {
        let percent: String = KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let twice: String = KEY.bytes().map(|byte| format!("%25%32%35{byte:02X}")).collect();
        let json: String = KEY.bytes().map(|byte| format!("\\\\u{byte:04x}")).collect();
        let xml: String = KEY.bytes().map(|byte| format!("&amp;#{byte};")).collect();
        let spellings = [KEY, &KEY.to_uppercase(), &KEY.replace('/', "\\/"), &percent, &twice, &json, &xml];
        for spelling in spellings {
            for (before, behind) in [
                ("/a?code==&", "&b"),
                ("{'code': '", "'}"),
                ("<key>", "</key>"),
                ("{\\\"co\\u0064e\\\":\\\"", "\\\"}"),
                ("", ""),
                ("tried ", ", and again"),
            ] {
                assert_eq!(masked(&format!("{before}{spelling}{behind}")), format!("{before}***{behind}"));
            }
        }
    }

    /// If each were compared with all the others, this would take minutes.
    #[test]
    fn many_keys_may_begin_alike() {
        let keys: Vec<String> = (0..MANY_KEYS).map(|number| format!("the-same-beginning-{number:06}")).collect();
        let known = Known::of(keys.iter().map(String::as_str));
        assert!(keys.iter().all(|key| known.holds(key)));
        assert_eq!(known.places(&format!("x {} y", keys[1])).first(), Some(&(2..2 + keys[1].len())));
    }

    #[test]
    fn base64_hides_no_key() {
        for before in ["", "a", "ab", "abc"] {
            let encoded = base64::encode(format!("{before}{KEY} and more").as_bytes());
            let shown = masked(&encoded);
            assert!(shown.contains("***") && shown.len() < encoded.len() - KEY.len(), "{shown}");
        }
    }

    #[test]
    fn a_text_that_was_cut_in_a_key_does_not_show_its_beginning() {
        assert_eq!(masked(&format!("x {}", &KEY[..12])), "x ***");
        assert_eq!(masked(&format!("x {} y", &KEY[..12])), format!("x {} y", &KEY[..12]));
        assert_eq!(masked(&format!("{KEY}{KEY}")), "***");
        assert_eq!(masked("nothing to see: 100 % of a \\ b & c"), "nothing to see: 100 % of a \\ b & c");
    }
}
