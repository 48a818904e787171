//! What a function names beside its trigger: expressions, connections, blob inputs, queue and blob outputs.
//!
//! [`connection`] turns the name of a setting into a storage account, [`expression`] a path such as `orders/{id}` into the name
//! that it means in one invocation, [`input`] reads blobs before the handler is asked and [`output`] writes what it gave.

pub mod changes;
pub mod connection;
mod date_format;
pub mod expression;
pub mod input;
pub mod location;
pub mod output;

use crate::app::{MessageEncoding, Settings};
use changes::Changes;
use connection::Connections;

/// At most so many bindings of one invocation are read or written at once; a function may have any number.
const MOST_AT_ONCE: usize = 100;

/// What reading and writing bindings takes: the storage accounts of an app, and how its queue messages are encoded.
#[derive(Debug, Clone)]
pub struct Bindings {
    pub connections: Connections,
    pub settings: Settings,
    pub encoding: MessageEncoding,
    /// Announces what this host itself has written.
    pub changes: Changes,
}

impl Bindings {
    pub fn new(settings: &Settings, encoding: MessageEncoding) -> Self {
        Self {
            connections: Connections::new(settings),
            settings: settings.clone(),
            encoding,
            changes: Changes::default(),
        }
    }
}
