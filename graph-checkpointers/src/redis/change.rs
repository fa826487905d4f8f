//! What writes: commits, rewrites, messages, deletions, users. Each is one script, which judges before it changes
//! anything.

use ::redis::Value;
use graph_runtime::{Commit, Expect, Rewrite, Standing, StoreError, ThreadKey, Write};

use super::keys::Prefix;
use super::link::{Link, Repeat};
use super::reply::{Reply, odd};
use super::row::{self, corrupt};
use super::script::{self, Call};

/// Whoever knows where things are and can reach them.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) link: Link,
    pub(super) prefix: Prefix,
}

impl Desk {
    pub(super) async fn commit(&self, key: &ThreadKey, commit: &Commit) -> Result<(), StoreError> {
        let records: Vec<_> = commit.records.iter().map(row::record).collect();
        let mut call = self
            .call_on(&script::COMMIT, key)
            .shown(&expected(commit.expected))
            .shown(&commit.rewrites)
            .shown(&commit.epoch)
            .shown(&commit.records.len())
            .shown(&commit.consumed.len())
            .shown(&commit.received.len());
        for record in records {
            call = call.bytes(record);
        }
        for turn in &commit.consumed {
            call = call.shown(turn);
        }
        for position in &commit.received {
            call = call.shown(&row::unsigned(*position));
        }
        let call = with_writes(call, &commit.writes);
        // Of one with records the second time is known by the head; of the others it might bring back what has
        // been consumed meanwhile.
        let repeat = if commit.records.is_empty() {
            Repeat::Never
        } else {
            Repeat::Harmless
        };
        match outcome(key, self.link.change(&call, repeat).await?)? {
            Some(standing) if commit.applies(standing)? => Err(contradiction()),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn rewrite(
        &self,
        key: &ThreadKey,
        rewrite: &Rewrite,
    ) -> Result<(), StoreError> {
        let mut call = self
            .call_on(&script::REWRITE, key)
            .shown(&expected(rewrite.expected))
            .shown(&rewrite.rewrites)
            .shown(&rewrite.rewrites_after())
            .shown(&rewrite.removed.len())
            .shown(&rewrite.replaced.len());
        for id in &rewrite.removed {
            call = call.shown(id);
        }
        for record in rewrite.replaced.iter().map(row::record) {
            call = call.bytes(record);
        }
        let call = with_writes(call, &rewrite.writes);
        match outcome(key, self.link.change(&call, Repeat::Never).await?)? {
            Some(standing) => {
                rewrite.applies(standing)?;
                Err(contradiction())
            }
            None => Ok(()),
        }
    }

    pub(super) async fn send(&self, key: &ThreadKey, message: &[u8]) -> Result<u64, StoreError> {
        let keys = self.prefix.place(key).sending();
        let call = Call::new(&script::SEND, keys)
            .text(key.thread())
            .text(key.path())
            .bytes(message);
        let sent = self.link.change(&call, Repeat::Never).await?;
        row::read_number(&whole(key, sent)?.text()?)
    }

    pub(super) async fn delete(&self, key: &ThreadKey) -> Result<(), StoreError> {
        let thread = self.prefix.thread(key);
        let keys = [
            thread.paths(),
            thread.namespace.threads(),
            thread.namespace.due(),
            thread.namespace.written(),
            thread.namespace.users(),
            thread.users(),
            thread.lease(),
        ];
        let call = Call::new(&script::DELETE, keys)
            .text(key.thread())
            .text(key.path())
            .text(&thread.base);
        self.link.change(&call, Repeat::Never).await.map(drop)
    }

    pub(super) async fn thread_of(
        &self,
        user: &str,
        proposed: &ThreadKey,
    ) -> Result<String, StoreError> {
        let thread = self.prefix.thread(proposed);
        let call = Call::new(&script::USER, [thread.namespace.users(), thread.users()])
            .text(user)
            .text(proposed.thread());
        let kept = self.link.change(&call, Repeat::Harmless).await?;
        Reply::of(kept)?.text()
    }

    /// A script that changes a place.
    fn call_on<'c>(&self, source: &'static script::Source, key: &'c ThreadKey) -> Call<'c> {
        Call::new(source, self.prefix.place(key).changing())
            .text(key.thread())
            .text(key.path())
    }
}

/// Where the place stands, if the script has changed nothing for that reason.
fn outcome(key: &ThreadKey, value: Value) -> Result<Option<Standing>, StoreError> {
    let mut reply = whole(key, value)?;
    match reply.word.as_str() {
        "done" => Ok(None),
        "standing" => standing(&mut reply).map(Some),
        _ => Err(odd()),
    }
}

/// A reply about a place, unless parts of it are gone.
pub(super) fn whole(key: &ThreadKey, value: Value) -> Result<Reply, StoreError> {
    let reply = Reply::of(value)?;
    if reply.word == "damaged" {
        let (namespace, thread) = (key.namespace(), key.thread());
        return Err(corrupt(format_args!(
            "of thread `{thread}` of `{namespace}` some keys are there and others are gone: the server has evicted them or somebody has removed them; bring back a backup, or delete the thread"
        )));
    }
    Ok(reply)
}

/// The head that a script is to find.
fn expected(expected: Expect) -> String {
    match expected {
        Expect::Any => "*".to_owned(),
        Expect::Head(None) => String::new(),
        Expect::Head(Some(id)) => id.to_string(),
    }
}

fn with_writes<'c>(mut call: Call<'c>, writes: &'c [Write]) -> Call<'c> {
    for write in writes {
        call = call.shown(&write.key).bytes(&write.payload);
    }
    call
}

fn standing(reply: &mut Reply) -> Result<Standing, StoreError> {
    let head = reply.text()?;
    let sequence = row::read_number(&reply.text()?)?;
    let head = match head.as_str() {
        "" => None,
        id => Some((row::read_id(id)?, sequence)),
    };
    Ok(Standing {
        head,
        lease: row::read_number(&reply.text()?)?,
        rewrites: row::read_number(&reply.text()?)?,
    })
}

/// The script compares what is stored, and this program what it reads of it.
fn contradiction() -> StoreError {
    corrupt("the thread's head reads otherwise than it compares")
}
