//! What an engine has: images, containers, networks.

use super::labels::Labels;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// `sha256:…`: a name can be moved to another image, an id cannot.
    pub id: String,
    /// Labels, those of the images below among them.
    pub labels: Labels,
    /// In Docker's words: `amd64`.
    pub architecture: String,
    pub bytes: i64,
    /// The names it has.
    pub tags: Vec<String>,
}

impl Image {
    pub fn is_unnamed(&self) -> bool {
        self.tags.iter().all(|tag| tag == "<none>:<none>")
    }
}

/// A container to be made.
#[derive(Clone, Debug, Default)]
pub struct Container {
    pub name: String,
    pub image: String,
    /// Environment on top of the image's.
    pub environment: Vec<(String, String)>,
    pub labels: Labels,
    /// The network it is in, and in no other.
    pub network: String,
    /// Ports that are published, each on a port the engine chooses.
    pub ports: Vec<u16>,
    /// Whether everything it does not need is taken from it: capabilities, and ways to gain them.
    pub confined: bool,
    pub memory_bytes: i64,
    pub pids: i64,
}

/// A thing of ours that outlived its use, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub id: String,
    pub name: String,
    pub labels: Labels,
}
