//! What was measured.

use super::load::Measured;

/// How many connections are kept busy in the measurements of a round.
pub const CONNECTIONS: [usize; 3] = [1, 16, 64];
pub const NGINX: &str = "nginx, 1 worker";
pub const NGINX_WITH_HEADERS: &str = "nginx, adding the host's headers";
pub const NGINX_LIKE_PROXYING: &str = "nginx, adding the proxy's headers";
pub const MINI_HOST: &str = "mini-host, forwarding";
pub const MINI_HOST_PROXYING: &str = "mini-host, proxying";
pub const MINI_HOST_DEFAULT_MODE: &str = "mini-host, default mode";

/// What the rounds of one server found.
#[derive(Debug)]
pub struct Load {
    /// What was between the load and the handler.
    pub name: &'static str,
    /// By number of connections as in [`CONNECTIONS`], then by round.
    pub measured: [Vec<Measured>; CONNECTIONS.len()],
}

/// One start of the handler alone and one of mini-host with it, to the first 200, and what mini-host weighed then.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub handler_ms: f64,
    pub mini_host_ms: f64,
    /// What mini-host weighs when it has nothing to do, in bytes; `None` if the system does not say.
    pub idle_bytes: Option<f64>,
}

/// What a large body cost.
#[derive(Debug)]
pub struct Body {
    pub name: &'static str,
    /// By round, by how many times the body's size mini-host grew; nothing if the system does not say.
    pub copies: Vec<f64>,
}
