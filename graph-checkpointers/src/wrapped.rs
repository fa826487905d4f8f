//! What stands before a checkpointer and changes payloads on their way in and out: the way through all of its
//! methods, and the first line of what is put around a payload. What is done to a payload lies with each.

use std::fmt;
use std::mem;
use std::time::Duration;

use graph_runtime::{
    At, Chain, Checkpointer, Commit, Lease, Message, Page, Query, Record, Rewrite, StoreError,
    ThreadKey, Timestamp, Usage, Write, WriteKey,
};

/// What a payload belongs to, within a thread.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Record(&'a Record),
    Write(&'a WriteKey),
    /// Whichever: its position is given when it is stored.
    Message,
}

impl Place<'_> {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Record(_) => "a record",
            Self::Write(_) => "a write",
            Self::Message => "a message",
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(record) => write!(f, "the record {}", record.id),
            Self::Write(key) => write!(f, "the write {key}"),
            Self::Message => f.write_str(self.kind()),
        }
    }
}

/// Stands before a checkpointer.
pub(crate) trait Wrapper {
    /// Before which one.
    type Inner: Checkpointer;

    fn inner(&self) -> &Self::Inner;

    /// What is stored of a payload.
    fn pack(
        &self,
        thread: &ThreadKey,
        place: Place<'_>,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError>;

    /// The payload of what is stored.
    fn unpack(
        &self,
        thread: &ThreadKey,
        place: Place<'_>,
        stored: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError>;

    fn pack_record(&self, thread: &ThreadKey, record: &mut Record) -> Result<(), StoreError> {
        let payload = mem::take(&mut record.payload);
        record.payload = self.pack(thread, Place::Record(record), payload)?;
        Ok(())
    }

    fn unpack_record(&self, thread: &ThreadKey, record: &mut Record) -> Result<(), StoreError> {
        let stored = mem::take(&mut record.payload);
        record.payload = self.unpack(thread, Place::Record(record), stored)?;
        Ok(())
    }

    fn pack_write(&self, thread: &ThreadKey, write: &mut Write) -> Result<(), StoreError> {
        let payload = mem::take(&mut write.payload);
        write.payload = self.pack(thread, Place::Write(&write.key), payload)?;
        Ok(())
    }

    fn unpack_write(&self, thread: &ThreadKey, write: &mut Write) -> Result<(), StoreError> {
        let stored = mem::take(&mut write.payload);
        write.payload = self.unpack(thread, Place::Write(&write.key), stored)?;
        Ok(())
    }

    fn pack_all(
        &self,
        thread: &ThreadKey,
        records: &mut [Record],
        writes: &mut [Write],
    ) -> Result<(), StoreError> {
        let mut records = records.iter_mut();
        records.try_for_each(|record| self.pack_record(thread, record))?;
        let mut writes = writes.iter_mut();
        writes.try_for_each(|write| self.pack_write(thread, write))
    }

    fn unpack_records(
        &self,
        thread: &ThreadKey,
        mut records: Vec<Record>,
    ) -> Result<Vec<Record>, StoreError> {
        let mut each = records.iter_mut();
        each.try_for_each(|record| self.unpack_record(thread, record))?;
        Ok(records)
    }

    fn unpack_writes(
        &self,
        thread: &ThreadKey,
        mut writes: Vec<Write>,
    ) -> Result<Vec<Write>, StoreError> {
        let mut each = writes.iter_mut();
        each.try_for_each(|write| self.unpack_write(thread, write))?;
        Ok(writes)
    }

    fn unpack_chain(&self, thread: &ThreadKey, chain: Chain) -> Result<Chain, StoreError> {
        Ok(Chain {
            records: self.unpack_records(thread, chain.records)?,
            writes: self.unpack_writes(thread, chain.writes)?,
            ..chain
        })
    }

    fn unpack_messages(
        &self,
        thread: &ThreadKey,
        mut messages: Vec<Message>,
    ) -> Result<Vec<Message>, StoreError> {
        for message in &mut messages {
            let stored = mem::take(&mut message.payload);
            message.payload = self.unpack(thread, Place::Message, stored)?;
        }
        Ok(messages)
    }
}

/// The first line of what is put around a payload: a mark with a format, `sealed/1`, and what else it says.
pub(crate) struct FirstLine<'a> {
    /// The whole line, with its end.
    pub(crate) line: &'a str,
    /// What it says after the format.
    pub(crate) rest: &'a str,
}

impl<'a> FirstLine<'a> {
    /// Reads it, in the one format there is, where what is stored begins with the mark.
    ///
    /// # Errors
    /// `FormatTooNew`, or `Corrupt` where it isn't such a line.
    pub(crate) fn read(
        mark: &str,
        supported: u32,
        place: Place<'_>,
        stored: &'a [u8],
    ) -> Result<Self, StoreError> {
        let damaged =
            || StoreError::Corrupt(format!("the first line of {place} is no {mark} line"));
        let end = stored.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or_else(damaged)?;
        let line = str::from_utf8(&stored[..=end]).map_err(|_| damaged())?;
        let said = line[..end].strip_prefix(mark).ok_or_else(damaged)?;
        let (format, rest) = said.split_once(' ').unwrap_or((said, ""));
        match format.parse() {
            Ok(found) if found == supported => Ok(Self { line, rest }),
            Ok(found) if found > supported => Err(StoreError::FormatTooNew { found, supported }),
            Ok(_) | Err(_) => Err(damaged()),
        }
    }
}

/// Makes a [`Wrapper`] a checkpointer.
macro_rules! checkpointer {
    ($wrapper:ident) => {
        #[async_trait::async_trait]
        impl<C: Checkpointer> Checkpointer for $wrapper<C> {
            async fn commit(
                &self,
                thread: &ThreadKey,
                mut commit: Commit,
            ) -> Result<(), StoreError> {
                self.pack_all(thread, &mut commit.records, &mut commit.writes)?;
                self.inner().commit(thread, commit).await
            }

            async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
                let chain = self.inner().load(thread, at).await?;
                chain
                    .map(|chain| self.unpack_chain(thread, chain))
                    .transpose()
            }

            async fn list(
                &self,
                thread: &ThreadKey,
                query: &Query,
            ) -> Result<Vec<Record>, StoreError> {
                let records = self.inner().list(thread, query).await?;
                self.unpack_records(thread, records)
            }

            async fn threads(
                &self,
                namespace: &str,
                page: &Page,
            ) -> Result<Vec<String>, StoreError> {
                self.inner().threads(namespace, page).await
            }

            async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
                self.inner().delete(thread).await
            }

            async fn thread_of(
                &self,
                namespace: &str,
                user: &str,
                proposed: &str,
            ) -> Result<String, StoreError> {
                self.inner().thread_of(namespace, user, proposed).await
            }

            async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
                let writes = self.inner().writes(thread).await?;
                self.unpack_writes(thread, writes)
            }

            async fn due(
                &self,
                namespace: &str,
                now: Timestamp,
                page: &Page<(String, Timestamp)>,
            ) -> Result<Vec<(String, Timestamp)>, StoreError> {
                self.inner().due(namespace, now, page).await
            }

            async fn idle(
                &self,
                namespace: &str,
                before: Timestamp,
                page: &Page<(String, Timestamp)>,
            ) -> Result<Vec<(String, Timestamp)>, StoreError> {
                self.inner().idle(namespace, before, page).await
            }

            async fn check(&self) -> Result<(), StoreError> {
                self.inner().check().await
            }

            async fn rewrite(
                &self,
                thread: &ThreadKey,
                mut rewrite: Rewrite,
            ) -> Result<(), StoreError> {
                self.pack_all(thread, &mut rewrite.replaced, &mut rewrite.writes)?;
                self.inner().rewrite(thread, rewrite).await
            }

            async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
                self.inner().paths(thread).await
            }

            async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
                self.inner().usage(thread).await
            }

            async fn lease(
                &self,
                thread: &ThreadKey,
                holder: &str,
                ttl: Duration,
            ) -> Result<Option<Lease>, StoreError> {
                self.inner().lease(thread, holder, ttl).await
            }

            async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
                self.inner().release(thread, lease).await
            }

            async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
                let message = self.pack(thread, Place::Message, message)?;
                self.inner().send(thread, message).await
            }

            async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
                let messages = self.inner().inbox(thread).await?;
                self.unpack_messages(thread, messages)
            }

            fn commits_inline(&self) -> bool {
                self.inner().commits_inline()
            }
        }
    };
}

#[cfg(feature = "zstd")]
use crate::compressed::Compressed;
#[cfg(feature = "seal")]
use crate::seal::Sealed;

#[cfg(feature = "seal")]
checkpointer!(Sealed);
#[cfg(feature = "zstd")]
checkpointer!(Compressed);
