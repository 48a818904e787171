//! One request on a connection of its own. A client with a pool, or one that adds headers, would be part of what is measured.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// The first answer waits for Node to start; a large body is sent and counted; an event comes. All take well under a second.
const LIMIT: Duration = Duration::from_secs(20);

/// Sends `GET`, or `POST` where there is a body, asks for a 200, and gives its body.
pub fn ask(url: &str, body: &[u8]) -> Result<String> {
    let answer = answer(url, body).with_context(|| format!("no answer from {url} within {} s", LIMIT.as_secs()))?;
    let line = answer.lines().next().unwrap_or_default();
    ensure!(line.starts_with("HTTP/1.1 200 "), "{url} answered `{line}` and not 200");
    Ok(answer.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

/// A connection to the server of a URL, and what of the URL a request names: the authority, and the path without its slash.
pub fn connect(url: &str) -> Result<(TcpStream, &str, &str)> {
    let rest = url.strip_prefix("http://").context("no http URL")?;
    let (authority, path) = rest.split_once('/').context("no path")?;
    let stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    Ok((stream, authority, path))
}

fn answer(url: &str, body: &[u8]) -> Result<String> {
    let (mut stream, authority, path) = connect(url)?;
    let method = if body.is_empty() { "GET" } else { "POST" };
    let length = body.len();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nContent-Type: text/plain\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
