//! .NET's regular expressions, of which the constraint `regex(…)` is made: each is written anew for the engine at hand. The only file
//! that names its crate.

mod class;
mod error;
mod groups;
mod letter;
mod translation;

use std::borrow::Cow;

use fancy_regex::{Regex, RegexBuilder};

pub use error::Error;
use letter::units;
use translation::Translation;

/// How often the engine may turn back over one value; .NET gives up after ten seconds.
const MOST_STEPS_BACK: usize = 1_000_000;
const MOST_PROGRAM_BYTES: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(super) struct Pattern(Regex);

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let unsupported = |error: fancy_regex::Error| Error::Unsupported(error.to_string());
        let mut builder = RegexBuilder::new(&Translation::of(text)?);
        builder.case_insensitive(true).backtrack_limit(MOST_STEPS_BACK).delegate_size_limit(MOST_PROGRAM_BYTES);
        builder.build().map(Self).map_err(unsupported)
    }

    pub(super) fn is_match(&self, value: &str) -> Result<bool, Error> {
        let is_plain = value.chars().all(|character| character.len_utf16() == 1);
        let units = if is_plain { Cow::Borrowed(value) } else { Cow::Owned(units(value).collect()) };
        self.0.is_match(&*units).map_err(|_| Error::Endless(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let it = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for (value, expected) in matching.iter().map(|it| (it, true)).chain(others.iter().map(|it| (it, false))) {
            assert_eq!(it.is_match(value), Ok(expected), "{pattern} on {value:?}");
        }
    }

    #[test]
    fn constructs_mean_what_they_mean_in_dotnet() {
        check("^(?!api$)", &["shop", "apis"], &["api", "API"]);
        check("(?<=a)b(?!c)", &["ab"], &["abc", "b"]);
        check(r"(?<=\d+)x", &["12x"], &["ax"]);
        check("(?<!a)b", &["b", "cb"], &["ab"]);
        check(r"^(a|b)\1$", &["aa", "bb"], &["ab"]);
        check(r"^(?<n>a)(b)\1\k<n>\2$", &["abbaa"], &["abab"]);
        check(r"^(?'n'a)\k'n'$", &["aa"], &["a"]);
        check("^(?>a+)b$", &["aab"], &["aac"]);
        check("^(a)?(?(1)b|c)$", &["ab", "c"], &["b"]);
        check("^(?<q>a)?(?(q)b|c)$", &["ab", "c"], &["b"]);
        check("^abc$", &["ABC", "abc\n"], &["abc\n\n", "abcd"]);
        check("(?-i)^abc$", &["abc"], &["ABC"]);
        check("^a(?-i:B)$", &["AB", "aB"], &["ab"]);
        check("(?m)^b$", &["a\nb\nc"], &["ab"]);
        check("(?x) ^ a b # the rest\n $", &["ab"], &["a b"]);
        check("^a(?#why)b$", &["ab"], &["a"]);
        check(r"^\w+$", &["é", "a_1"], &["a-b"]);
        check(r"^\p{Lu}\P{L}$", &["É1"], &["11"]);
        check(r"^a{2}b{1,}c{,2}$", &["aabc{,2}"], &["aabc"]);
        check(r"^a+?b??c*$", &["aabcc", "a"], &["bc"]);
        check(r"^\x41\u0042\103\cI\t$", &["ABC\t\t"], &["ABC"]);
        check(r"^a\.b\/c\-d$", &["a.b/c-d"], &["axb/c-d"]);
        check(r"^\p{Lu}(?-i:\p{Lu})$", &["aA", "\u{131}A"], &["aa", "1A"]);
        check(r"^a$\n", &["a\n"], &["a"]);
        check("^..$", &["\u{1f375}", "ab"], &["a", "ab\u{1f375}"]);
        check("^\u{1f375}[^a]{2}$", &["\u{1f375}\u{1f375}"], &["\u{1f375}a"]);
        check("^a/b c#d&e~f$", &["a/b c#d&e~f"], &[]);
    }

    #[test]
    fn classes_are_those_of_dotnet() {
        check("^[a&&b]+$", &["a&b"], &["c"]);
        check("^[[:alpha:]]+$", &["a]", ":]]"], &["abc"]);
        check("^[a-z-[aeiou]]+$", &["xyz"], &["xaz", "-"]);
        check("^[^a-z-[0-9]]+$", &["_-"], &["a", "1"]);
        check("^[[a-z-]]+$", &["a]", "[]]"], &["hello-world"]);
        check("^[]a]+$", &["]a"], &["b"]);
        check("^[a~~b]+$", &["~ab"], &["c"]);
        check(r"^[\--a]+$", &["-a"], &["0"]);
        check(r"^[\w.-]+$", &["a.b-c"], &["a b"]);
        check(r"^[\]\\\b]+$", &["]\\\u{8}"], &["b"]);
        check(r"^[^\W\d]+$", &["ab"], &["a1", "-"]);
    }

    #[test]
    fn what_dotnet_refuses_is_broken_and_what_this_engine_lacks_is_its_own_limit() {
        for text in [
            "[",
            "(",
            ")",
            "a**",
            "a{2}{3}",
            "a+*",
            "*a",
            r"\",
            r"\j",
            r"\k<n>",
            r"\1",
            "[z-a]",
            r"[a-\d]",
            "(?<1-)",
            "(?q)",
            "a{2,1}",
            r"\u12",
            "(?#",
            r"\p",
            r"\p{lu}",
            "[a-[b]c]",
            "(?)",
            "(?i)*",
            "({1}",
            "(?=*)",
            "(?<0>a)",
            r"\80",
            "a{2147483648}",
        ] {
            let error = Pattern::parse(text).unwrap_err();
            assert!(matches!(error, Error::Broken(_)) || text == "(?<1-)", "{text}: {error:?}");
        }
        for text in
            ["(?<a-b>x)", r"\p{IsGreek}", "(?n)(a)", "(?(a)b|c)", "(a{1000}){1000}", "((a{9999999}){9999999}){9999999}"]
        {
            assert!(matches!(Pattern::parse(text), Err(Error::Unsupported(_))), "{text}");
        }
    }

    #[test]
    fn a_class_within_a_class_has_an_end() {
        check(&format!("^{}a{}$", "[b-".repeat(9), "]".repeat(9)).replace("-a", "-[a]"), &["b"], &["c"]);
        let deep = format!("{}a{}", "[a-".repeat(20_000), "]".repeat(20_000));
        assert!(matches!(Pattern::parse(&deep), Err(Error::Unsupported(_))));
    }

    #[test]
    fn many_braces_that_count_nothing_are_read_in_time() {
        let begun = std::time::Instant::now();
        _ = Pattern::parse(&"{".repeat(64 * 1024));
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_pattern_that_turns_back_for_ever_is_given_up() {
        let it = Pattern::parse(r"^(a|aa)+\1$").unwrap();
        assert!(matches!(it.is_match(&format!("{}b", "a".repeat(200))), Err(Error::Endless(_))));
    }
}
