//! What counts: the documents that say where a thread stands, and where each path below it does.

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::FindOptions;
use graph_runtime::{Lease, MomentId, Standing, StoreError, ThreadKey, Timestamp};

use super::database::{Database, found};
use super::document::{items, number, odd, optional, parsed, text, unsigned};
use super::{failure, forget};

/// What counts of a thread, or of one path of it. An entry that another commit added than those that are said
/// here, and isn't settled, is a left-over of one that didn't come to its end.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// What its entries say that they belong to. It is never used again.
    pub(super) id: String,
    /// Raised by each change: what all changes compare with.
    pub(super) version: i64,
    pub(super) head: Option<(MomentId, u64)>,
    /// The head's nearest snapshot.
    pub(super) base: Option<MomentId>,
    /// How often records went.
    pub(super) rewrites: u64,
    /// How many writes there are.
    pub(super) writes: u64,
    /// The last commits: what they added counts, and what they took away doesn't.
    pub(super) open: Vec<String>,
}

impl Part {
    /// Before the first commit.
    pub(super) fn fresh() -> Document {
        doc! {
            "_id": MomentId::at(Timestamp::now()).to_string(),
            "version": 0_i64,
            "head": null,
            "sequence": 0_i64,
            "base": null,
            "rewrites": 0_i64,
            "writes": 0_i64,
            "open": [],
        }
    }

    fn read(document: &Document) -> Result<Self, StoreError> {
        let head = optional(document, "head", parsed)?;
        let sequence = unsigned(document, "sequence")?;
        Ok(Self {
            id: text(document, "_id")?.to_owned(),
            version: number(document, "version")?,
            head: head.map(|head| (head, sequence)),
            base: optional(document, "base", parsed)?,
            rewrites: unsigned(document, "rewrites")?,
            writes: unsigned(document, "writes")?,
            open: items(document, "open", |one| one.as_str().map(str::to_owned))?,
        })
    }

    /// The entries of a kind that count, for a query.
    pub(super) fn counting(&self, kind: &str) -> Document {
        let mut counting = self.counting_all();
        counting.insert("kind", kind);
        counting
    }

    /// The entries that count, for a query.
    pub(super) fn counting_all(&self) -> Document {
        let mut settled_or_open = vec![Bson::from("")];
        settled_or_open.extend(self.open.iter().map(Bson::from));
        let mut counting = doc! {
            "part": &self.id,
            "at": { "$lte": self.version },
            "commit": { "$in": settled_or_open },
        };
        if !self.open.is_empty() {
            counting.insert("taken", doc! { "$nin": &self.open });
        }
        counting
    }
}

/// A thread: its own part, and what is said of all its paths.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    /// Its id is the thread's *life*: told apart from what was deleted before.
    pub(super) part: Part,
    pub(super) lease: Option<Held>,
    /// How often something was deleted below it.
    pub(super) deaths: i64,
    /// What is being removed below it.
    pub(super) dying: Vec<Dying>,
}

/// A lease as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) lease: Lease,
    /// Whether the holder before can't commit to any path any more.
    pub(super) alone: bool,
}

/// What goes, of what was begun before: said in one document first, so that it goes at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dying {
    pub(super) path: String,
    /// The count of deaths, with this one.
    pub(super) death: i64,
}

/// A path below a thread.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) part: Part,
    pub(super) path: String,
    /// The thread's life in which it began.
    pub(super) life: String,
    /// The thread's count of deaths when it began.
    pub(super) since: i64,
    /// The epoch of the lease whose holder may commit to it; 0 for none.
    pub(super) armed: u64,
}

impl Thread {
    pub(super) fn fresh(key: &ThreadKey) -> Document {
        let mut fresh = Part::fresh();
        fresh.extend(doc! {
            "namespace": key.namespace(),
            "thread": key.thread(),
            "due": null,
            "written": null,
            "lease": null,
            "deaths": 0_i64,
            "dying": [],
        });
        fresh
    }

    fn read(document: &Document) -> Result<Self, StoreError> {
        let lease = |document: &Document, field: &str| match document.get_document(field) {
            Ok(held) => Held::read(held),
            Err(_) => Err(odd(document, field)),
        };
        let dying = |one: &Bson| Dying::read(one.as_document()?);
        Ok(Self {
            part: Part::read(document)?,
            lease: optional(document, "lease", lease)?,
            deaths: number(document, "deaths")?,
            dying: items(document, "dying", dying)?,
        })
    }

    /// Whether a path is there: begun in this life, and not since deleted.
    fn has(&self, child: &Child) -> bool {
        child.life == self.part.id && !self.dying.iter().any(|dying| dying.takes(child))
    }
}

impl Held {
    fn read(document: &Document) -> Result<Self, StoreError> {
        Ok(Self {
            lease: Lease {
                epoch: unsigned(document, "epoch")?,
                holder: text(document, "holder")?.to_owned(),
                until: unsigned(document, "until").map(Timestamp::from_micros)?,
            },
            alone: document.get_bool("alone").unwrap_or(false),
        })
    }
}

impl Dying {
    fn read(document: &Document) -> Option<Self> {
        Some(Self {
            path: document.get_str("path").ok()?.to_owned(),
            death: number(document, "death").ok()?,
        })
    }

    pub(super) fn document(&self) -> Document {
        doc! { "path": &self.path, "death": self.death }
    }

    /// Whether it is that path, or above it, and was there before.
    pub(super) fn takes(&self, child: &Child) -> bool {
        let below = child.path.strip_prefix(&*self.path);
        let below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below && child.since < self.death
    }
}

impl Child {
    fn fresh(key: &ThreadKey, thread: &Thread) -> Document {
        let mut fresh = Part::fresh();
        fresh.extend(doc! {
            "namespace": key.namespace(),
            "thread": key.thread(),
            "path": key.path(),
            "life": &thread.part.id,
            "since": thread.deaths,
            "armed": 0_i64,
        });
        fresh
    }

    pub(super) fn read(document: &Document) -> Result<Self, StoreError> {
        Ok(Self {
            part: Part::read(document)?,
            path: text(document, "path")?.to_owned(),
            life: text(document, "life")?.to_owned(),
            since: number(document, "since")?,
            armed: unsigned(document, "armed")?,
        })
    }
}

/// Where a key leads to, as it was when the thread was read.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) thread: Option<Thread>,
    pub(super) child: Option<Child>,
    pub(super) is_root: bool,
}

impl Place {
    /// What is there.
    pub(super) fn part(&self) -> Option<&Part> {
        if self.is_root {
            self.thread.as_ref().map(|thread| &thread.part)
        } else {
            self.child.as_ref().map(|child| &child.part)
        }
    }

    /// Where it stands, for changes to be judged.
    pub(super) fn standing(&self) -> Standing {
        let held = self
            .thread
            .as_ref()
            .and_then(|thread| thread.lease.as_ref());
        let lease = held.map_or(0, |held| held.lease.epoch);
        let part = self.part();
        Standing {
            head: part.and_then(|part| part.head),
            lease,
            rewrites: part.map_or(0, |part| part.rewrites),
        }
    }
}

/// Looks where a key leads to. The thread is read after the path: what it says of its lease and its deletions
/// then holds for a path that was there already.
pub(super) async fn look(database: &Database, key: &ThreadKey) -> Result<Place, StoreError> {
    let is_root = key.path().is_empty();
    let children = if is_root {
        Vec::new()
    } else {
        database.newest_paths(key).await?
    };
    let children: Vec<_> = children.iter().map(Child::read).collect::<Result<_, _>>()?;
    let thread = thread(database, key).await?;
    let child = thread.as_ref().and_then(|thread| {
        let mut children = children.into_iter();
        children.find(|child| thread.has(child))
    });
    Ok(Place {
        thread,
        child,
        is_root,
    })
}

/// A thread as it is now.
pub(super) async fn thread(
    database: &Database,
    key: &ThreadKey,
) -> Result<Option<Thread>, StoreError> {
    let filter = doc! { "namespace": key.namespace(), "thread": key.thread() };
    let found = database.newest(&database.threads, filter, None).await?;
    found.as_ref().map(Thread::read).transpose()
}

/// Whether it is still as it was looked at.
pub(super) async fn is_unchanged(database: &Database, place: &Place) -> Result<bool, StoreError> {
    let Some(part) = place.part() else {
        return Ok(true);
    };
    let filter = doc! { "_id": &part.id, "version": part.version };
    let id = Some(doc! { "_id": 1 });
    let found = database.newest(database.heads(place), filter, id).await?;
    Ok(found.is_some())
}

/// Makes the document that is missing; it says that nothing is there. Then it is to be looked at anew.
pub(super) async fn begin(
    database: &Database,
    key: &ThreadKey,
    place: &Place,
) -> Result<(), StoreError> {
    let made = match &place.thread {
        None => database.threads.insert_one(Thread::fresh(key)).await,
        Some(thread) => {
            // What goes there is in the way.
            forget::finish(database, key, thread).await?;
            database.paths.insert_one(Child::fresh(key, thread)).await
        }
    };
    match made {
        Err(error) if !failure::is_duplicate(&error) => Err(failure::before(&error)),
        // Somebody else may have made it.
        _ => Ok(()),
    }
}

/// What lies below a key in a thread's life, in byte order, and isn't being removed. Its own path isn't among it.
pub(super) async fn below(
    database: &Database,
    key: &ThreadKey,
    thread: &Thread,
) -> Result<Vec<Child>, StoreError> {
    let mut filter = doc! {
        "namespace": key.namespace(), "thread": key.thread(), "life": &thread.part.id,
    };
    if !key.path().is_empty() {
        filter.insert("path", range_below(key.path()));
    }
    let options = FindOptions::builder().sort(doc! { "path": 1 }).build();
    let found = found(&database.paths, filter, options).await?;
    let mut children: Vec<_> = found.iter().map(Child::read).collect::<Result<_, _>>()?;
    children.retain(|child| thread.has(child));
    Ok(children)
}

/// What begins with a path and a `/` lies between that and the path with what comes after a `/`.
pub(super) fn range_below(path: &str) -> Document {
    doc! { "$gt": format!("{path}/"), "$lt": format!("{path}0") }
}
