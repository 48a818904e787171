//! Callers that say `Connection: close`, as nginx and many probes do: none of their requests is lost.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Failed;

use crate::shell::Shell;

const REQUESTS: usize = 480;
/// How long one answer may keep the caller waiting.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Calls the handler itself, and through a host that passes the header on, which it does in forwarding mode.
pub fn loses_nothing(shell: &Shell, handler: &str, app: &Path) -> Result<(), Failed> {
    call(handler)?;
    let host_json = app.join("host.json");
    let forwarding = fs::read_to_string(&host_json)?.replace("enableProxyingHttp", "enableForwardingHttp");
    fs::write(host_json, forwarding)?;
    let host = shell.start("AzureWebJobsStorage='' mini-host --port 0 --functions SimpleHttpTrigger")?;
    call(&host.says("Listening on ")?).map_err(|error| format!("{error}\n{}", host.output()).into())
}

fn call(url: &str) -> Result<(), String> {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let requests = [
        "GET /api/SimpleHttpTrigger?name=Ada HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /api/SimpleHttpTrigger HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: 14\r\n\r\n{\"name\":\"Ada\"}",
    ];
    for (number, request) in requests.iter().cycle().take(REQUESTS).enumerate() {
        let answer = ask(address, request).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => {
                format!("request {number} to {url} was not answered in {} s", ANSWER_LIMIT.as_secs())
            }
            _ => format!("request {number} to {url}: {error}"),
        })?;
        // Whoever keeps connections for the next request drops this one only if it is told.
        let is_closed = answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n");
        if !answer.starts_with("HTTP/1.1 200 ") || !is_closed || !answer.contains("Hello, Ada!") {
            return Err(format!("request {number} to {url} was answered\n{answer}"));
        }
    }
    Ok(())
}

/// All that comes until the connection is closed.
fn ask(address: &str, request: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(ANSWER_LIMIT))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}
