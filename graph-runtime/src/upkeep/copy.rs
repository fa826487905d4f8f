//! Copying a thread: the same moments under another thread's name.

use super::Upkeep;
use crate::checkpointer::{Commit, Expect, Query, StoreError};
use crate::engine::Home;
use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::{moved, moved_write, thread_text};

impl Upkeep {
    /// Copies a thread that nobody runs to one that has no moments.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<(), Error> {
        let (from, to) = (self.home(from)?, self.home(to)?);
        if from.key == to.key {
            return Err(not_empty(&to));
        }
        let copied = to.alone(copy(&from, &to));
        from.alone(copied).await
    }
}

async fn copy(from: &Home, to: &Home) -> Result<(), Error> {
    let saver = &from.saver;
    let failed = |home: &Home, source| home.reader().store(source);
    let newest = Query {
        limit: Some(1),
        ..Query::default()
    };
    if from.reader().list(&newest).await?.is_empty() {
        return Err(Error::NothingToResume {
            thread: thread_text(&from.key),
        });
    }
    if !to.reader().list(&newest).await?.is_empty() {
        return Err(not_empty(to));
    }
    // What a copy left that didn't come to its end. The thread itself isn't deleted: users may lead to it.
    for path in saver
        .paths(&to.key)
        .await
        .map_err(|source| failed(to, source))?
    {
        let left = to.key.at_path(&path)?;
        saver
            .delete(&left)
            .await
            .map_err(|source| failed(to, source))?;
    }
    let below = saver.paths(&from.key).await;
    // The thread is there with its own moments, so they come last.
    let below = below.map_err(|source| failed(from, source))?;
    for path in below.iter().map(String::as_str).chain([""]) {
        let part = (from.key.at_path(path)?, to.key.at_path(path)?);
        copy_part(from, &part.0, &part.1).await?;
    }
    Ok(())
}

/// Copies one path, all of it at once.
async fn copy_part(home: &Home, from: &ThreadKey, to: &ThreadKey) -> Result<(), Error> {
    let saver = &home.saver;
    let (at, seals) = (
        Home {
            key: from.clone(),
            ..home.clone()
        },
        (home.reader().seal.of(from), home.reader().seal.of(to)),
    );
    let reader = at.reader();
    let mut commit = Commit {
        expected: Expect::Head(None),
        ..Commit::default()
    };
    for record in reader.list(&Query::default()).await?.iter().rev() {
        let moved = moved(record, seals.0, seals.1);
        commit
            .records
            .push(moved.map_err(|cause| reader.damaged(record, cause))?);
    }
    let writes = saver.writes(from).await;
    for write in writes.map_err(|source| reader.store(source))? {
        let moved = moved_write(&write, seals.0, seals.1);
        commit
            .writes
            .push(moved.map_err(|source| reader.store(source))?);
    }
    match saver.commit(to, commit).await {
        Ok(()) => Ok(()),
        Err(StoreError::Conflict { .. }) => Err(Error::NotEmpty {
            thread: thread_text(to),
        }),
        Err(source) => Err(reader.store(source)),
    }
}

fn not_empty(to: &Home) -> Error {
    Error::NotEmpty {
        thread: thread_text(&to.key),
    }
}
