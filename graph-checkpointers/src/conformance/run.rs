//! Runs one case on a store of its own.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::Checkpointer;
use tokio::runtime;
use tokio::time::timeout;

use super::Place;

/// The store that a case is run on.
pub type Store = Arc<dyn Checkpointer>;

/// A store that is being opened.
pub type Opening = Pin<Box<dyn Future<Output = Store> + Send>>;

/// Opens the same store as often as a case needs it.
#[derive(Clone, Debug)]
pub struct Reopen {
    open: fn(Place) -> Opening,
    place: Place,
}

impl Reopen {
    pub(super) async fn open(&self) -> Store {
        (self.open)(self.place.clone()).await
    }
}

/// Runs a case that opens its store once.
pub fn run<F: Future<Output = ()>>(open: fn(Place) -> Opening, case: impl FnOnce(Store) -> F) {
    run_reopening(open, async |reopen| case(reopen.open().await).await);
}

/// Runs a case that opens its store itself.
pub fn run_reopening(open: fn(Place) -> Opening, case: impl AsyncFnOnce(Reopen)) {
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
        timeout(Duration::from_mins(2), case(reopen)).await
    });
    assert!(ended.is_ok(), "the case has not ended after two minutes");
}
