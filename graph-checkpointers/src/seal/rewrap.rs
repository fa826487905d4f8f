//! Sealing anew, with the current key, what another one sealed.

use graph_runtime::{At, Checkpointer, Expect, Page, Query, Rewrite, StoreError, ThreadKey};

use super::{Sealed, envelope};
use crate::wrapped::Wrapper;

/// Records that are sealed anew in one change: few enough to be held in memory.
const RECORDS: usize = 32;
const THREADS: usize = 256;

/// What [`Sealed::rewrap`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Threads that were gone through.
    pub threads: u64,
    /// Records that were sealed anew.
    pub records: u64,
    /// Writes that were sealed anew.
    pub writes: u64,
    /// Messages that wait in inboxes and aren't sealed with the current key. They go when their threads run.
    pub waiting: u64,
}

impl Rewrapped {
    fn add(&mut self, other: Self) {
        self.threads += other.threads;
        self.records += other.records;
        self.writes += other.writes;
        self.waiting += other.waiting;
    }
}

impl<C: Checkpointer> Sealed<C> {
    /// Seals anew whatever in the threads of a namespace isn't sealed with the current key: then the other keys can
    /// go, once no message that they sealed is [waiting](Rewrapped::waiting).
    ///
    /// Threads may run meanwhile. What was done stays where this ends early, by an error or a crash, and what is
    /// left is done by calling it again. Every process has to seal with the current key by then, or it goes on
    /// adding what another one sealed.
    ///
    /// Not reached are messages that wait in inboxes, those of threads that haven't begun among them. Of the first
    /// the result tells the number.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] where the store isn't kept up, [`StoreError::UnknownKey`] for what a key sealed
    /// that isn't in the ring, [`StoreError::Corrupt`] for what can't be opened, and what the store says.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use graph_checkpointers::{KeyRing, SealKey, Sealed};
    /// use graph_runtime::MemorySaver;
    ///
    /// # let (new, old) = (SealKey::from([1; 32]), SealKey::from([2; 32]));
    /// let keys = KeyRing::new("2026", new)?.opening_with("2025", old)?;
    /// let saver = Sealed::new(MemorySaver::new(), keys);
    /// let done = saver.rewrap("support").await?;
    /// if done.waiting == 0 {
    ///     println!("{} records sealed anew; the key `2025` can go", done.records);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rewrap(&self, namespace: &str) -> Result<Rewrapped, StoreError> {
        let mut done = Rewrapped::default();
        let mut page = Page {
            after: None,
            limit: Some(THREADS),
        };
        loop {
            let threads = self.inner().threads(namespace, &page).await?;
            for thread in &threads {
                let thread = ThreadKey::new(namespace, thread.as_str())?;
                done.add(self.rewrap_thread(&thread).await?);
            }
            match threads.into_iter().next_back() {
                Some(last) => page.after = Some(last),
                None => return Ok(done),
            }
        }
    }

    /// The same for one thread with everything below it, or for one path of it.
    ///
    /// # Errors
    /// As [`Sealed::rewrap`].
    pub async fn rewrap_thread(&self, thread: &ThreadKey) -> Result<Rewrapped, StoreError> {
        let mut done = Rewrapped {
            threads: 1,
            ..self.rewrap_part(thread).await?
        };
        for path in self.inner().paths(thread).await? {
            done.add(self.rewrap_part(&thread.at_path(&path)?).await?);
        }
        Ok(done)
    }

    async fn rewrap_part(&self, part: &ThreadKey) -> Result<Rewrapped, StoreError> {
        let messages = self.inner().inbox(part).await?;
        let mut waiting = 0;
        for message in messages {
            waiting += u64::from(self.is_stale(&message.payload));
        }
        Ok(Rewrapped {
            threads: 0,
            records: self.rewrap_records(part).await?,
            writes: self.rewrap_writes(part).await?,
            waiting,
        })
    }

    /// From the newest to the oldest: what is added meanwhile is sealed with the current key.
    async fn rewrap_records(&self, part: &ThreadKey) -> Result<u64, StoreError> {
        let mut done = 0;
        let mut before = None;
        // The count is read before the records: what is pruned after that shows when they are replaced.
        let mut rewrites = self.rewrites(part).await?;
        loop {
            let query = Query {
                before,
                limit: Some(RECORDS),
                ..Query::default()
            };
            let mut records = self.inner().list(part, &query).await?;
            let Some(oldest) = records.last().map(|oldest| oldest.sequence) else {
                return Ok(done);
            };
            records.retain(|record| self.is_stale(&record.payload));
            for record in &mut records {
                self.unpack_record(part, record)?;
                self.pack_record(part, record)?;
            }
            let count = records.len() as u64;
            let rewrite = Rewrite {
                rewrites,
                replaced: records,
                ..Rewrite::default()
            };
            if self.rewritten(part, rewrite).await? {
                done += count;
                before = Some(oldest);
            } else {
                rewrites = self.rewrites(part).await?;
            }
        }
    }

    async fn rewrap_writes(&self, part: &ThreadKey) -> Result<u64, StoreError> {
        loop {
            let Some(chain) = self.inner().load(part, At::Head).await? else {
                return Ok(0);
            };
            let mut writes = chain.writes;
            writes.retain(|write| self.is_stale(&write.payload));
            for write in &mut writes {
                self.unpack_write(part, write)?;
                self.pack_write(part, write)?;
            }
            let count = writes.len() as u64;
            let rewrite = Rewrite {
                // Under the same head no record has taken a write in, and nothing else has its key by now.
                expected: Expect::Head(chain.head),
                rewrites: chain.rewrites,
                writes,
                ..Rewrite::default()
            };
            if self.rewritten(part, rewrite).await? {
                return Ok(count);
            }
        }
    }

    /// Whether it was done; `false` where the thread went on or was pruned meanwhile.
    async fn rewritten(&self, part: &ThreadKey, rewrite: Rewrite) -> Result<bool, StoreError> {
        if rewrite.is_empty() {
            return Ok(true);
        }
        match self.inner().rewrite(part, rewrite).await {
            Ok(()) => Ok(true),
            Err(StoreError::Rewritten | StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn rewrites(&self, part: &ThreadKey) -> Result<u64, StoreError> {
        let chain = self.inner().load(part, At::Head).await?;
        Ok(chain.map_or(0, |chain| chain.rewrites))
    }

    fn is_stale(&self, stored: &[u8]) -> bool {
        !envelope::is_current(&self.keys, stored)
    }
}
