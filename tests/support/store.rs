//! The backends that every behaviour is shown on.

use std::sync::Arc;

use graph_checkpointers::SqliteSaver;
use graph_runtime::{Checkpointer, MemorySaver};
use tempfile::TempDir;

/// A backend, and where it keeps its things.
pub enum Store {
    /// Gone with the process.
    Memory(Arc<MemorySaver>),
    /// One file.
    Sqlite(TempDir),
}

impl Store {
    pub fn memory() -> Self {
        Self::Memory(Arc::new(MemorySaver::new()))
    }

    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A handle on it, opened anew: what a restarted process would have.
    pub async fn open(&self) -> Arc<dyn Checkpointer> {
        match self {
            Self::Memory(saver) => Arc::<MemorySaver>::clone(saver),
            Self::Sqlite(folder) => Arc::new(
                SqliteSaver::open(folder.path().join("moments.db"))
                    .await
                    .unwrap(),
            ),
        }
    }
}

/// Makes each function a test on every backend.
#[doc(hidden)]
#[macro_export]
macro_rules! __on_every_backend {
    ($(async fn $name:ident($store:ident) $body:block)*) => {
        $(async fn $name($store: $crate::store::Store) $body)*

        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::store::Store::memory()).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::Store::sqlite()).await;
            })*
        }
    };
}

#[doc(inline)]
pub use __on_every_backend as on_every_backend;
