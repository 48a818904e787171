//! What is known of the systems that a zip or an image runs on, as of November 2026.

/// Where an app is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Flex,
    Premium,
    Container,
}

/// Programs that run others, by the language's runtime that brings them, as `functionAppConfig.runtime` or
/// `FUNCTIONS_WORKER_RUNTIME` name it. Microsoft's own custom handlers are deployed with that runtime instead of `custom`:
/// <https://learn.microsoft.com/azure/azure-functions/self-hosted-mcp-servers>.
const INTERPRETERS: [(&str, &[&str]); 5] = [
    ("node", &["node", "npm", "npx"]),
    ("python", &["python", "python3"]),
    ("java", &["java"]),
    ("dotnet-isolated", &["dotnet"]),
    ("powershell", &["pwsh"]),
];
/// Those that no runtime brings, and that are no part of a slim Debian: <https://learn.microsoft.com/azure/azure-functions/supported-languages>.
pub const OF_NO_RUNTIME: [&str; 8] = ["R", "Rscript", "php", "ruby", "deno", "bun", "lua", "julia"];
/// What every Linux has.
pub const SHELLS: [&str; 4] = ["sh", "bash", "dash", "env"];

impl Plan {
    pub const ALL: [Self; 3] = [Self::Flex, Self::Premium, Self::Container];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flex => "flex",
            Self::Premium => "premium",
            Self::Container => "container",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Flex => "Flex Consumption",
            Self::Premium => "Premium, on Linux",
            Self::Container => "an image on Microsoft's `node:4-node22`",
        }
    }

    /// The GNU C library that is there for certain, and the newest that may be. Today's images are Debian 12, with 2.36, and the
    /// older ones Debian 11, with 2.31 (<https://github.com/Azure/azure-functions-docker>); which of them a plan starts without
    /// an image of yours is not published.
    pub const fn glibc(self) -> ((u32, u32), (u32, u32)) {
        match self {
            Self::Flex | Self::Premium => ((2, 31), (2, 36)),
            Self::Container => ((2, 36), (2, 36)),
        }
    }

    /// Whether containers are scanned for blobs: Flex Consumption learns of them by events alone
    /// (<https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-blob-trigger>).
    pub fn scans_containers(self) -> bool {
        self != Self::Flex
    }
}

/// The runtime that brings the program of this name.
pub fn runtime_of(program: &str) -> Option<&'static str> {
    INTERPRETERS.iter().find(|(_, programs)| programs.contains(&program)).map(|(runtime, _)| *runtime)
}
