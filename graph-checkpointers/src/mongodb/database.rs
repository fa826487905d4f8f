//! The database: its collections and indexes, made on first use, and how strictly it is written to and read.

use std::fmt;
use std::time::Duration;

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::{
    Acknowledgment, ClientOptions, CollectionOptions, FindOneOptions, FindOptions, IndexOptions,
    ReadConcern, ReadPreference, ReturnDocument, SelectionCriteria, WriteConcern,
};
use ::mongodb::{Client, Collection, IndexModel};
use futures_util::TryStreamExt;
use graph_runtime::{StoreError, ThreadKey, Timestamp};
use xxhash_rust::xxh3::xxh3_64;

use super::document::{number, odd, unsigned};
use super::failure;

/// The format of what is stored here.
const FORMAT: u32 = 1;

/// How long the first answer may take.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// How long a call waits for a server that can be used, unless the URI says otherwise: longer than an election.
const SELECTION: Duration = Duration::from_secs(20);

/// How long a server waits for the others.
const MAJORITY: Duration = Duration::from_secs(10);

/// Over how many counters the threads are spread, so that they don't wait for one document.
const COUNTERS: u64 = 64;

/// How often a counter is asked that somebody else is just making.
const TRIES: usize = 8;

/// One database, and how it is used.
#[derive(Clone)]
pub(super) struct Database {
    handle: ::mongodb::Database,
    /// The heads of threads.
    pub(super) threads: Collection<Document>,
    /// The heads of paths below them.
    pub(super) paths: Collection<Document>,
    /// Records, writes, messages, and the pieces of large ones.
    pub(super) entries: Collection<Document>,
    /// Which thread belongs to a user.
    pub(super) users: Collection<Document>,
    /// The lives of threads whose rest is being removed.
    pub(super) gone: Collection<Document>,
    /// The format, and counters.
    meta: Collection<Document>,
    /// How a document is read whose newest state is wanted.
    newest: ReadConcern,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.handle.name())
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Connects, and makes what is missing.
    pub(super) async fn connect(uri: &str, name: &str) -> Result<Self, StoreError> {
        check_name(name)?;
        let options = ClientOptions::parse(uri).await;
        let mut options = options.map_err(|error| failure::unreadable(uri, &error))?;
        options.server_selection_timeout.get_or_insert(SELECTION);
        let hosts = options.hosts.iter().map(ToString::to_string);
        let hosts = hosts.collect::<Vec<_>>().join(", ");
        let client = Client::with_options(options).map_err(|error| failure::before(&error))?;
        let database = client.database(name);
        // The driver would go on looking for a server that isn't there.
        let hello = tokio::time::timeout(FIRST_ANSWER, hello(&database)).await;
        let hello = hello.map_err(|_| failure::silent(&hosts, FIRST_ANSWER))??;
        Self::prepare(database, &hello).await
    }

    /// Uses the database of a client, and makes what is missing.
    pub(super) async fn open(database: ::mongodb::Database) -> Result<Self, StoreError> {
        let hello = hello(&database).await?;
        Self::prepare(database, &hello).await
    }

    async fn prepare(database: ::mongodb::Database, hello: &Document) -> Result<Self, StoreError> {
        let opened = Self::of(database, is_alone(hello));
        if !opened.has_format().await? {
            opened.make_indexes().await?;
            opened.mark_format().await?;
        }
        Ok(opened)
    }

    fn of(database: ::mongodb::Database, alone: bool) -> Self {
        let written = WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .w_timeout(MAJORITY)
            .build();
        let collection = |name: &str, read: ReadConcern| {
            let options = CollectionOptions::builder()
                .write_concern(written.clone())
                .read_concern(read)
                .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
                .build();
            database.collection_with_options(name, options)
        };
        Self {
            threads: collection("graph_threads", ReadConcern::majority()),
            paths: collection("graph_paths", ReadConcern::majority()),
            // What counts of it is said by a head that was read before, and the server that knew the head has it.
            entries: collection("graph_entries", ReadConcern::local()),
            users: collection("graph_users", ReadConcern::majority()),
            gone: collection("graph_gone", ReadConcern::majority()),
            meta: collection("graph_meta", ReadConcern::majority()),
            // A server that stands alone knows no `linearizable`, and doesn't need it.
            newest: if alone {
                ReadConcern::majority()
            } else {
                ReadConcern::linearizable()
            },
            handle: database,
        }
    }

    /// Whether it is one of ours already, and of a format that can be read.
    pub(super) async fn has_format(&self) -> Result<bool, StoreError> {
        let found = self.newest(&self.meta, doc! { "_id": "format" }, None);
        let Some(found) = found.await? else {
            return Ok(false);
        };
        let found = u32::try_from(number(&found, "version")?).unwrap_or(u32::MAX);
        if found > FORMAT {
            return Err(StoreError::FormatTooNew {
                found,
                supported: FORMAT,
            });
        }
        Ok(true)
    }

    /// Comes after the indexes: where it is, they are.
    async fn mark_format(&self) -> Result<(), StoreError> {
        let format = doc! { "_id": "format", "version": i64::from(FORMAT) };
        match self.meta.insert_one(format).await {
            Err(error) if !failure::is_duplicate(&error) => Err(failure::before(&error)),
            _ => Ok(()),
        }
    }

    async fn make_indexes(&self) -> Result<(), StoreError> {
        let namespaced = |field: &str| doc! { "namespace": 1, field: 1, "thread": 1 };
        let counted = |field: &str| doc! { field: { "$gte": 0 } };
        let of = |kind: &str| doc! { "kind": kind };
        for (collection, indexes) in [
            (
                &self.threads,
                vec![
                    unique("threads", doc! { "namespace": 1, "thread": 1 }),
                    partial("due", namespaced("due"), counted("due")),
                    partial("written", namespaced("written"), counted("written")),
                ],
            ),
            (
                &self.paths,
                vec![
                    unique(
                        "paths",
                        doc! { "namespace": 1, "thread": 1, "path": 1, "life": 1 },
                    ),
                    partial(
                        "armed",
                        doc! { "life": 1, "armed": 1 },
                        doc! { "armed": { "$gt": 0 } },
                    ),
                ],
            ),
            (
                &self.entries,
                vec![
                    partial("records", doc! { "part": 1, "sequence": 1 }, of("record")),
                    partial(
                        "lines",
                        doc! { "part": 1, "base": 1, "sequence": 1 },
                        of("record"),
                    ),
                    partial("moments", doc! { "part": 1, "id": 1 }, of("record")),
                    partial("writes", doc! { "part": 1, "turn": 1 }, of("write")),
                    partial("messages", doc! { "part": 1, "position": 1 }, of("message")),
                    partial(
                        "taken",
                        doc! { "part": 1, "taken": 1 },
                        doc! { "taken": { "$gt": "" } },
                    ),
                    index(
                        "commits",
                        doc! { "part": 1, "commit": 1 },
                        IndexOptions::default(),
                    ),
                ],
            ),
            (
                &self.users,
                vec![
                    unique("users", doc! { "namespace": 1, "user": 1 }),
                    index("lives", doc! { "life": 1 }, IndexOptions::default()),
                ],
            ),
        ] {
            let made = collection.create_indexes(indexes).await;
            made.map_err(|error| failure::before(&error))?;
        }
        Ok(())
    }

    /// The time by the server's own clock. No update that all servers know can compare with it, so it is asked for
    /// before: a lease that has ended by then has ended.
    pub(super) async fn now(&self) -> Result<Timestamp, StoreError> {
        let hello = hello(&self.handle).await?;
        let time = hello.get_datetime("localTime");
        let time = time.map_err(|_| odd(&hello, "localTime"))?;
        let millis = u64::try_from(time.timestamp_millis()).unwrap_or(0);
        Ok(Timestamp::from_micros(millis.saturating_mul(1_000)))
    }

    /// A number that nobody was given before, and a higher one than all that a thread of this name was given, also
    /// before it was deleted.
    pub(super) async fn count(&self, key: &ThreadKey) -> Result<u64, StoreError> {
        let name = format!("{}\0{}", key.namespace(), key.thread());
        let place = xxh3_64(name.as_bytes()) % COUNTERS;
        let id = format!("counter-{place}");
        let mut tries = 0;
        loop {
            let counted = self
                .meta
                .find_one_and_update(doc! { "_id": &id }, doc! { "$inc": { "value": 1_i64 } })
                .upsert(true)
                .return_document(ReturnDocument::After)
                .await;
            tries += 1;
            match counted {
                Ok(Some(counted)) => {
                    let value = unsigned(&counted, "value")?;
                    return Ok(value * COUNTERS + place);
                }
                // Two made it at once.
                Err(error) if failure::is_duplicate(&error) && tries < TRIES => {}
                Err(error) => return Err(failure::before(&error)),
                Ok(None) => return Err(failure::restless()),
            }
        }
    }

    /// Reads a document as it is now, whatever was a primary before.
    pub(super) async fn newest(
        &self,
        collection: &Collection<Document>,
        filter: Document,
        projection: Option<Document>,
    ) -> Result<Option<Document>, StoreError> {
        let options = FindOneOptions::builder()
            .read_concern(self.newest.clone())
            .max_time(MAJORITY)
            .projection(projection)
            .build();
        let found = collection.find_one(filter).with_options(options).await;
        found.map_err(|error| failure::before(&error))
    }

    /// What the server adds up over entries.
    pub(super) async fn sums(
        &self,
        pipeline: impl IntoIterator<Item = Document>,
    ) -> Result<Vec<Document>, StoreError> {
        let sums = async { self.entries.aggregate(pipeline).await?.try_collect().await };
        sums.await.map_err(|error| failure::before(&error))
    }

    /// Like [`Database::newest`], of the few documents of one path.
    pub(super) async fn newest_paths(&self, key: &ThreadKey) -> Result<Vec<Document>, StoreError> {
        let filter = doc! {
            "namespace": key.namespace(), "thread": key.thread(), "path": key.path(),
        };
        let options = FindOptions::builder()
            .read_concern(self.newest.clone())
            .max_time(MAJORITY)
            .build();
        found(&self.paths, filter, options).await
    }
}

/// Reads documents.
pub(super) async fn found(
    collection: &Collection<Document>,
    filter: Document,
    options: FindOptions,
) -> Result<Vec<Document>, StoreError> {
    let found = async {
        let cursor = collection.find(filter).with_options(options).await?;
        cursor.try_collect().await
    };
    found.await.map_err(|error| failure::before(&error))
}

/// What the server says of itself.
async fn hello(database: &::mongodb::Database) -> Result<Document, StoreError> {
    let hello = database.run_command(doc! { "hello": 1 }).await;
    hello.map_err(|error| failure::before(&error))
}

/// Whether the server belongs to no replica set, and isn't a router before some.
fn is_alone(hello: &Document) -> bool {
    let is_router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
    !is_router && matches!(hello.get("setName"), None | Some(Bson::Null))
}

/// What a server would refuse later, or take for another database.
fn check_name(name: &str) -> Result<(), StoreError> {
    let is_odd = |letter: char| "/\\. \"$*<>:|?\0".contains(letter);
    if name.is_empty() || name.len() > 63 || name.contains(is_odd) {
        return Err(StoreError::Unfit(format!(
            "`{}` can't be the name of a database; give up to 63 letters, digits, `_` and `-`",
            name.escape_debug()
        )));
    }
    Ok(())
}

fn index(name: &str, keys: Document, options: IndexOptions) -> IndexModel {
    let mut options = options;
    options.name = Some(format!("graph_{name}"));
    IndexModel::builder().keys(keys).options(options).build()
}

fn unique(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().unique(true).build();
    index(name, keys, options)
}

/// An index of some documents only; whoever wants to use it asks for those.
fn partial(name: &str, keys: Document, of: Document) -> IndexModel {
    let options = IndexOptions::builder()
        .partial_filter_expression(of)
        .build();
    index(name, keys, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_whether_it_stands_alone() {
        assert!(is_alone(&doc! { "ok": 1 }));
        assert!(is_alone(&doc! { "setName": null }));
        assert!(!is_alone(&doc! { "setName": "rs0" }));
        assert!(!is_alone(&doc! { "msg": "isdbgrid" }));
    }

    #[test]
    fn a_name_that_is_no_database_is_refused_at_once() {
        for name in ["", "a.b", "a b", "$a", "a/b", "a\0", &"x".repeat(64)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("support_2-x").is_ok());
    }
}
