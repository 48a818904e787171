//! The secrets that the host knows by their values, to be found in a text in any spelling, under any name or none.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock, PoisonError, RwLock};

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton as _, StateID};
use aho_corasick::nfa::contiguous::NFA;
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
    secrets: BTreeSet<Box<[u8]>>,
    /// Made when it is asked for: most requests log nothing.
    automaton: OnceLock<Option<Automaton>>,
    /// A bit for the first two bytes of each: most places of a text are ruled out by them.
    beginnings: Vec<u64>,
}

/// What finds all secrets at once, so that the work grows with the text alone.
#[derive(Debug)]
struct Automaton {
    states: NFA,
    start: StateID,
    /// How much of a secret has been read in each state that is not its beginning.
    begun: HashMap<StateID, usize>,
}

impl Known {
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut known = Self::default();
        secrets.into_iter().for_each(|secret| known.add(secret));
        known
    }

    /// Adds a secret, and what hexadecimal digits and base64 make of it within a longer text.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < LEAST_SECRET_BYTES {
            return;
        }
        self.add_bytes(Plain::of(secret).bytes());
        self.add_bytes(&secret.bytes().flat_map(hexadecimal).collect::<Vec<u8>>());
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
        if bytes.len() < LEAST_SECRET_BYTES {
            return;
        }
        let secret = bytes.to_ascii_lowercase().into_boxed_slice();
        let (word, bit) = beginning(secret[0], secret[1]);
        self.beginnings.resize((1 << 16) / 64, 0);
        self.beginnings[word] |= bit;
        self.secrets.insert(secret);
        self.automaton.take();
    }

    fn holds(&self, secret: &str) -> bool {
        secret.len() < LEAST_SECRET_BYTES || self.secrets.contains(Plain::of(secret).bytes())
    }

    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        if self.secrets.is_empty() || text.len() < LEAST_SECRET_BYTES {
            return Vec::new();
        }
        let plain = Plain::of(text);
        self.ranges(plain.bytes()).into_iter().map(|range| plain.span(range)).collect()
    }

    /// Where bytes in lower case have one of them, and where they end within one.
    fn ranges(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let automaton = self.automaton.get_or_init(|| Automaton::of(&self.secrets));
        // Secrets that are too many to be looked for are too many to be told apart from what is shown.
        let Some(Automaton { states, start, begun }) = automaton else {
            return std::iter::once(0..bytes.len()).collect();
        };
        let mut ranges = Vec::new();
        let mut state = *start;
        for (at, byte) in bytes.iter().enumerate() {
            if state == *start && !bytes.get(at + 1).is_some_and(|next| self.may_begin(*byte, *next)) {
                continue;
            }
            state = states.next_state(Anchored::No, state, *byte);
            if states.is_match(state) {
                // The first one is the longest.
                let length = states.pattern_len(states.match_pattern(state, 0));
                join(&mut ranges, at + 1 - length..at + 1);
            }
        }
        let begun = begun.get(&state).copied().unwrap_or_default();
        if begun >= LEAST_SECRET_BYTES {
            join(&mut ranges, bytes.len() - begun..bytes.len());
        }
        ranges
    }

    fn may_begin(&self, first: u8, second: u8) -> bool {
        let (word, bit) = beginning(first, second);
        self.beginnings[word] & bit != 0
    }
}

impl Automaton {
    fn of(secrets: &BTreeSet<Box<[u8]>>) -> Option<Self> {
        let states = NFA::new(secrets).ok()?;
        let start = states.start_state(Anchored::No).ok()?;
        let mut begun = HashMap::new();
        for secret in secrets {
            let mut state = start;
            for (at, byte) in secret.iter().enumerate() {
                state = states.next_state(Anchored::No, state, *byte);
                begun.insert(state, at + 1);
            }
        }
        Some(Self { states, start, begun })
    }
}

/// The two digits of a byte.
fn hexadecimal(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])
}

/// Adds a range that ends behind all others, and may begin before some.
fn join(ranges: &mut Vec<Range<usize>>, mut range: Range<usize>) {
    while let Some(last) = ranges.pop_if(|last| range.start <= last.end) {
        range.start = range.start.min(last.start);
    }
    ranges.push(range);
}

/// The word and the bit in it of two bytes.
fn beginning(first: u8, second: u8) -> (usize, u64) {
    (usize::from(first) << 2 | usize::from(second) >> 6, 1 << (second & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let braces: String = KEY.bytes().map(|byte| format!("\\u{{{byte:x}}}")).collect();
        let hexadecimal: String = KEY.bytes().map(|byte| format!("{byte:02x}")).collect();
        let xml: String = KEY.bytes().map(|byte| format!("&amp;#{byte};")).collect();
        let upper = [KEY.to_uppercase(), hexadecimal.to_uppercase()];
        let slashes = KEY.replace('/', "\\/");
        let others = [KEY, &slashes, &percent, &twice, &json, &braces, &hexadecimal, &xml];
        let spellings = upper.iter().map(String::as_str).chain(others);
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

    #[test]
    fn base64_hides_no_key() {
        for before in ["", "a", "ab", "abc"] {
            let encoded = base64::encode(format!("{before}{KEY} and more").as_bytes());
            let shown = masked(&encoded);
            assert!(shown.contains("***") && shown.len() < encoded.len() - KEY.len(), "{shown}");
        }
    }

    #[test]
    fn a_key_is_found_though_a_line_ends_within_it() {
        let encoded = base64::encode(format!("{} {KEY} and more", "x".repeat(40)).as_bytes());
        let (head, tail) = encoded.split_at(76);
        for end in ["\n", "\r\n", "\\n", "\\\\r\\\\n", "%0A", "&#10;"] {
            let shown = masked(&format!("{head}{end}{tail}"));
            assert!(shown.contains("***") && shown.len() < encoded.len() - KEY.len(), "{end:?}: {shown}");
        }
        assert_eq!(masked("one\ntwo\r\n"), "one\ntwo\r\n");
        let with_slash = Known::of([r"pass\nword\1"]);
        assert_eq!(pairs(&with_slash, r"is pass\nword\1"), [(3, 15)]);
    }

    #[test]
    fn a_text_that_was_cut_in_a_key_does_not_show_its_beginning() {
        assert_eq!(masked(&format!("x {}", &KEY[..12])), "x ***");
        assert_eq!(masked(&format!("x {} y", &KEY[..12])), format!("x {} y", &KEY[..12]));
        assert_eq!(masked(&format!("{KEY}{KEY}")), "***");
        assert_eq!(masked("nothing to see: 100 % of a \\ b & c"), "nothing to see: 100 % of a \\ b & c");
    }

    fn pairs(known: &Known, text: &str) -> Vec<(usize, usize)> {
        known.places(text).into_iter().map(|place| (place.start, place.end)).collect()
    }

    #[test]
    fn secrets_that_overlap_are_masked_together() {
        let known = Known::of(["abcdefgh12", "gh12345678", "fgh12345", "h123456789-abcdefgh"]);
        assert_eq!(pairs(&known, "x abcdefgh12345678 y"), [(2, 18)]);
        assert_eq!(pairs(&known, "x abcdefgh12 fgh12345 gh1234567"), [(2, 12), (13, 21), (22, 31)]);
    }

    /// Looking for each of them at each place would be 10,000,000,000 steps.
    #[test]
    fn many_secrets_that_begin_alike_are_as_little_work_as_one() {
        let parts: Vec<String> = (0..10_000).map(|number| format!("aaaaaaaa{number:05}")).collect();
        let lengths: Vec<String> = (8..300).map(|length| "a".repeat(length)).collect();
        let secrets = || parts.iter().chain(&parts).chain(&lengths).map(String::as_str);
        let text = "a".repeat(1_000_000);
        assert_eq!(pairs(&Known::of(secrets()), &text), [(0, text.len())]);
        assert_eq!(pairs(&Known::of(secrets().take(parts.len())), &text), [(text.len() - 8, text.len())]);
        let long = format!("{}b", "a".repeat(100_000));
        assert!(Known::of([long.as_str()]).places(&format!("{text}c")).is_empty());
    }
}
