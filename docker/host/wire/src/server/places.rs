//! How many connections are open, and which of them can make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What [`Place::waiting_since`] says of a connection whose request is being answered.
const BUSY: u64 = u64::MAX;
/// What it says of one that has to make room.
const LOST: u64 = u64::MAX - 1;
/// Added to the number of one whose request is still to come in full: it makes room only where no silent one can.
const UPLOADING: u64 = 1 << 62;

/// The places of a server: one for each connection.
#[derive(Debug)]
pub struct Places {
    pub limit: usize,
    /// Counts the waits that have begun: the connection with the least number has been silent for longest.
    waits: AtomicU64,
    entries: AtomicU64,
    taken: Mutex<HashMap<u64, Arc<Place>>>,
}

/// The place of one connection.
#[derive(Debug)]
pub struct Place {
    waiting_since: AtomicU64,
    loss: Notify,
}

/// The body of a request, which its caller may send slowly, or not at all.
#[derive(Debug)]
pub struct Upload {
    place: Arc<Place>,
    since: u64,
}

/// The host waits for more of a body until this is dropped.
#[derive(Debug)]
pub struct Awaited<'a>(&'a Upload);

/// A place that is given back when this is dropped.
#[derive(Debug)]
pub struct Taken {
    places: Arc<Places>,
    entry: u64,
    place: Arc<Place>,
}

impl Places {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, waits: AtomicU64::default(), entries: AtomicU64::default(), taken: Mutex::default() })
    }

    /// A place for one more connection; `None` if all are taken by connections whose request is being answered. The longest silent
    /// one makes room, or else the one whose caller has been sending a body for longest.
    pub fn enter(self: &Arc<Self>) -> Option<Taken> {
        let mut taken = self.taken();
        if taken.len() >= self.limit && !make_room(&mut taken) {
            return None;
        }
        let entry = self.entries.fetch_add(1, Ordering::Relaxed);
        let since = self.waits.fetch_add(1, Ordering::Relaxed);
        let place = Arc::new(Place { waiting_since: AtomicU64::new(since), loss: Notify::new() });
        taken.insert(entry, Arc::clone(&place));
        Some(Taken { places: Arc::clone(self), entry, place })
    }

    /// Whether as many are taken as there are.
    pub fn are_full(&self) -> bool {
        self.taken().len() >= self.limit
    }

    /// Has the longest silent connection make room: the system has no descriptors left.
    pub fn make_room(&self) {
        make_room(&mut self.taken());
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Arc<Place>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there was one that has no request under way, or has not got all of it.
fn make_room(taken: &mut HashMap<u64, Arc<Place>>) -> bool {
    let since = |place: &Place| place.waiting_since.load(Ordering::Relaxed);
    while let Some((entry, place)) = taken.iter().min_by_key(|(_, place)| since(place)).map(|(it, place)| (*it, place))
    {
        let waiting = since(place);
        if waiting >= LOST {
            return false;
        }
        let lost = place.waiting_since.compare_exchange(waiting, LOST, Ordering::Relaxed, Ordering::Relaxed);
        if lost.is_ok() {
            place.loss.notify_one();
            taken.remove(&entry);
            return true;
        }
    }
    false
}

impl Taken {
    /// A request has come. `false` if the connection has had to make room just before.
    pub fn begin(&self) -> bool {
        let waiting = &self.place.waiting_since;
        let begun = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |since| (since != LOST).then_some(BUSY));
        begun.is_ok()
    }

    /// The body of the request that has begun.
    pub fn upload(&self) -> Upload {
        let since = UPLOADING + self.places.waits.fetch_add(1, Ordering::Relaxed);
        Upload { place: Arc::clone(&self.place), since }
    }

    /// The request is answered: from now on the connection is silent.
    pub fn wait(&self) {
        self.place.waiting_since.store(self.places.waits.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Waits until the connection has to make room.
    pub async fn lost(&self) {
        self.place.loss.notified().await;
    }
}

impl Upload {
    /// More of it is waited for: meanwhile the connection can make room.
    pub fn awaited(&self) -> Awaited<'_> {
        self.replace(BUSY, self.since);
        Awaited(self)
    }

    fn replace(&self, from: u64, to: u64) {
        // One that has had to make room just before ends.
        _ = self.place.waiting_since.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.replace(self.0.since, BUSY);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.places.taken().remove(&self.entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silent_makes_room_and_a_busy_one_never() {
        let places = Places::new(2);
        let (busy, silent) = (places.enter().unwrap(), places.enter().unwrap());
        assert!(busy.begin());
        let third = places.enter().unwrap();
        assert!(!silent.begin(), "it has had to make room");
        assert!(busy.begin() && third.begin());
        assert!(places.enter().is_none(), "both are busy");
        busy.wait();
        assert!(places.enter().is_some());
        drop(third);
        assert!(!places.are_full());
    }

    #[test]
    fn where_none_is_silent_the_upload_that_is_awaited_for_longest_makes_room() {
        let places = Places::new(3);
        let taken = [(); 3].map(|()| places.enter().unwrap());
        assert!(taken.iter().all(Taken::begin));
        let uploads = [&taken[1], &taken[0], &taken[2]].map(Taken::upload);
        let awaited = [&uploads[2], &uploads[1]].map(Upload::awaited);
        drop(uploads[0].awaited());
        let silent = places.enter().unwrap();
        assert!(!taken[0].begin() && taken[1].begin(), "what has come in full stays");
        let busy = places.enter().unwrap();
        assert!(!silent.begin() && busy.begin(), "a silent one makes room first");
        drop(awaited);
        assert!(taken[2].begin());
        assert!(places.enter().is_none());
    }
}
