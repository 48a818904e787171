//! Every call of the crate against a real storage emulator.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/azurite.rs"]
mod azurite;
#[path = "support/wire.rs"]
mod wire;

use std::sync::OnceLock;
use std::time::Duration;

use azurite::Azurite;
use storage::{PutBlob, Storage};

/// One emulator for all tests; each uses names of its own.
fn emulator() -> Option<&'static Azurite> {
    static AZURITE: OnceLock<Option<Azurite>> = OnceLock::new();
    AZURITE.get_or_init(Azurite::start).as_ref()
}

fn connect() -> Option<Storage> {
    emulator().map(|azurite| Storage::connect(&azurite.connection_string()).unwrap())
}

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_message_is_put_taken_hidden_shown_and_deleted() {
    let Some(storage) = connect() else { return };
    let queue = storage.queue("messages");
    queue.create().await.unwrap();
    queue.create().await.expect("creating it again is not an error");
    queue.put("first <&> \"text\" \r\n grüß").await.unwrap();

    let taken = queue.receive(32, LONG).await.unwrap().remove(0);
    assert_eq!((taken.text.as_str(), taken.dequeue_count), ("first <&> \"text\" \r\n grüß", 1));
    let invisible = (taken.next_visible_time - taken.insertion_time).num_seconds();
    assert!((600..660).contains(&invisible), "{invisible}");
    assert!(queue.receive(32, LONG).await.unwrap().is_empty(), "a taken message is invisible");

    let renewed = queue.update(&taken.id, &taken.pop_receipt, Duration::ZERO).await.unwrap();
    assert_ne!(renewed, taken.pop_receipt);
    let again = queue.receive(1, LONG).await.unwrap().remove(0);
    assert_eq!((&again.text, again.dequeue_count, &again.id), (&taken.text, 2, &taken.id));

    assert!(!queue.delete_message(&again.id, &taken.pop_receipt).await.unwrap(), "the old receipt is void");
    assert!(queue.delete_message(&again.id, &again.pop_receipt).await.unwrap());
    queue.put("another").await.unwrap();
    queue.clear().await.unwrap();
    assert_eq!(queue.length().await.unwrap(), Some(0));
}

#[tokio::test]
async fn what_is_missing_is_made_by_the_first_put() {
    let Some(storage) = connect() else { return };
    let queue = storage.queue("made-by-put");
    queue.put("x").await.unwrap();
    assert_eq!(queue.length().await.unwrap(), Some(1));
    let blob = storage.container("made-by-put").blob("x");
    blob.put("x", &PutBlob::default()).await.unwrap();
    assert_eq!(blob.get().await.unwrap().unwrap().bytes, "x");
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_told_apart_from_other_trouble() {
    let Some(storage) = connect() else { return };
    let queue = storage.queue("nowhere");
    assert_eq!(queue.length().await.unwrap(), None);
    let error = queue.clear().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.code(), "QueueNotFound");
    assert!(error.to_string().contains("/nowhere/messages: storage answered 404 QueueNotFound"), "{error}");
    assert_eq!(storage.queue("Not Valid").create().await.unwrap_err().status(), Some(400));
}

#[tokio::test]
async fn queues_and_containers_are_listed_by_prefix() {
    let Some(storage) = connect() else { return };
    for name in ["list-b", "list-a", "other"] {
        storage.queue(name).create().await.unwrap();
        assert!(storage.container(name).create().await.unwrap());
    }
    assert!(!storage.container("other").create().await.unwrap());
    assert_eq!(storage.queues("list-").await.unwrap(), ["list-a", "list-b"]);
    assert_eq!(storage.containers("list-").await.unwrap(), ["list-a", "list-b"]);
}

#[tokio::test]
async fn queues_and_containers_are_deleted_with_what_is_in_them() {
    let Some(storage) = connect() else { return };
    let (queue, container) = (storage.queue("deleted"), storage.container("deleted"));
    queue.put("x").await.unwrap();
    container.blob("x").put("x", &PutBlob::default()).await.unwrap();
    assert!(queue.delete().await.unwrap() && container.delete().await.unwrap());
    assert!(!queue.delete().await.unwrap() && !container.delete().await.unwrap(), "they are gone");
    assert_eq!(queue.length().await.unwrap(), None);
    assert_eq!(storage.containers("deleted").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_blob_is_written_listed_read_and_deleted() {
    let Some(storage) = connect() else { return };
    let container = storage.container("blobs");
    assert!(container.list("").await.unwrap_err().is_not_found());
    container.create().await.unwrap();
    let names = ["a b é.bin", "folder/deep/x.txt", "100%+&?#.txt", "empty"];
    for name in names {
        let options = PutBlob { metadata: vec![("Key".to_owned(), "v".to_owned())], ..PutBlob::default() };
        let content = if name == "empty" { Vec::new() } else { name.as_bytes().to_vec() };
        container.blob(name).put(content, &options).await.unwrap();
    }
    let listed = container.list("").await.unwrap();
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(listed.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), sorted);
    assert_eq!(container.list("folder/").await.unwrap().len(), 1);
    container.blob("empty/below").put("", &PutBlob::default()).await.unwrap();
    assert_eq!(container.blob("empty").item().await.unwrap().as_ref(), listed.iter().find(|item| item.name == "empty"));
    assert_eq!(container.blob("folder").item().await.unwrap(), None);

    for item in &listed {
        let download = container.blob(&item.name).get().await.unwrap().unwrap();
        assert_eq!(download.properties.etag, item.etag);
        assert_eq!(download.bytes, if item.name == "empty" { "" } else { &item.name });
        assert_eq!(download.properties.header("Content-Type"), Some("application/octet-stream"));
        assert_eq!(item.metadata.len(), 1, "{:?}", item.metadata);
        assert_eq!(download.properties.metadata, [("key".to_owned(), "v".to_owned())]);
    }
    let blob = container.blob("folder/deep/x.txt");
    assert!(blob.url().ends_with("/devstoreaccount1/blobs/folder/deep/x.txt"));
    assert_eq!(blob.properties().await.unwrap().unwrap().header("content-length"), Some("17"));
    assert!(blob.delete().await.unwrap());
    assert!(!blob.delete().await.unwrap());
    assert_eq!(blob.get().await.unwrap(), None);
    assert_eq!(blob.properties().await.unwrap(), None);
    assert_eq!(storage.container("nowhere").blob("x").get().await.unwrap(), None);
}

#[tokio::test]
async fn conditions_and_leases_keep_two_writers_apart() {
    let Some(storage) = connect() else { return };
    let container = storage.container("leases");
    container.create().await.unwrap();
    let blob = container.blob("lock");
    let first = PutBlob { only_if_absent: true, ..PutBlob::default() };
    blob.put("1", &first).await.unwrap();
    assert!(blob.put("2", &first).await.unwrap_err().is_conflict());
    blob.put("3", &PutBlob::default()).await.unwrap();

    let minute = Duration::from_secs(60);
    let lease = blob.acquire_lease(minute).await.unwrap().expect("nobody else has it");
    assert_eq!(blob.acquire_lease(minute).await.unwrap(), None);
    assert!(blob.put("4", &PutBlob::default()).await.unwrap_err().is_conflict());
    let metadata = [("other".to_owned(), "w".to_owned())];
    assert!(blob.set_metadata(&metadata, "00000000-0000-0000-0000-000000000000").await.unwrap_err().is_conflict());
    blob.set_metadata(&metadata, &lease).await.unwrap();
    assert_eq!(blob.properties().await.unwrap().unwrap().metadata, metadata);
    blob.release_lease(&lease).await.unwrap();
    blob.acquire_lease(minute).await.unwrap().expect("it was given back");
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_an_absent_server_is_named() {
    let Some(azurite) = emulator() else { return };
    let wrong = azurite.connection_string().replace(storage::DEVELOPMENT_KEY, "d3Jvbmc=");
    let error = Storage::connect(&wrong).unwrap().queues("").await.unwrap_err();
    assert_eq!(error.status(), Some(403), "{error}");

    // A port that was just given back: nobody listens there.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let nobody = Storage::connect(&azurite::connection_string(&address, &address)).unwrap();
    let error = nobody.queue("q").put("x").await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("POST http://{address}/devstoreaccount1/q/messages: no answer")), "{error}");
    assert!(error.contains("onnection refused"), "{error}");
}

/// What is sent and what is stored, as bytes: a mistake that writing and reading share would pass every other test here.
#[tokio::test]
async fn the_bytes_on_the_wire_are_those_of_the_protocol() {
    let Some(azurite) = emulator() else { return };
    let queue_wire = wire::between(azurite.queue_address()).await;
    let blob_wire = wire::between(azurite.blob_address()).await;
    let storage = Storage::connect(&azurite::connection_string(&blob_wire.address, &queue_wire.address)).unwrap();

    let queue = storage.queue("wire");
    queue.create().await.unwrap();
    queue.put("a<b>&c").await.unwrap();
    queue.receive(2, Duration::from_secs(30)).await.unwrap();
    let sent = queue_wire.sent();
    assert!(sent.contains("PUT /devstoreaccount1/wire HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("POST /devstoreaccount1/wire/messages HTTP/1.1\r\n"), "{sent}");
    assert!(
        sent.contains("\r\n\r\n<QueueMessage><MessageText>a&lt;b&gt;&amp;c</MessageText></QueueMessage>"),
        "{sent}"
    );
    assert!(sent.contains("GET /devstoreaccount1/wire/messages?numofmessages=2&visibilitytimeout=30 HTTP/1.1\r\n"));
    assert_eq!(sent.matches("authorization: SharedKey devstoreaccount1:").count(), 3);
    let came = queue_wire.came();
    assert!(came.contains("<MessageText>a&lt;b&gt;&amp;c</MessageText>"), "{came}");

    let container = storage.container("wire");
    container.create().await.unwrap();
    container.blob("a b/é").put([0_u8, 0xff, b'x'].as_slice(), &PutBlob::default()).await.unwrap();
    container.blob("a b/é").get().await.unwrap();
    assert!(blob_wire.sent().contains("PUT /devstoreaccount1/wire?restype=container HTTP/1.1\r\n"));
    assert!(blob_wire.sent().contains("PUT /devstoreaccount1/wire/a%20b/%C3%A9 HTTP/1.1\r\n"));
    assert!(
        blob_wire.sent_bytes().ends_with(b"\r\n\r\n") && contains(&blob_wire.sent_bytes(), b"\r\n\r\n\x00\xffxGET ")
    );
    assert!(blob_wire.came_bytes().ends_with(b"\r\n\r\n\x00\xffx"), "{}", blob_wire.came());
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
