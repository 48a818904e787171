//! A toolchain: what a manifest asks of the machine.

use serde::{Deserialize, Serialize};

use super::command_line::{CommandLine, InnerPath};
use super::version::Version;

/// What must be there to build and test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// What a site may provide an installer for.
    pub name: String,
    /// Must exit 0; the first dotted number in its output is the version.
    pub probe: CommandLine,
    /// The oldest version that will do.
    pub at_least: Option<Version>,
    /// Debian packages that bring it, the one that has its version first.
    #[serde(default)]
    pub apt: Vec<String>,
    /// A folder of the repository whose lock file names a package of npm that brings it: `<package>/bin/<program>`.
    pub npm: Option<InnerPath>,
    /// What is fetched if neither leads there.
    pub archive: Option<Archive>,
    /// What a person does where nothing else leads there: a command, or a page to read.
    pub page: Option<String>,
}

/// A `.tar.gz` of the toolchain's makers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// Where it is.
    pub url: String,
    /// What it must hash to.
    pub sha256: Option<Hash<64>>,
    /// The same, where the makers publish this one.
    pub sha512: Option<Hash<128>>,
}

/// A hash in hexadecimal digits, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash<const DIGITS: usize>(pub String);

impl<const DIGITS: usize> TryFrom<String> for Hash<DIGITS> {
    type Error = String;

    fn try_from(text: String) -> Result<Hash<DIGITS>, String> {
        let right = text.len() == DIGITS && text.chars().all(|c| c.is_ascii_hexdigit());
        if right { Ok(Hash(text.to_lowercase())) } else { Err(format!("a hash here has {DIGITS} hexadecimal digits")) }
    }
}

impl<const DIGITS: usize> From<Hash<DIGITS>> for String {
    fn from(hash: Hash<DIGITS>) -> String {
        hash.0
    }
}

impl Toolchain {
    /// `go 1.22 or newer`
    pub fn need(&self) -> String {
        match &self.at_least {
            Some(version) => format!("{} {version} or newer", self.name),
            None => self.name.clone(),
        }
    }
}
