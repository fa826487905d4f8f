//! The backends that upkeep is shown on, and a clock that can be turned.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graph_checkpointers::{FileSaver, SqliteSaver};
use graph_runtime::{Checkpointer, Clock, MemorySaver, Timestamp};
use tempfile::TempDir;

/// A backend, and where it keeps its things.
pub enum Store {
    /// Gone with the process.
    Memory(Arc<MemorySaver>),
    /// One file.
    Sqlite(TempDir),
    /// A directory of files.
    File(TempDir),
}

impl Store {
    pub fn memory() -> Self {
        Self::Memory(Arc::new(MemorySaver::new()))
    }

    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// A handle on it, opened anew: what a restarted process would have.
    pub async fn open(&self) -> Arc<dyn Checkpointer> {
        match self {
            Self::Memory(saver) => Arc::<MemorySaver>::clone(saver),
            Self::Sqlite(folder) => {
                let path = folder.path().join("moments.db");
                Arc::new(SqliteSaver::open(path).await.unwrap())
            }
            Self::File(folder) => {
                let path = folder.path().join("moments");
                Arc::new(FileSaver::open(path).await.unwrap())
            }
        }
    }
}

/// Makes each function a test on every backend.
macro_rules! on_every_backend {
    ($($(#[$said:meta])* async fn $name:ident($store:ident) $body:block)*) => {
        $($(#[$said])* async fn $name($store: crate::store::Store) $body)*

        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::store::Store::memory()).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::Store::sqlite()).await;
            })*
        }

        mod file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::Store::file()).await;
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

/// How much more than usual is tried.
pub fn scale() -> u64 {
    let scale = std::env::var("GRAPH_TEST_SCALE");
    scale.ok().and_then(|scale| scale.parse().ok()).unwrap_or(1)
}
