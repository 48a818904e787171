//! Where the container engine listens.

use std::path::Path;

use anyhow::{Result, bail};
use derive_more::Display;

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// The rootless engines' sockets, below `XDG_RUNTIME_DIR`.
const USER_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];
const PODMAN_SOCKET: &str = "/run/podman/podman.sock";

/// As a person writes it into `DOCKER_HOST`.
#[derive(Clone, Debug, PartialEq, Eq, Display)]
pub enum Address {
    /// A socket of this machine.
    #[display("unix://{_0}")]
    Unix(String),
    /// `host:port`, without encryption.
    #[display("tcp://{_0}")]
    Tcp(String),
}

impl Address {
    /// The host under which ports that the engine publishes are reached, and the address it should publish them on:
    /// loopback, unless the engine is on another machine, where loopback would be its own.
    pub fn published(&self) -> (String, &'static str) {
        let loopback = ("127.0.0.1".to_owned(), "127.0.0.1");
        match self {
            Address::Unix(_) => loopback,
            Address::Tcp(authority) => match authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host) {
                "localhost" | "127.0.0.1" | "[::1]" => loopback,
                elsewhere => (elsewhere.to_owned(), "0.0.0.0"),
            },
        }
    }
}

/// Whether there is a socket that this person may not use.
pub fn is_denied(address: &Address) -> bool {
    let access = |path: &String| rustix::fs::access(path.as_str(), rustix::fs::Access::WRITE_OK);
    matches!(address, Address::Unix(path) if access(path) == Err(rustix::io::Errno::ACCESS))
}

/// Where the engine of this machine is, for all that speak to it: as Docker's own client finds it, as far as that goes
/// without its configuration. That is `DOCKER_HOST`, else the first socket that exists, Podman's among them, else Docker's
/// usual one.
pub fn current() -> Result<Address> {
    find(variable, Path::exists)
}

/// The context that Docker's client would use instead of the default one, if there is such a choice. Contexts are not
/// read here, but a person who has chosen one should hear why it was not taken.
pub fn other_context() -> Option<String> {
    chosen_context(variable, |path| std::fs::read_to_string(path).ok())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn find(variable: impl Fn(&str) -> Option<String>, exists: impl Fn(&Path) -> bool) -> Result<Address> {
    if let Some(host) = variable("DOCKER_HOST").filter(|host| !host.is_empty()) {
        return parse(&host, variable("DOCKER_TLS_VERIFY").is_some_and(|verify| !verify.is_empty()));
    }
    let user = variable("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    let user = user.iter().flat_map(|folder| USER_SOCKETS.map(|socket| format!("{folder}/{socket}")));
    let sockets = std::iter::once(DEFAULT_SOCKET.to_owned()).chain(user).chain([PODMAN_SOCKET.to_owned()]);
    let found = sockets.into_iter().find(|socket| exists(Path::new(socket)));
    Ok(Address::Unix(found.unwrap_or_else(|| DEFAULT_SOCKET.to_owned())))
}

fn parse(host: &str, encrypted: bool) -> Result<Address> {
    match host.split_once("://") {
        Some(("unix", path)) => Ok(Address::Unix(path.to_owned())),
        Some(("tcp" | "http", _)) if encrypted => bail!(
            "`DOCKER_TLS_VERIFY` is set, and engines are spoken to without encryption here\n\
             hint: forward the engine's socket to this machine and set `DOCKER_HOST=unix://…`"
        ),
        Some(("tcp" | "http", authority)) => Ok(Address::Tcp(authority.trim_end_matches('/').to_owned())),
        Some(("ssh", target)) => bail!(
            "`DOCKER_HOST={host}` would need ssh, which is not supported here\n\
             hint: `ssh -nNT -L /tmp/docker.sock:{DEFAULT_SOCKET} {target}`, and set `DOCKER_HOST=unix:///tmp/docker.sock`"
        ),
        _ => bail!(
            "`DOCKER_HOST={host}` is not the address of an engine\nhint: `unix:///path/to/socket` or `tcp://host:port`"
        ),
    }
}

fn chosen_context(variable: impl Fn(&str) -> Option<String>, read: impl Fn(&Path) -> Option<String>) -> Option<String> {
    if variable("DOCKER_HOST").is_some_and(|host| !host.is_empty()) {
        return None;
    }
    let configured = || {
        let folder = variable("DOCKER_CONFIG").or_else(|| Some(format!("{}/.docker", variable("HOME")?)))?;
        let text = read(&Path::new(&folder).join("config.json"))?;
        let config: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(config.get("currentContext")?.as_str()?.to_owned())
    };
    variable("DOCKER_CONTEXT").or_else(configured).filter(|name| !name.is_empty() && name != "default")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)], sockets: &[&str]) -> Result<Address> {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        find(variable, |path| sockets.iter().any(|socket| Path::new(socket) == path))
    }

    fn unix(path: &str) -> Address {
        Address::Unix(path.to_owned())
    }

    #[test]
    fn docker_host_comes_first() {
        assert_eq!(found(&[("DOCKER_HOST", "unix:///a/b.sock")], &[DEFAULT_SOCKET]).unwrap(), unix("/a/b.sock"));
        let tcp = found(&[("DOCKER_HOST", "tcp://docker:2375")], &[]).unwrap();
        assert_eq!(tcp, Address::Tcp("docker:2375".to_owned()));
        assert_eq!(found(&[("DOCKER_HOST", "")], &[]).unwrap(), unix(DEFAULT_SOCKET));
    }

    #[test]
    fn then_the_sockets_that_exist() {
        let user = [("XDG_RUNTIME_DIR", "/run/user/1000")];
        let podman = "/run/user/1000/podman/podman.sock";
        assert_eq!(found(&user, &[podman, DEFAULT_SOCKET]).unwrap(), unix(DEFAULT_SOCKET));
        assert_eq!(found(&user, &[podman, PODMAN_SOCKET]).unwrap(), unix(podman));
        assert_eq!(found(&[], &[PODMAN_SOCKET]).unwrap(), unix(PODMAN_SOCKET));
        assert_eq!(found(&[], &[]).unwrap(), unix(DEFAULT_SOCKET));
    }

    #[test]
    fn what_cannot_be_spoken_gets_a_hint() {
        let unspoken = ["ssh://me@there", "npipe:////./pipe/docker", "docker:2375"];
        for host in unspoken {
            let error = found(&[("DOCKER_HOST", host)], &[]).unwrap_err().to_string();
            assert!(error.contains(host) && error.contains("\nhint: "), "{error}");
        }
        let encrypted = found(&[("DOCKER_HOST", "tcp://there:2376"), ("DOCKER_TLS_VERIFY", "1")], &[]);
        assert!(encrypted.unwrap_err().to_string().contains("DOCKER_TLS_VERIFY"));
    }

    #[test]
    fn ports_are_published_on_loopback_unless_the_engine_is_elsewhere() {
        assert_eq!(unix("/s").published(), ("127.0.0.1".to_owned(), "127.0.0.1"));
        assert_eq!(Address::Tcp("localhost:2375".to_owned()).published().1, "127.0.0.1");
        assert_eq!(Address::Tcp("docker:2375".to_owned()).published(), ("docker".to_owned(), "0.0.0.0"));
    }

    #[test]
    fn a_chosen_context_is_noticed() {
        let context = |variables: &[(&str, &str)], config: &str| {
            let variable =
                |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
            chosen_context(variable, |path| {
                (path == Path::new("/home/a/.docker/config.json")).then(|| config.to_owned())
            })
        };
        let home = ("HOME", "/home/a");
        assert_eq!(context(&[home], r#"{"currentContext":"far"}"#).as_deref(), Some("far"));
        assert_eq!(context(&[home], r#"{"currentContext":"default"}"#), None);
        assert_eq!(context(&[home], "not JSON"), None);
        assert_eq!(context(&[home, ("DOCKER_CONTEXT", "near")], "{}").as_deref(), Some("near"));
        assert_eq!(context(&[home, ("DOCKER_HOST", "unix:///s")], r#"{"currentContext":"far"}"#), None);
    }
}
