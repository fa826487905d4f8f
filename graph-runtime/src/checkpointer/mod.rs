//! What a place that keeps moments must do. The docs of [`Checkpointer`] are the contract.

mod commit;
mod error;
mod memory;
mod record;
mod sharing;
mod upkeep;

pub use commit::{Commit, Expect, Standing};
pub use error::{Cause, StoreError};
pub use memory::MemorySaver;
pub use record::{At, Chain, Page, Query, Record, Source, Write, WriteKey, WriteKind};
pub use sharing::{Lease, Message};
pub use upkeep::{Rewrite, Usage};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::id::{ThreadKey, Timestamp};

/// A place that keeps moments.
///
/// A thread is a tree of [`Record`]s with one *head*, the record that was written last, and a set of
/// [`Write`]s: what finished, was answered or paused beside the records, until a record takes it in.
/// An implementer stores bytes and compares ids; it never looks into a payload.
///
/// Six methods are required. `writes`, `due`, `idle` and `check` are made of them here, and a store that can be
/// asked does them better. Where several processes share a store it has leases and an inbox too, and where
/// threads are pruned, copied or counted it has what upkeep needs; others leave them out.
///
/// # Guarantees
/// 1. **Atomic.** A [`Commit`] happens whole or not at all, also when the process is killed or the
///    connection breaks in the middle of it.
/// 2. **Compare and set.** A commit that expects a head other than the thread's is
///    [`StoreError::Conflict`] and changes nothing. Of two commits that race on the same expected head,
///    one at most succeeds.
/// 3. **Acknowledged is kept.** When `commit` has returned `Ok`, what it stored survives whatever the
///    backend promises to survive (each backend's docs hold its table).
/// 4. **Order.** The head is the last record of the last commit, and [`Record::sequence`] rises with each
///    record over all branches: a commit that would break this is [`StoreError::Malformed`]. Listing goes
///    by the sequence, never by ids or clocks.
/// 5. **Idempotent.** A commit whose last record is the thread's head already is `Ok` and changes
///    nothing, so a commit may be repeated after [`StoreError::Unknown`]. Once the head has moved on, the
///    repeated commit is a conflict like any other: the thread is to be loaded again.
/// 6. **Insert if absent.** A write whose key is there already leaves what is there; of two in one commit
///    the first stays. A commit removes what it consumes before it adds its own writes.
/// 7. **Isolated.** Nothing said of one [`ThreadKey`] shows in another. Keys are compared byte by byte.
/// 8. **Limits.** Ids and names of 512 bytes, paths of 2 KiB and payloads of 64 MiB are stored as they are;
///    beyond, [`StoreError::InvalidId`] and [`StoreError::TooLarge`], and nothing is stored. Every number is
///    kept as it is; sequences and due times end at `i64::MAX`, where they become [`StoreError::Malformed`].
/// 9. **No blocking.** A method doesn't block the executor's thread; dropping its future loses at most
///    the news of whether the commit happened, never half of it.
/// 10. **Paths.** What a child graph stores is told apart from its thread and from other children by
///     [`ThreadKey::path`]: each path has its own records, head, sequence, writes and inbox. `threads` and
///     `due` see the thread itself alone; deleting reaches all that is [below](ThreadKey::contains), at once.
/// 11. **Due.** A thread is due by what its head says in [`Record::due`]. A head that was left wakes nobody.
///
/// # Guarantees of a store that processes share
/// Each of the two is left out with its methods or kept in full. Left out, it says so: `lease` gives `None`,
/// `send` is [`StoreError::Unsupported`].
///
/// 12. **Fenced.** One holder at a time has the lease of a thread, for all its paths, by the store's own clock.
///     Each new lease has a higher epoch than all that the thread had before, also before it was deleted. A
///     commit that carries an epoch is [`StoreError::Fenced`] and changes nothing unless the thread's lease
///     has the same, be it past its end; one that carries 0 is judged by its head alone.
/// 13. **In line.** Messages of an inbox have rising positions, and none is given twice. A message stays until
///     a commit names its position in [`Commit::received`]: it goes with that commit, or stays with it.
///
/// # Guarantees of a store that is kept up
/// Left out with its methods or kept in full. Left out, `rewrite`, `paths` and `usage` are
/// [`StoreError::Unsupported`].
///
/// 14. **Rewritten whole.** A [`Rewrite`] happens whole or not at all, whoever reads meanwhile, and never moves
///     the head. Each one that removes records raises the count of [`Chain::rewrites`], which every path has for
///     itself, and from then on a commit with records, or a rewrite, that was made before is
///     [`StoreError::Rewritten`] and changes nothing: nothing goes on from what is gone. Writes and messages are
///     taken all the same. The count of what was deleted begins at 0.
///
/// [`Commit::check`], [`Commit::applies`], [`Lease::renewed`], [`Rewrite::check`] and [`Rewrite::applies`] decide
/// 2, 4, 5, 8, 12 and 14 for every backend alike, and `conformance!` in `graph-checkpointers` proves all of them.
#[async_trait]
pub trait Checkpointer: Send + Sync + 'static {
    /// Stores records and writes, removes consumed writes and received messages, moves the head: all of it or
    /// nothing. An empty commit leaves no trace.
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError>;

    /// Loads what is needed to rebuild a moment: its line of records from the nearest snapshot, oldest
    /// first, and, at the head, the thread's writes. `None` where there is no such moment.
    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError>;

    /// The records of a thread (of all its branches), newest first. The limit is applied where the
    /// records are, not after reading them.
    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError>;

    /// The ids of a namespace's threads in byte order, a page at a time: those that have records of their
    /// own, with an empty path.
    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError>;

    /// Forgets a thread with everything below it: records, writes, inboxes, its lease, and the users that lead
    /// to it. With a path it forgets what is there and below, and leaves the lease and the users. Forgetting
    /// what isn't there is `Ok`.
    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError>;

    /// The thread that belongs to a user in a namespace: the one that was kept first, or `proposed`,
    /// which is kept from then on. A name that [`InvalidId::check`](crate::InvalidId::check) refuses is
    /// [`StoreError::InvalidId`]. The thread itself begins with its first commit.
    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError>;

    /// The writes of a thread, in the order of their keys. Those of a thread without records may be left
    /// out: nothing has begun there that they could belong to.
    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        Ok(self
            .load(thread, At::Head)
            .await?
            .map(|chain| chain.writes)
            .unwrap_or_default())
    }

    /// The threads of a namespace whose heads want them to be woken by now, each with its due time: the
    /// earliest first, and those of one time in byte order, a page at a time.
    ///
    /// What is here reads every thread's head. A store that can be asked does better.
    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let due = heads(self, namespace, |head| head.due.filter(|due| *due <= now));
        Ok(page.of(due.await?))
    }

    /// The threads of a namespace whose heads were written before that time, by the clock of whoever wrote them,
    /// each with the time: the earliest first, and those of one time in byte order, a page at a time.
    ///
    /// What is here reads every thread's head. A store that can be asked does better.
    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let written = |head: &Record| Some(head.created_at).filter(|written| *written < before);
        Ok(page.of(heads(self, namespace, written).await?))
    }

    /// Whether the store can be reached and used, without changing anything: for whoever is asked about a
    /// program's health.
    async fn check(&self) -> Result<(), StoreError> {
        let one = Page {
            limit: Some(1),
            ..Page::default()
        };
        self.threads("check", &one).await.map(drop)
    }

    /// Removes and replaces records of a thread, or of one path of it, and replaces writes: all of it or nothing.
    /// One that is [empty](Rewrite::is_empty) leaves no trace, and nothing begins a thread.
    ///
    /// One that removed records isn't to be repeated after [`StoreError::Unknown`]: had it happened, it is
    /// [`StoreError::Rewritten`] now, and the thread is to be read again.
    ///
    /// [`StoreError::Unsupported`] where the store isn't kept up.
    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        let _ = (thread, rewrite);
        Err(StoreError::Unsupported("upkeep"))
    }

    /// The paths below a thread, or below one path of it, that hold anything, in byte order. Its own isn't among
    /// them.
    ///
    /// [`StoreError::Unsupported`] where the store isn't kept up.
    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let _ = thread;
        Err(StoreError::Unsupported("upkeep"))
    }

    /// How much is stored of a thread, or of one path of it, with everything below.
    ///
    /// What is here reads all of it. A store that can be asked does better. [`StoreError::Unsupported`] where the
    /// store isn't kept up.
    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        let mut parts = vec![thread.clone()];
        for path in self.paths(thread).await? {
            parts.push(thread.at_path(&path)?);
        }
        let mut usage = Usage::default();
        for part in &parts {
            for record in self.list(part, &Query::default()).await? {
                Usage::add(&mut usage.records, &mut usage.bytes, &record.payload);
            }
            for write in self.writes(part).await? {
                Usage::add(&mut usage.writes, &mut usage.bytes, &write.payload);
            }
            for message in self.inbox(part).await? {
                Usage::add(&mut usage.messages, &mut usage.bytes, &message.payload);
            }
        }
        Ok(usage)
    }

    /// Takes the lease of a thread for so long, or renews it: who holds it already keeps its epoch. The
    /// holder's name is its own, of this run of this process. `None` where the store keeps no leases, because
    /// only one process uses it.
    ///
    /// [`StoreError::Leased`] while somebody else holds it; [`StoreError::InvalidId`] for a holder that
    /// [`InvalidId::check`](crate::InvalidId::check) refuses.
    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let _ = (thread, holder, ttl);
        Ok(None)
    }

    /// Gives a lease back before its end. One that is gone, or was lost, is `Ok` and changes nothing.
    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        let _ = (thread, lease);
        Ok(())
    }

    /// Puts a message into a thread's inbox, and says its position. The thread need not have begun, and
    /// doesn't begin with it. After [`StoreError::Unknown`] it may be there, and sent again it is there twice:
    /// what must happen once carries an id of its own.
    ///
    /// [`StoreError::Unsupported`] where the store has no inbox.
    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        let _ = (thread, message);
        Err(StoreError::Unsupported("inbox"))
    }

    /// The messages of a thread's inbox, in the order of their positions.
    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        let _ = thread;
        Ok(Vec::new())
    }

    /// Whether a commit is over when its future is first polled. Then the engine awaits each one in
    /// place, in every durability, and starts no writer of its own.
    fn commits_inline(&self) -> bool {
        false
    }
}

/// A checkpointer that seals what it is given before anything of it leaves the process: payloads of records,
/// writes and messages are encrypted, and what was changed or swapped is [`StoreError::Corrupt`].
///
/// A graph whose state has a `#[secret]` field asks for one by type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` stores what it is given in the clear",
    label = "doesn't seal",
    note = "wrap it: `Sealed::new(checkpointer, keys)`, of `graph-checkpointers` with the feature `seal`"
)]
pub trait Seals: Checkpointer {}

#[diagnostic::do_not_recommend]
impl<C: Seals + ?Sized> Seals for Arc<C> {}

#[diagnostic::do_not_recommend]
impl<C: Seals + ?Sized> Seals for Box<C> {}

/// What the heads of a namespace's threads say, as far as they say something.
async fn heads<C: Checkpointer + ?Sized>(
    store: &C,
    namespace: &str,
    say: impl Fn(&Record) -> Option<Timestamp> + Send,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let head = Query {
        limit: Some(1),
        ..Query::default()
    };
    let mut said = Vec::new();
    for thread in store.threads(namespace, &Page::default()).await? {
        let key = ThreadKey::new(namespace, thread.as_str())?;
        let newest = store.list(&key, &head).await?.pop();
        if let Some(time) = newest.as_ref().and_then(&say) {
            said.push((thread, time));
        }
    }
    Ok(said)
}

/// What points to a checkpointer is one: handles share it by `Arc`, and a choice at run time is a `Box`.
macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<C: Checkpointer + ?Sized> Checkpointer for $pointer<C> {
            async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
                (**self).commit(thread, commit).await
            }

            async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
                (**self).load(thread, at).await
            }

            async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
                (**self).list(thread, query).await
            }

            async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
                (**self).threads(namespace, page).await
            }

            async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
                (**self).delete(thread).await
            }

            async fn thread_of(
                &self,
                namespace: &str,
                user: &str,
                proposed: &str,
            ) -> Result<String, StoreError> {
                (**self).thread_of(namespace, user, proposed).await
            }

            async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
                (**self).writes(thread).await
            }

            async fn due(
                &self,
                namespace: &str,
                now: Timestamp,
                page: &Page<(String, Timestamp)>,
            ) -> Result<Vec<(String, Timestamp)>, StoreError> {
                (**self).due(namespace, now, page).await
            }

            async fn lease(
                &self,
                thread: &ThreadKey,
                holder: &str,
                ttl: Duration,
            ) -> Result<Option<Lease>, StoreError> {
                (**self).lease(thread, holder, ttl).await
            }

            async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
                (**self).release(thread, lease).await
            }

            async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
                (**self).send(thread, message).await
            }

            async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
                (**self).inbox(thread).await
            }

            async fn idle(
                &self,
                namespace: &str,
                before: Timestamp,
                page: &Page<(String, Timestamp)>,
            ) -> Result<Vec<(String, Timestamp)>, StoreError> {
                (**self).idle(namespace, before, page).await
            }

            async fn check(&self) -> Result<(), StoreError> {
                (**self).check().await
            }

            async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
                (**self).rewrite(thread, rewrite).await
            }

            async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
                (**self).paths(thread).await
            }

            async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
                (**self).usage(thread).await
            }

            fn commits_inline(&self) -> bool {
                (**self).commits_inline()
            }
        }
    )*};
}

pointers!(Arc, Box);
