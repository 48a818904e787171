//! A custom handler for Azure Functions.
//!
//! Read it in this order: `main.rs` has the port, [`routes`] one line per function and the HTTP functions, [`functions`] the others.
//! [`envelope`] reads what the host sends and writes what it expects.

pub mod envelope;
pub mod functions;
pub mod routes;
