//! What is `MongoDB`'s own: the documents, what was left there by whoever was stopped, and what others made of them.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/mongodb.rs"]
mod server;
mod support;

use ::mongodb::Database;
use ::mongodb::bson::{Bson, Document, doc};
use graph_checkpointers::MongoSaver;
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, Expect, Page, Query, Record, StoreError, ThreadKey,
    Timestamp, Write, WriteKey, WriteKind,
};
use support::{adding, after, first, key};

/// More commits than are open at once.
const MANY: usize = 20;

async fn open(test: &str) -> (MongoSaver, Database) {
    let name = format!("graph_tests_{test}");
    let saver = server::open(&name).await;
    (saver, server::database(&name).await)
}

fn write(of: &Record, index: u32, payload: Vec<u8>) -> Write {
    let moment = of.id;
    let turn = ActivationId { moment, index };
    let key = WriteKey::of_turn(turn, WriteKind::Update);
    Write { key, payload }
}

fn writing(writes: Vec<Write>) -> Commit {
    Commit {
        writes,
        ..Commit::default()
    }
}

async fn begin(saver: &MongoSaver, thread: &ThreadKey) -> Record {
    let record = first();
    saver.commit(thread, adding(None, &record)).await.unwrap();
    record
}

/// Goes on by a number of commits, and gives the last record.
async fn go_on(saver: &MongoSaver, thread: &ThreadKey, head: &Record, times: usize) -> Record {
    let mut last = head.clone();
    for _ in 0..times {
        let next = after(&last);
        saver
            .commit(thread, adding(Some(&last), &next))
            .await
            .unwrap();
        last = next;
    }
    last
}

async fn listed(saver: &MongoSaver, thread: &ThreadKey) -> Vec<Record> {
    saver.list(thread, &Query::default()).await.unwrap()
}

async fn one(database: &Database, collection: &str, filter: Document) -> Document {
    let collection = database.collection::<Document>(collection);
    collection.find_one(filter).await.unwrap().unwrap()
}

async fn count(database: &Database, collection: &str, filter: Document) -> u64 {
    let collection = database.collection::<Document>(collection);
    collection.count_documents(filter).await.unwrap()
}

async fn set(database: &Database, collection: &str, filter: Document, fields: Document) {
    let collection = database.collection::<Document>(collection);
    let set = collection
        .update_many(filter, doc! { "$set": fields })
        .await;
    assert!(set.unwrap().matched_count > 0);
}

/// As if a process had been killed after it wrote beside, and before that counted.
#[tokio::test]
async fn what_was_written_and_never_counted_is_not_seen_and_goes() {
    let (saver, database) = open("left").await;
    let thread = key("t");
    let record = begin(&saver, &thread).await;
    let kept = write(&record, 0, b"kept".to_vec());
    saver
        .commit(&thread, writing(vec![kept.clone()]))
        .await
        .unwrap();
    let head = one(&database, "graph_threads", doc! {}).await;
    let at = head.get("version").and_then(Bson::as_i64);
    let at = at
        .or_else(|| head.get_i32("version").ok().map(i64::from))
        .unwrap()
        + 1;
    let entries = database.collection::<Document>("graph_entries");
    for kind in ["record", "write"] {
        let mut left = one(&database, "graph_entries", doc! { "kind": kind }).await;
        left.extend(doc! {
            "_id": format!("left-{kind}"), "commit": "left", "at": at, "sequence": 2_i64,
            "key": write(&record, 1, Vec::new()).key.to_string(),
        });
        entries.insert_one(left).await.unwrap();
    }
    set(
        &database,
        "graph_entries",
        doc! { "key": kept.key.to_string() },
        doc! { "taken": ["left"] },
    )
    .await;

    assert_eq!(listed(&saver, &thread).await, std::slice::from_ref(&record));
    assert_eq!(
        saver.writes(&thread).await.unwrap(),
        std::slice::from_ref(&kept)
    );
    let last = go_on(&saver, &thread, &record, MANY).await;
    assert_eq!(listed(&saver, &thread).await.len(), MANY + 1);
    assert_eq!(saver.writes(&thread).await.unwrap(), [kept]);
    assert_eq!(
        count(&database, "graph_entries", doc! { "commit": "left" }).await,
        0
    );
    let chain = saver.load(&thread, At::Head).await.unwrap().unwrap();
    assert_eq!(chain.head, Some(last.id));
}

/// As if a process had been killed after its commit counted, and before it had cleaned up.
#[tokio::test]
async fn what_was_consumed_and_not_removed_is_not_seen_and_goes() {
    let (saver, database) = open("consumed").await;
    let thread = key("t");
    let record = begin(&saver, &thread).await;
    let (gone, kept) = (
        write(&record, 0, b"gone".to_vec()),
        write(&record, 1, b"kept".to_vec()),
    );
    let both = writing(vec![gone.clone(), kept.clone()]);
    saver.commit(&thread, both).await.unwrap();
    let head = one(&database, "graph_threads", doc! {}).await;
    let last = head.get_array("open").unwrap().last().unwrap().clone();
    let this = doc! { "key": gone.key.to_string() };
    set(
        &database,
        "graph_entries",
        this.clone(),
        doc! { "taken": [last] },
    )
    .await;

    assert_eq!(
        saver.writes(&thread).await.unwrap(),
        std::slice::from_ref(&kept)
    );
    assert_eq!(count(&database, "graph_entries", this.clone()).await, 1);
    go_on(&saver, &thread, &record, MANY).await;
    assert_eq!(count(&database, "graph_entries", this).await, 0);
    assert_eq!(saver.writes(&thread).await.unwrap(), [kept]);
}

/// As if a process had been killed while it deleted a thread, of which nothing may be left.
#[tokio::test]
async fn what_is_left_of_a_deleted_thread_goes_when_the_database_is_opened() {
    let (saver, database) = open("gone").await;
    let (thread, child) = (key("t"), key("t").child("web").unwrap());
    begin(&saver, &thread).await;
    begin(&saver, &child).await;
    saver.send(&child, b"hello".to_vec()).await.unwrap();
    saver.thread_of("tests", "ada", "t").await.unwrap();
    let other = begin(&saver, &key("other")).await;
    let head = one(&database, "graph_threads", doc! { "thread": "t" }).await;
    let life = head.get_str("_id").unwrap();
    let word = doc! { "_id": life, "namespace": "tests", "thread": "t" };
    let gone = database.collection::<Document>("graph_gone");
    gone.insert_one(word).await.unwrap();
    let threads = database.collection::<Document>("graph_threads");
    threads.delete_one(doc! { "_id": life }).await.unwrap();

    assert_eq!(saver.load(&child, At::Head).await.unwrap(), None);
    assert!(saver.inbox(&child).await.unwrap().is_empty());
    let anew = saver.thread_of("tests", "ada", "new").await.unwrap();
    assert_eq!(anew, "new");
    let saver = MongoSaver::with_database(database.clone()).await.unwrap();
    assert_eq!(count(&database, "graph_entries", doc! {}).await, 1);
    for collection in ["graph_paths", "graph_gone"] {
        assert_eq!(count(&database, collection, doc! {}).await, 0);
    }
    assert_eq!(listed(&saver, &key("other")).await, [other]);
}

/// As if a process had been killed after it was said what goes and before it went.
#[tokio::test]
async fn a_path_that_is_said_to_be_gone_is_gone_and_goes_when_it_begins_anew() {
    let (saver, database) = open("dying").await;
    let thread = key("t");
    let paths = ["a", "a/b", "ab"].map(|path| thread.at_path(path).unwrap());
    begin(&saver, &thread).await;
    for path in &paths {
        begin(&saver, path).await;
    }
    let dying = doc! { "deaths": 1_i64, "dying": [{ "path": "a", "death": 1_i64 }] };
    set(&database, "graph_threads", doc! {}, dying).await;

    for (path, left) in paths.iter().zip([0, 0, 1]) {
        assert_eq!(listed(&saver, path).await.len(), left, "{path:?}");
    }
    assert_eq!(saver.paths(&thread).await.unwrap(), ["ab"]);
    let anew = begin(&saver, &paths[1]).await;
    assert_eq!(listed(&saver, &paths[1]).await, [anew]);
    assert_eq!(saver.paths(&thread).await.unwrap(), ["a/b", "ab"]);
    assert_eq!(count(&database, "graph_entries", doc! {}).await, 3);
}

#[tokio::test]
async fn a_head_stays_small_whatever_a_thread_holds() {
    let (saver, database) = open("small").await;
    let thread = key("t");
    let record = begin(&saver, &thread).await;
    let writes = (0..1_000).map(|index| write(&record, index, b"x".to_vec()));
    let commit = writing(writes.collect());
    saver.commit(&thread, commit).await.unwrap();
    go_on(&saver, &thread, &record, MANY).await;
    let turns = (0..900).map(|index| write(&record, index, Vec::new()).key.activation);
    let consuming = Commit {
        consumed: turns.collect(),
        ..Commit::default()
    };
    saver.commit(&thread, consuming).await.unwrap();
    assert_eq!(saver.writes(&thread).await.unwrap().len(), 100);
    let head = one(&database, "graph_threads", doc! {}).await;
    let bytes = head.to_vec().unwrap().len();
    assert!(bytes < 2_000, "{bytes} bytes");
}

#[tokio::test]
async fn what_is_too_large_for_a_document_lies_in_pieces_and_goes_with_them() {
    let (saver, database) = open("pieces").await;
    let thread = key("t");
    let large = |seed: u8| -> Vec<u8> {
        let bytes = (0..=u8::MAX).map(|byte| byte ^ seed);
        bytes.cycle().take(9 << 20).collect()
    };
    let record = Record {
        payload: large(1),
        ..first()
    };
    saver.commit(&thread, adding(None, &record)).await.unwrap();
    let done = write(&record, 0, large(2));
    saver
        .commit(&thread, writing(vec![done.clone()]))
        .await
        .unwrap();
    let position = saver.send(&thread, large(3)).await.unwrap();
    assert_eq!(
        saver.writes(&thread).await.unwrap(),
        std::slice::from_ref(&done)
    );
    assert_eq!(saver.inbox(&thread).await.unwrap()[0].payload, large(3));
    let pieces = doc! { "kind": "piece" };
    assert_eq!(count(&database, "graph_entries", pieces.clone()).await, 6);

    let commit = Commit {
        consumed: vec![done.key.activation],
        received: vec![position],
        ..Commit::default()
    };
    saver.commit(&thread, commit).await.unwrap();
    assert_eq!(count(&database, "graph_entries", pieces.clone()).await, 2);
    assert_eq!(listed(&saver, &thread).await, [record]);
    let piece = one(&database, "graph_entries", pieces).await;
    let entries = database.collection::<Document>("graph_entries");
    let id = piece.get_str("_id").unwrap();
    entries.delete_one(doc! { "_id": id }).await.unwrap();
    let lost = saver.load(&thread, At::Head).await;
    assert!(matches!(lost, Err(StoreError::Corrupt(_))), "{lost:?}");
}

/// Writes all whole numbers of a collection anew, as doubles.
async fn as_doubles(database: &Database, collection: &str) {
    let collection = database.collection::<Document>(collection);
    let mut cursor = collection.find(doc! {}).await.unwrap();
    while cursor.advance().await.unwrap() {
        let mut document = cursor.deserialize_current().unwrap();
        document.remove("payload");
        double(&mut document);
        let this = doc! { "_id": document.remove("_id").unwrap() };
        let updated = collection.update_one(this, doc! { "$set": document });
        assert_eq!(updated.await.unwrap().matched_count, 1);
    }
}

fn double(document: &mut Document) {
    for (_, value) in document.iter_mut() {
        match value {
            Bson::Int32(number) => *value = f64::from(*number).into(),
            // What a server might round stays.
            Bson::Int64(number) if number.unsigned_abs() < 1 << 40 => {
                *value = number.to_string().parse::<f64>().unwrap().into();
            }
            Bson::Document(inner) => double(inner),
            _ => {}
        }
    }
}

#[tokio::test]
async fn integers_that_became_doubles_are_integers() {
    let (saver, database) = open("doubles").await;
    let (thread, child) = (key("t"), key("t").child("web").unwrap());
    let record = Record {
        due: Some(Timestamp::from_micros(5)),
        ..first()
    };
    saver.commit(&thread, adding(None, &record)).await.unwrap();
    let lease = saver.lease(&thread, "ada", std::time::Duration::MAX).await;
    let lease = lease.unwrap().unwrap();
    begin(&saver, &child).await;
    let position = saver.send(&thread, b"x".to_vec()).await.unwrap();
    for collection in [
        "graph_threads",
        "graph_paths",
        "graph_entries",
        "graph_meta",
    ] {
        as_doubles(&database, collection).await;
    }
    let saver = MongoSaver::with_database(database).await.unwrap();
    assert_eq!(listed(&saver, &thread).await, std::slice::from_ref(&record));
    let due = saver
        .due("tests", Timestamp::from_micros(5), &Page::default())
        .await;
    assert_eq!(due.unwrap().len(), 1);
    let commit = Commit {
        epoch: lease.epoch,
        received: vec![position],
        ..adding(Some(&record), &after(&record))
    };
    saver.commit(&thread, commit).await.unwrap();
    assert!(saver.inbox(&thread).await.unwrap().is_empty());
    assert!(saver.send(&thread, b"y".to_vec()).await.unwrap() > position);
    let head = listed(&saver, &child).await.remove(0);
    let commit = Commit {
        epoch: lease.epoch,
        expected: Expect::Head(Some(head.id)),
        records: vec![after(&head)],
        ..Commit::default()
    };
    saver.commit(&child, commit).await.unwrap();
}

#[tokio::test]
async fn what_was_meddled_with_is_a_typed_error() {
    let (saver, database) = open("meddled").await;
    let thread = key("t");
    for (collection, fields) in [
        ("graph_threads", doc! { "version": "seven" }),
        ("graph_threads", doc! { "head": "no id" }),
        ("graph_entries", doc! { "source": "elsewhere" }),
        ("graph_entries", doc! { "payload": "text" }),
    ] {
        saver.delete(&thread).await.unwrap_or_default();
        let anew = server::database(database.name()).await;
        anew.collection::<Document>("graph_threads")
            .delete_many(doc! {})
            .await
            .unwrap();
        begin(&saver, &thread).await;
        set(&database, collection, doc! {}, fields.clone()).await;
        let loaded = saver.load(&thread, At::Head).await;
        assert!(
            matches!(loaded, Err(StoreError::Corrupt(_))),
            "{fields}: {loaded:?}"
        );
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let (_, database) = open("newer").await;
    let newer = doc! { "version": 2_i64 };
    set(&database, "graph_meta", doc! { "_id": "format" }, newer).await;
    let opened = MongoSaver::with_database(database).await;
    assert!(
        matches!(
            opened,
            Err(StoreError::FormatTooNew {
                found: 2,
                supported: 1
            })
        ),
        "{opened:?}"
    );
}

#[tokio::test]
async fn what_belongs_to_others_in_the_database_is_left_alone() {
    let name = "graph_tests_others";
    let database = server::database(name).await;
    database.drop().await.unwrap();
    let theirs = database.collection::<Document>("customers");
    let customer = doc! { "_id": "ada", "city": "London" };
    theirs.insert_one(&customer).await.unwrap();
    let saver = MongoSaver::with_database(database.clone()).await.unwrap();
    begin(&saver, &key("t")).await;
    saver.delete(&key("t")).await.unwrap();
    assert_eq!(one(&database, "customers", doc! {}).await, customer);
    for left in ["graph_threads", "graph_entries", "graph_gone"] {
        assert_eq!(count(&database, left, doc! {}).await, 0);
    }
}
