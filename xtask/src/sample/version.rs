//! A version: numbers with dots, compared number by number.

use derive_more::Display;
use serde::Deserialize;

/// `1.22`, `17.0.15`, `21`: a missing number counts as 0.
#[derive(Clone, Debug, Display, Deserialize)]
#[display("{}", _0.iter().map(u64::to_string).collect::<Vec<_>>().join("."))]
#[serde(try_from = "String")]
pub struct Version(Vec<u64>);

impl Version {
    /// The first dotted number in a tool's output, such as `1.26.8` in `go version go1.26.8 linux/amd64`; where no
    /// number has a dot, the first number (`javac` of a first release prints a bare `javac 21`). Colours do not count:
    /// Debian's Maven prints its version in bold even into a pipe.
    pub fn find(output: &str) -> Option<Version> {
        let plain = anstream::adapter::strip_str(output).to_string();
        let numbers = || plain.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_matches('.'));
        let dotted = numbers().find(|number| number.contains('.') && parse(number).is_some());
        dotted.or_else(|| numbers().find(|number| !number.is_empty())).and_then(parse).map(Version)
    }

    pub fn is_at_least(&self, least: &Version) -> bool {
        let zeros = std::iter::repeat_n(&0, least.0.len().saturating_sub(self.0.len()));
        self.0.iter().chain(zeros).ge(&least.0)
    }
}

fn parse(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|number| number.parse().ok()).collect()
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Version, String> {
        parse(&text).map(Version).ok_or_else(|| format!("`{text}` is not a version such as `1.22`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(output: &str) -> Option<String> {
        Version::find(output).map(|version| version.to_string())
    }

    #[test]
    fn is_the_first_dotted_number_a_tool_prints() {
        assert_eq!(found("go version go1.26.8 linux/amd64").as_deref(), Some("1.26.8"));
        assert_eq!(found("v20.20.2\n").as_deref(), Some("20.20.2"));
        assert_eq!(found("\x1b[1mApache Maven 3.8.7\x1b[m\nMaven home: /usr/share/maven").as_deref(), Some("3.8.7"));
        assert_eq!(found("javac 17.0.15").as_deref(), Some("17.0.15"));
        assert_eq!(found("rustfmt 1.8.0-stable (f2d3ce0bd1 2026-03-21)").as_deref(), Some("1.8.0"));
        assert_eq!(found("x86_64 tool 3.2.").as_deref(), Some("3.2"));
    }

    #[test]
    fn is_a_bare_number_where_there_is_no_dotted_one() {
        assert_eq!(found("javac 21").as_deref(), Some("21"));
        assert_eq!(found("... no number ."), None);
    }

    #[test]
    fn compares_number_by_number() {
        let version = |text: &str| Version::try_from(text.to_string()).unwrap();
        assert!(version("1.22").is_at_least(&version("1.9")) && !version("1.9").is_at_least(&version("1.22")));
        assert!(version("17.0.15").is_at_least(&version("17")) && !version("17").is_at_least(&version("17.0.15")));
        assert!(version("3.8").is_at_least(&version("3.8.0")) && version("3.8.0").is_at_least(&version("3.8")));
        assert!(Version::try_from("1.x".to_string()).is_err());
        assert!(Version::try_from(String::new()).is_err());
    }
}
