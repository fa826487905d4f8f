//! Runs one case on a place to store that is its own.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::Checkpointer;
use tokio::runtime;
use tokio::time::timeout;

use super::Place;

/// The store that a case is run on.
pub type Store = Arc<dyn Checkpointer>;

/// What is proved, being opened.
pub type Opening<T = dyn Checkpointer> = Pin<Box<dyn Future<Output = Arc<T>> + Send>>;

/// A store for memory across threads, being opened.
pub type StoreOpening = Opening<dyn graph_runtime::Store>;

/// A cache, being opened.
pub type CacheOpening = Opening<dyn graph_runtime::Cache>;

/// Opens the same place as often as a case needs it.
pub struct Reopen<T: ?Sized = dyn Checkpointer> {
    open: fn(Place) -> Opening<T>,
    place: Place,
}

impl<T: ?Sized> Clone for Reopen<T> {
    fn clone(&self) -> Self {
        Self {
            open: self.open,
            place: self.place.clone(),
        }
    }
}

impl<T: ?Sized> fmt::Debug for Reopen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reopen")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl<T: ?Sized> Reopen<T> {
    pub(super) async fn open(&self) -> Arc<T> {
        (self.open)(self.place.clone()).await
    }
}

/// Runs a case that opens its place once.
pub fn run<T: ?Sized, F: Future<Output = ()>>(
    open: fn(Place) -> Opening<T>,
    case: impl FnOnce(Arc<T>) -> F,
) {
    run_reopening(open, async |reopen| case(reopen.open().await).await);
}

/// Runs a case that opens its place itself.
pub fn run_reopening<T: ?Sized>(open: fn(Place) -> Opening<T>, case: impl AsyncFnOnce(Reopen<T>)) {
    // More threads than one, so that races are races.
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let place = Place::new();
    let ended = runtime.block_on(async {
        let reopen = Reopen {
            open,
            place: place.clone(),
        };
        // Without optimisation, what seals takes its time with the largest payloads.
        timeout(Duration::from_mins(5), case(reopen)).await
    });
    assert!(ended.is_ok(), "the case has not ended after five minutes");
}
