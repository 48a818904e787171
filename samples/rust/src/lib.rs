//! A custom handler for Azure Functions.
//!
//! Read it in this order: `main.rs` has the port and how to stop, [`routes`] one line per function, [`functions`] the functions themselves.
//! [`http`] has what plain HTTP needs; [`envelope`] reads what the host sends and writes what it expects.

pub mod envelope;
pub mod functions;
pub mod http;
pub mod routes;
