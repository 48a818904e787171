//! HTTP/1 in the two dialects of the real host: Kestrel's towards callers, that of .NET's `HttpClient` towards the handler.
//!
//! Nearly all heads are parsed by `httparse`. What is built around it here is what a library for general use hides or refuses, and the real
//! host does: header lines keep their order and their spelling, a status may be any number, a connection is driven by the task
//! that uses it. The crate knows nothing of functions, of an app or of a log.
//!
//! # Serving
//!
//! [`server::serve`] accepts connections and gives every request to a [`Service`]: a [`Request`], which is the head and the
//! [`Target`], and the [`Caller`], from whom the body is read when the service asks for it. What Kestrel refuses by itself
//! ([`kestrel`]) never reaches the service. The [`Response`] that comes back is written as Kestrel writes it. A service whose
//! response has no end yet answers by [`Caller::stream`], or after an upgrade by [`Caller::tunnel`], and returns `None`.
//!
//! ```no_run
//! use wire::{Caller, Request, Response, Service, Warning, server};
//!
//! #[derive(Clone)]
//! struct Echo;
//!
//! impl Service for Echo {
//!     async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
//!         Some(match caller.collect(1024).await {
//!             Ok(body) if request.target.path == "/echo" => Response::from(body),
//!             Ok(_) => Response::empty(404),
//!             Err(_) => Response::empty(500),
//!         })
//!     }
//!
//!     fn warn(&self, warning: Warning) {
//!         eprintln!("{warning}");
//!     }
//! }
//!
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! server::serve(vec![listener], 1000, std::future::pending(), Echo).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Calling
//!
//! A [`Client`] keeps the connections to one handler. [`Client::call`] sends a [`client::Request`] with a [`client::Body`] and
//! returns a complete [`client::Response`], or a [`client::Error`] that says how far it came. [`Client::send`] is for bodies that
//! stream: the response follows as soon as its head is there, and its body in [`Pieces`], which is what [`Caller::stream`] takes.
//!
//! # Floors
//!
//! [`name`] < [`headers`] < [`head`], [`framing`], [`response`] are pure; `reader` reads by them; [`caller`] is what a service
//! sees; [`server`] and [`client`] stand on top and do not know each other.

mod activity;
pub mod addresses;
pub mod caller;
pub mod client;
mod connection_option;
mod deadline;
pub mod framing;
pub mod head;
pub mod headers;
pub mod kestrel;
pub mod name;
mod pieces;
mod reader;
pub mod reason;
pub mod response;
pub mod server;
mod service;
mod socket;
mod stream;
pub mod target;
mod tunnel;
mod write;

pub use caller::Caller;
pub use client::Client;
pub use framing::BodyError;
pub use head::{HeadError, RequestHead, ResponseHead};
pub use headers::Headers;
pub use name::Name;
pub use pieces::Pieces;
pub use response::Response;
pub use service::{Request, Service, Warning};
pub use socket::Upgraded;
pub use stream::StreamError;
pub use target::Target;
