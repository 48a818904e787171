//! A request that has been sent and not been answered.

use std::sync::Arc;
use std::time::Duration;

use super::connection::Connection;
use super::error::Error;
use super::pool::{Pool, keep_alive_limit};
use super::request::{Body, Request};
use super::response::Response;
use super::response_body::ResponseBody;
use crate::head::ResponseHead;

/// What is the same for each time that a request is sent.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub pool: &'a Arc<Pool>,
    pub request: &'a Request,
    pub idle_limit: Duration,
}

/// A request that has been sent and not been answered. If it is dropped the connection is closed.
#[derive(Debug)]
pub struct Sent<'a> {
    exchange: Exchange<'a>,
    connection: Box<Connection>,
    /// What came while the request was sent.
    head: Option<Result<ResponseHead, Error>>,
    /// How often the request may be sent again.
    repeats: u32,
}

impl<'a> Exchange<'a> {
    /// Sends the request. It may be sent again `repeats` times if the handler closes the connection without a response.
    pub async fn send(self, mut body: Body<'_>, may_reuse: bool, repeats: u32) -> Result<Sent<'a>, Error> {
        let mut connection = self.pool.take(may_reuse, Some(self.idle_limit)).await?;
        let head = connection.transmit(self.request, &mut body, self.idle_limit).await?;
        Ok(Sent { exchange: self, connection, head, repeats })
    }
}

impl Sent<'_> {
    /// Waits for the head of the response. A request without a body is sent again, up to three times, if the handler closes
    /// the connection without a response (protocol.md#forwarding-repeated-delivery).
    ///
    /// # Errors
    /// If the handler hangs up, does not speak HTTP, or says nothing for too long.
    pub async fn response(mut self) -> Result<Response<ResponseBody>, Error> {
        let Exchange { pool, request, idle_limit } = self.exchange;
        loop {
            let head = match self.head.take() {
                Some(head) => head,
                None => self.connection.head(idle_limit).await,
            };
            match head {
                Err(Error::Closed) if self.repeats > 0 => {
                    self = self.exchange.send(Body::Empty, false, self.repeats - 1).await?;
                }
                Err(error) => return Err(error),
                Ok(head) => {
                    let framing = self.connection.framing(&head, request.method == "HEAD");
                    let usable_until = keep_alive_limit(&head.headers);
                    let (connection, pool) = (Some(self.connection), Arc::clone(pool));
                    let body = ResponseBody { connection, pool, framing, usable_until, idle_limit };
                    return Ok(Response { head, body });
                }
            }
        }
    }
}
