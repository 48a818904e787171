//! A listener between a client and a server that passes every byte on and keeps a copy.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

type Copy = Arc<Mutex<Vec<u8>>>;

/// What passed so far.
pub struct Wire {
    /// Where clients connect instead.
    pub address: String,
    sent: Copy,
    came: Copy,
}

/// Stands before the server at `address` for as long as the test's runtime lives.
pub async fn between(address: &str) -> Wire {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wire =
        Wire { address: listener.local_addr().unwrap().to_string(), sent: Copy::default(), came: Copy::default() };
    let (server, sent, came) = (address.to_owned(), Arc::clone(&wire.sent), Arc::clone(&wire.came));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = TcpStream::connect(&server).await.unwrap().into_split();
            tokio::spawn(pass(from_client, to_server, Arc::clone(&sent)));
            tokio::spawn(pass(from_server, to_client, Arc::clone(&came)));
        }
    });
    wire
}

impl Wire {
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent_bytes()).into_owned()
    }

    pub fn came(&self) -> String {
        String::from_utf8_lossy(&self.came_bytes()).into_owned()
    }

    pub fn sent_bytes(&self) -> Vec<u8> {
        self.sent.lock().unwrap().clone()
    }

    pub fn came_bytes(&self) -> Vec<u8> {
        self.came.lock().unwrap().clone()
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, copy: Copy) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        copy.lock().unwrap().extend_from_slice(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
