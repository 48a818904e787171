//! The few queue and blob calls that mini-host and the driver both make.
//!
//! Start with [`Storage::connect`], which takes a connection string as Azure's own clients do, then name a [`Queue`] or a
//! [`Container`]. Message texts are what stands in storage: base64 or not is the caller's affair. Every call fails when storage is out
//! of reach, or refuses it: [`Error`] says which.
//!
//! ```no_run
//! # async fn example() -> Result<(), storage::Error> {
//! let storage = storage::Storage::connect("UseDevelopmentStorage=true")?;
//! let queue = storage.queue("orders");
//! queue.put("aGVsbG8=").await?;
//! # Ok(())
//! # }
//! ```

mod account;
mod blob;
mod client;
mod error;
mod http_date;
mod queue;
mod xml;

pub use account::{Account, AccountError, DEVELOPMENT_KEY, development_connection_string};
pub use blob::{Blob, BlobItem, BlobProperties, Container, Download, PutBlob};
pub use client::{Storage, prepare_tls};
pub use error::Error;
pub use http_date::http_date;
pub use queue::{Queue, QueueMessage};
