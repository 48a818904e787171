//! Queues and their messages.

use std::time::Duration;

use chrono::NaiveDateTime;
use http::Method;

use crate::client::{Answer, Call, Service, Storage};
use crate::error::Error;
use crate::http_date::http_date;
use crate::xml::{self, Element};

/// A queue, by name. It need not exist.
#[derive(Clone, Debug)]
pub struct Queue {
    storage: Storage,
    name: String,
}

/// A message that was taken: invisible to others until `next_visible_time`, and ours to update or delete by its receipt.
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

/// A message that was only looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekedMessage {
    /// The id it was given when it was put.
    pub id: String,
    /// The text as it stands in storage.
    pub text: String,
    /// How often it has been taken.
    pub dequeue_count: u64,
    /// When it was put.
    pub insertion_time: NaiveDateTime,
}

/// How a message is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PutMessage {
    /// How long it stays invisible at first.
    pub invisible: Duration,
    /// How long it lives; none: for ever.
    pub time_to_live: Option<Duration>,
}

/// What proves that a message is ours, and until when nobody else sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id.
    pub id: String,
    /// The receipt for the next update or delete.
    pub pop_receipt: String,
    /// When the message becomes visible.
    pub next_visible_time: NaiveDateTime,
}

impl Storage {
    /// A queue by name; it need not exist.
    pub fn queue(&self, name: impl Into<String>) -> Queue {
        Queue::new(self.clone(), name.into())
    }
}

impl Queue {
    pub(crate) fn new(storage: Storage, name: String) -> Self {
        Self { storage, name }
    }

    /// The queue's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, without credentials.
    pub fn url(&self) -> String {
        format!("{}/{}", self.storage.account().queue_endpoint, self.name)
    }

    /// Creates the queue unless it is there already.
    ///
    /// # Errors
    /// When storage is out of reach or refuses the name.
    pub async fn create(&self) -> Result<(), Error> {
        self.storage.call(self.request(Method::PUT, "")).await.map(drop)
    }

    /// Deletes the queue with all its messages; `false`: there was none.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn delete(&self) -> Result<bool, Error> {
        found(self.storage.call(self.request(Method::DELETE, "")).await)
    }

    /// How many messages it holds, invisible ones included; none: there is no such queue.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn length(&self) -> Result<Option<u64>, Error> {
        match self.storage.call(self.request(Method::GET, "").query("comp", "metadata")).await {
            Ok(answer) => {
                let count = answer.header("x-ms-approximate-messages-count");
                count.parse().map(Some).map_err(|_| answer.unexpected(format!("`{count}` is no number of messages")))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a message that is visible at once and lives for the seven days of storage's default.
    ///
    /// # Errors
    /// When there is no such queue, the text is longer than 64 KiB, or storage is out of reach.
    pub async fn put(&self, text: &str) -> Result<Receipt, Error> {
        self.put_call(text, |call| call).await
    }

    /// Puts a message.
    ///
    /// # Errors
    /// As [`Queue::put`].
    pub async fn put_with(&self, text: &str, options: PutMessage) -> Result<Receipt, Error> {
        let life = options.time_to_live.map_or_else(|| "-1".to_owned(), |life| life.as_secs().to_string());
        let invisible = options.invisible.as_secs();
        self.put_call(text, |call| call.query("visibilitytimeout", invisible).query("messagettl", life)).await
    }

    /// Takes up to `count` (1 to 32) messages and hides them from others for `invisible`.
    ///
    /// # Errors
    /// When there is no such queue, or storage is out of reach.
    pub async fn receive(&self, count: u32, invisible: Duration) -> Result<Vec<QueueMessage>, Error> {
        let call = self.request(Method::GET, "/messages").query("numofmessages", count);
        let answer = self.storage.call(call.query("visibilitytimeout", invisible.as_secs())).await?;
        read_messages(&answer, |message| {
            Ok(QueueMessage {
                id: message.text_of("MessageId").to_owned(),
                text: message.text_of("MessageText").to_owned(),
                dequeue_count: dequeue_count(message)?,
                pop_receipt: message.text_of("PopReceipt").to_owned(),
                insertion_time: time(message, "InsertionTime")?,
                expiration_time: time(message, "ExpirationTime")?,
                next_visible_time: time(message, "TimeNextVisible")?,
            })
        })
    }

    /// Looks at up to `count` (1 to 32) visible messages.
    ///
    /// # Errors
    /// When there is no such queue, or storage is out of reach.
    pub async fn peek(&self, count: u32) -> Result<Vec<PeekedMessage>, Error> {
        let call = self.request(Method::GET, "/messages").query("numofmessages", count).query("peekonly", true);
        let answer = self.storage.call(call).await?;
        read_messages(&answer, |message| {
            Ok(PeekedMessage {
                id: message.text_of("MessageId").to_owned(),
                text: message.text_of("MessageText").to_owned(),
                dequeue_count: dequeue_count(message)?,
                insertion_time: time(message, "InsertionTime")?,
            })
        })
    }

    /// Hides a taken message for `invisible` from now on (zero: shows it again), and gives it a new text if there is one.
    ///
    /// # Errors
    /// When the message is not ours any more, or storage is out of reach.
    pub async fn update(
        &self,
        id: &str,
        pop_receipt: &str,
        invisible: Duration,
        text: Option<&str>,
    ) -> Result<Receipt, Error> {
        let mut call = self.message(Method::PUT, id, pop_receipt).query("visibilitytimeout", invisible.as_secs());
        if let Some(text) = text {
            call = call.header("content-type", "application/xml").body(document(text));
        }
        let answer = self.storage.call(call).await?;
        let next_visible = answer.header("x-ms-time-next-visible");
        Ok(Receipt {
            id: id.to_owned(),
            pop_receipt: answer.header("x-ms-popreceipt").to_owned(),
            next_visible_time: http_date(next_visible).map_err(|reason| answer.unexpected(reason))?,
        })
    }

    /// Deletes a taken message; `false`: it was gone already, or is not ours any more.
    ///
    /// # Errors
    /// When storage is out of reach or refuses.
    pub async fn delete_message(&self, id: &str, pop_receipt: &str) -> Result<bool, Error> {
        match self.storage.call(self.message(Method::DELETE, id, pop_receipt)).await {
            // Somebody else has taken the message since: storage says so in two ways.
            Err(error) if error.code() == "PopReceiptMismatch" => Ok(false),
            result => found(result),
        }
    }

    /// Deletes all messages.
    ///
    /// # Errors
    /// When there is no such queue, or storage is out of reach.
    pub async fn clear(&self) -> Result<(), Error> {
        self.storage.call(self.request(Method::DELETE, "/messages")).await.map(drop)
    }

    async fn put_call(&self, text: &str, options: impl FnOnce(Call) -> Call) -> Result<Receipt, Error> {
        let call =
            self.request(Method::POST, "/messages").header("content-type", "application/xml").body(document(text));
        let answer = self.storage.call(options(call)).await?;
        let receipts = read_messages(&answer, |message| {
            Ok(Receipt {
                id: message.text_of("MessageId").to_owned(),
                pop_receipt: message.text_of("PopReceipt").to_owned(),
                next_visible_time: time(message, "TimeNextVisible")?,
            })
        })?;
        receipts.into_iter().next().ok_or_else(|| answer.unexpected("no message in it"))
    }

    fn message(&self, method: Method, id: &str, pop_receipt: &str) -> Call {
        self.request(method, &format!("/messages/{id}")).query("popreceipt", pop_receipt)
    }

    fn request(&self, method: Method, below: &str) -> Call {
        Call::new(method, Service::Queue, &format!("{}{below}", self.name))
    }
}

/// Whether what a call was about was there.
fn found(result: Result<Answer, Error>) -> Result<bool, Error> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

fn document(text: &str) -> String {
    format!("<QueueMessage><MessageText>{}</MessageText></QueueMessage>", xml::escaped(text))
}

fn read_messages<T>(answer: &Answer, read: impl Fn(&Element) -> Result<T, String>) -> Result<Vec<T>, Error> {
    let list = answer.xml()?;
    list.descendants("QueueMessage").map(|message| read(message).map_err(|reason| answer.unexpected(reason))).collect()
}

fn dequeue_count(message: &Element) -> Result<u64, String> {
    let text = message.text_of("DequeueCount");
    text.parse().map_err(|_| format!("`{text}` is no `DequeueCount`"))
}

fn time(message: &Element, name: &str) -> Result<NaiveDateTime, String> {
    http_date(message.text_of(name)).map_err(|reason| format!("`{name}`: {reason}"))
}
