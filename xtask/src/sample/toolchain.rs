//! A toolchain: what a manifest asks of the machine.

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::command_line::{CommandLine, InnerPath};
use super::plain;
use super::version::Version;

/// What must be there to build and test.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// What a site may provide an installer for, and the folder it is unpacked into.
    #[serde(deserialize_with = "folder_name")]
    pub name: String,
    /// Must exit 0; the first dotted number in its output is the version.
    pub probe: CommandLine,
    /// The oldest version that will do.
    pub at_least: Option<Version>,
    /// Debian packages that bring it, the one that has its version first.
    #[serde(default, deserialize_with = "plain::packages")]
    pub apt: Vec<String>,
    /// A folder of the repository whose lock file names a package of npm that brings it: `<package>/bin/<program>`.
    pub npm: Option<InnerPath>,
    /// What is fetched if neither leads there.
    pub archive: Option<Archive>,
    /// What a person does where nothing else leads there: a command, or a page to read.
    pub page: Option<String>,
}

/// One part of a path: it becomes a folder's name.
fn folder_name<'de, D: Deserializer<'de>>(name: D) -> Result<String, D::Error> {
    let name = String::deserialize(name)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        let hint = "letters, digits, dots and dashes: it becomes a folder's name";
        return Err(D::Error::custom(format!("`{name}` cannot be a toolchain's name\nhint: {hint}")));
    }
    Ok(name)
}

/// A `.tar.gz` of the toolchain's makers.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenArchive")]
pub struct Archive {
    pub url: String,
    pub hash: Hash,
}

/// What an archive must hash to, in hexadecimal digits in lower case.
#[derive(Clone, Debug)]
pub enum Hash {
    Sha256(String),
    /// Where the makers publish this one.
    Sha512(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenArchive {
    url: String,
    sha256: Option<String>,
    sha512: Option<String>,
}

impl TryFrom<WrittenArchive> for Archive {
    type Error = String;

    fn try_from(written: WrittenArchive) -> Result<Archive, String> {
        let WrittenArchive { url, sha256, sha512 } = written;
        let hash = match (sha256, sha512) {
            (Some(hash), None) => Hash::Sha256(digits(&hash, 64)?),
            (None, Some(hash)) => Hash::Sha512(digits(&hash, 128)?),
            _ => {
                return Err(
                    "an archive has one hash\nhint: give the `sha256` or `sha512` that its makers publish".into()
                );
            }
        };
        Ok(Archive { url, hash })
    }
}

fn digits(hash: &str, count: usize) -> Result<String, String> {
    let right = hash.len() == count && hash.chars().all(|c| c.is_ascii_hexdigit());
    if right { Ok(hash.to_lowercase()) } else { Err(format!("a hash here has {count} hexadecimal digits")) }
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
