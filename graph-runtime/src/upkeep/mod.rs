//! Keeping threads small and stores clean: pruned, thinned out by runs, copied, counted, swept.
//!
//! All of it works on what is stored, whatever the types of the graph were: one that has changed since can still be
//! kept up. `plan` says what goes of one path and what becomes of the rest, `prune` goes through a thread with the
//! graphs within it, `copy` and `sweep` do what they say; `threads` and `graphs` are the doors for users.

mod copy;
mod graphs;
mod keep;
mod plan;
mod prune;
mod sweep;
mod threads;

use std::sync::Arc;
use std::time::Duration;

pub use keep::{Keep, Retention};
pub use prune::Pruned;
pub use sweep::Swept;

use crate::checkpointer::Checkpointer;
use crate::clock::Clock;
use crate::engine::{Home, Registry};
use crate::error::Error;
use crate::id::{ThreadKey, Timestamp};
use crate::moment::Format;

/// The threads of a graph, for whoever keeps them up.
#[derive(Clone)]
pub(crate) struct Upkeep {
    pub(crate) saver: Arc<dyn Checkpointer>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) namespace: Arc<str>,
    /// How long a thread is kept from other processes at a time.
    pub(crate) lease: Duration,
    /// How what is written anew is written.
    pub(crate) format: Format,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Upkeep {
    fn home(&self, thread: &str) -> Result<Home, Error> {
        Ok(Home {
            saver: Arc::clone(&self.saver),
            registry: Arc::clone(&self.registry),
            key: ThreadKey::new(Arc::clone(&self.namespace), thread)?,
            lease: Some(self.lease),
            format: self.format,
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Forgets a thread that nobody runs.
    pub(crate) async fn forget(&self, thread: &str) -> Result<(), Error> {
        let home = self.home(thread)?;
        let forgotten = async {
            let deleted = home.saver.delete(&home.key).await;
            deleted.map_err(|source| home.reader().store(source))
        };
        home.alone(forgotten).await
    }
}
