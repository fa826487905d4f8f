//! The backends that upkeep is shown on, and a clock that can be turned.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graph_runtime::{Clock, Timestamp};

/// Makes each function a test on every backend that needs no server.
macro_rules! on_every_backend {
    ($($(#[$said:meta])* async fn $name:ident($store:ident) $body:block)*) => {
        $($(#[$said])* async fn $name($store: graph_tests::store::Store) $body)*

        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(graph_tests::store::Store::memory()).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(graph_tests::store::Store::sqlite()).await;
            })*
        }

        mod file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(graph_tests::store::Store::file()).await;
            })*
        }
    };
}

pub(crate) use on_every_backend;

/// A clock that stands where it is put.
#[derive(Clone, Debug)]
pub struct Hands(Arc<AtomicU64>);

pub const DAY: Duration = Duration::from_hours(24);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000_000_000)))
    }

    pub fn turn(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap();
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}
