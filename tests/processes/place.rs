//! Where the processes of this suite meet: a store that each of them opens for itself.

use std::path::Path;
use std::sync::Arc;

use graph_checkpointers::SqliteSaver;
use graph_runtime::Checkpointer;

/// The store of a test, which has a directory of its own.
pub fn of(room: &Path) -> String {
    room.join("moments.db").display().to_string()
}

/// A handle on it, as a process opens it.
pub async fn open(place: &str) -> Arc<dyn Checkpointer> {
    Arc::new(SqliteSaver::open(place).await.unwrap())
}
