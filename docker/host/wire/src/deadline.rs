//! A time limit that is moved with every request.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// The timer itself is moved only when it has run out, or is to end sooner: moving it costs more than reading the clock.
#[derive(Debug)]
pub struct Deadline {
    timer: Pin<Box<Sleep>>,
    end: Instant,
}

impl Deadline {
    pub fn new(limit: Duration) -> Self {
        let end = Instant::now() + limit;
        Self { timer: Box::pin(tokio::time::sleep_until(end)), end }
    }

    /// Moves the end.
    pub fn set(&mut self, limit: Duration) {
        self.end = Instant::now() + limit;
        if self.end < self.timer.deadline() {
            self.timer.as_mut().reset(self.end);
        }
    }

    /// Waits for the end.
    pub async fn passed(&mut self) {
        loop {
            self.timer.as_mut().await;
            if Instant::now() >= self.end {
                return;
            }
            self.timer.as_mut().reset(self.end);
        }
    }
}
