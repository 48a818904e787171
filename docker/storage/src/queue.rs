//! Queues and their messages.

use std::time::Duration;

use chrono::NaiveDateTime;
use http::Method;

use crate::client::{Answer, Call, Service, Storage};
use crate::error::{Error, present};
use crate::http_date::http_date;
use crate::xml::{self, Element};

/// A queue, by name. It need not exist.
#[derive(Clone, Debug)]
pub struct Queue {
    storage: Storage,
    name: String,
}

/// A message that was taken: invisible to others until `next_visible_time`, and ours to update or delete by its receipt. Its times are
/// UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// The id it was given when it was put.
    pub id: String,
    /// The text as it stands in storage.
    pub text: String,
    /// How often it has been taken, this time included.
    pub dequeue_count: u64,
    /// What proves that it is ours; a new one comes with every [`Queue::update`].
    pub pop_receipt: String,
    /// When it was put.
    pub insertion_time: NaiveDateTime,
    /// When it vanishes by itself.
    pub expiration_time: NaiveDateTime,
    /// When it becomes visible again.
    pub next_visible_time: NaiveDateTime,
}

impl Storage {
    /// A queue by name; it need not exist.
    pub fn queue(&self, name: impl Into<String>) -> Queue {
        Queue { storage: self.clone(), name: name.into() }
    }
}

impl Queue {
    /// The queue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, without credentials.
    pub fn url(&self) -> String {
        format!("{}/{}", self.storage.account().queue_endpoint, self.name)
    }

    /// Creates the queue unless it is there already.
    pub async fn create(&self) -> Result<(), Error> {
        self.storage.call(self.request(Method::PUT, "")).await.map(drop)
    }

    /// How many messages it holds, invisible ones included, or `None` if there is no such queue.
    pub async fn length(&self) -> Result<Option<u64>, Error> {
        let call = self.request(Method::GET, "").query("comp", "metadata");
        let Some(answer) = present(self.storage.call(call).await)? else { return Ok(None) };
        let count = answer.header("x-ms-approximate-messages-count");
        count.parse().map(Some).map_err(|_| answer.unexpected(format!("`{count}` is not a number of messages")))
    }

    /// Puts a message that is visible at once and lives for the seven days of storage's default; its id. The queue is created if
    /// it is missing. A text of more than 64 KiB is refused.
    pub async fn put(&self, text: &str) -> Result<String, Error> {
        let document = format!("<QueueMessage><MessageText>{}</MessageText></QueueMessage>", xml::escaped(text));
        let put = async || {
            let call = self.request(Method::POST, "/messages").header("content-type", "application/xml");
            let answer = self.storage.call(call.body(document.clone())).await?.xml()?;
            let messages = answer.descendants("QueueMessage");
            Ok::<_, Error>(messages.first().map(|message| message.text_of("MessageId").to_owned()).unwrap_or_default())
        };
        match put().await {
            Err(error) if error.is_not_found() => {
                self.create().await?;
                put().await
            }
            result => result,
        }
    }

    /// Takes up to `count` (1 to 32) messages and hides them from others for `invisible`.
    pub async fn receive(&self, count: u32, invisible: Duration) -> Result<Vec<QueueMessage>, Error> {
        let call = self.request(Method::GET, "/messages").query("numofmessages", count);
        let answer = self.storage.call(call.query("visibilitytimeout", invisible.as_secs())).await?;
        let messages = answer.xml()?;
        messages.descendants("QueueMessage").into_iter().map(|message| read_message(&answer, message)).collect()
    }

    /// Hides a taken message for `invisible` from now on (zero: shows it again); its new receipt.
    pub async fn update(&self, id: &str, pop_receipt: &str, invisible: Duration) -> Result<String, Error> {
        let call = self.message(Method::PUT, id, pop_receipt).query("visibilitytimeout", invisible.as_secs());
        Ok(self.storage.call(call).await?.header("x-ms-popreceipt").to_owned())
    }

    /// Deletes a taken message, or `false` if it was gone already, or is not ours any more.
    pub async fn delete_message(&self, id: &str, pop_receipt: &str) -> Result<bool, Error> {
        match self.storage.call(self.message(Method::DELETE, id, pop_receipt)).await {
            // Somebody else has taken the message since: storage says so in two ways.
            Err(error) if error.code() == "PopReceiptMismatch" => Ok(false),
            result => Ok(present(result)?.is_some()),
        }
    }

    /// Deletes all messages.
    pub async fn clear(&self) -> Result<(), Error> {
        self.storage.call(self.request(Method::DELETE, "/messages")).await.map(drop)
    }

    /// Deletes the queue and its messages, or `false` if there was none.
    pub async fn delete(&self) -> Result<bool, Error> {
        Ok(present(self.storage.call(self.request(Method::DELETE, "")).await)?.is_some())
    }

    fn message(&self, method: Method, id: &str, pop_receipt: &str) -> Call {
        self.request(method, &format!("/messages/{id}")).query("popreceipt", pop_receipt)
    }

    fn request(&self, method: Method, below: &str) -> Call {
        Call::new(method, Service::Queue, &format!("{}{below}", self.name))
    }
}

fn read_message(answer: &Answer, message: &Element) -> Result<QueueMessage, Error> {
    let text = |name: &str| message.text_of(name).to_owned();
    let time = |name: &str| {
        let text = message.text_of(name);
        http_date(text).map_err(|error| answer.unexpected(format!("`{name}` is `{text}`, not a date: {error}")))
    };
    let count = message.text_of("DequeueCount");
    Ok(QueueMessage {
        id: text("MessageId"),
        text: text("MessageText"),
        dequeue_count: count.parse().map_err(|_| answer.unexpected(format!("`{count}` is not a `DequeueCount`")))?,
        pop_receipt: text("PopReceipt"),
        insertion_time: time("InsertionTime")?,
        expiration_time: time("ExpirationTime")?,
        next_visible_time: time("TimeNextVisible")?,
    })
}
