//! Going through all threads of a graph, a page at a time.

use super::Upkeep;
use super::keep::Retention;
use super::plan::Rule;
use crate::checkpointer::{Page, Query, StoreError};
use crate::engine::Home;
use crate::error::Error;
use crate::id::Timestamp;

/// How many threads are listed at a time.
const PAGE: usize = 500;

/// What a sweep has done, and what it has left.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Swept {
    /// How many threads were deleted.
    pub deleted: usize,
    /// From how many threads something was removed.
    pub pruned: usize,
    /// How many moments were removed from those.
    pub moments: usize,
    /// Threads that were left as they are because somebody runs them. The next sweep comes by.
    pub skipped: Vec<String>,
    /// Threads that were left because of what is wrong with them.
    pub failed: Vec<(String, Error)>,
}

impl Upkeep {
    /// Deletes and prunes what is to go.
    pub(crate) async fn sweep(&self, retention: &Retention) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        let now = self.now();
        if let Some(time_to_live) = retention.time_to_live {
            let before = now.saturating_sub(time_to_live);
            self.delete_idle(before, &mut swept).await?;
        }
        if let Some(keep) = retention.keep {
            self.prune_all(&Rule::Keep { keep, now }, &mut swept)
                .await?;
        }
        Ok(swept)
    }

    async fn delete_idle(&self, before: Timestamp, swept: &mut Swept) -> Result<(), Error> {
        let mut page = page();
        loop {
            let idle = self.saver.idle(&self.namespace, before, &page).await;
            let idle = idle.map_err(|source| self.of_threads(source))?;
            for (thread, _) in &idle {
                let deleted = self.delete_if_idle(thread, before).await;
                if swept.takes(thread, deleted)? == Some(true) {
                    swept.deleted += 1;
                }
            }
            page.after = match idle.last() {
                Some(last) if idle.len() == PAGE => Some(last.clone()),
                _ => return Ok(()),
            };
        }
    }

    async fn delete_if_idle(&self, thread: &str, before: Timestamp) -> Result<bool, Error> {
        let home = self.home(thread)?;
        if !is_idle(&home, before).await? {
            return Ok(false);
        }
        home.alone(async {
            // Somebody may have come meanwhile.
            let is_idle = is_idle(&home, before).await?;
            if is_idle {
                let deleted = home.saver.delete(&home.key).await;
                deleted.map_err(|source| home.reader().store(source))?;
            }
            Ok(is_idle)
        })
        .await
    }

    async fn prune_all(&self, rule: &Rule, swept: &mut Swept) -> Result<(), Error> {
        let mut page = page();
        loop {
            let threads = self.saver.threads(&self.namespace, &page).await;
            let threads = threads.map_err(|source| self.of_threads(source))?;
            for thread in &threads {
                let pruned = async {
                    if self.is_to_be_pruned(thread, rule).await? {
                        self.prune_by(thread, rule).await
                    } else {
                        Ok(super::Pruned::default())
                    }
                };
                if let Some(pruned) = swept.takes(thread, pruned.await)? {
                    swept.moments += pruned.moments;
                    swept.pruned += usize::from(!pruned.is_empty());
                }
            }
            page.after = match threads.last() {
                Some(last) if threads.len() == PAGE => Some(last.clone()),
                _ => return Ok(()),
            };
        }
    }

    pub(crate) fn of_threads(&self, source: StoreError) -> Error {
        Error::Store {
            thread: format!("the threads of graph `{}`", self.namespace),
            source,
        }
    }
}

fn page<After>() -> Page<After> {
    Page {
        limit: Some(PAGE),
        ..Page::default()
    }
}

/// Whether nothing was written since before then, and no time was waited for that has come since.
async fn is_idle(home: &Home, before: Timestamp) -> Result<bool, Error> {
    let head = Query {
        limit: Some(1),
        ..Query::default()
    };
    let head = home.reader().list(&head).await?.pop();
    Ok(
        head.is_some_and(|head| {
            head.created_at < before && head.due.is_none_or(|due| due < before)
        }),
    )
}

impl Swept {
    /// Takes in how it went with a thread. What is wrong with the store ends the sweep.
    fn takes<T>(&mut self, thread: &str, done: Result<T, Error>) -> Result<Option<T>, Error> {
        match done {
            Ok(done) => return Ok(Some(done)),
            Err(Error::Busy { .. }) => self.skipped.push(thread.to_owned()),
            Err(
                error @ Error::Store {
                    source:
                        StoreError::Unavailable(_) | StoreError::Unsupported(_) | StoreError::Unknown(_),
                    ..
                },
            ) => return Err(error),
            Err(error) => self.failed.push((thread.to_owned(), error)),
        }
        Ok(None)
    }
}
