//! Who works on a database: what every handle on it shares.

use std::path::Path;
use std::sync::Arc;

use graph_runtime::StoreError;
use rusqlite::Connection;

use super::database::Location;
use super::failure::Failure;
use super::worker::{Role, Worker};

/// The threads of one database. Dropping the last handle waits until what was accepted is written.
///
/// Reading has a thread of its own so that it doesn't wait for the disk. A database in memory belongs to
/// its one connection, so there the writer reads too.
#[derive(Clone, Debug)]
pub(super) struct Workers(Arc<Pair>);

#[derive(Debug)]
struct Pair {
    reader: Option<Worker>,
    writer: Worker,
}

impl Workers {
    /// Opens a file, or memory for `:memory:`.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        if path == Path::new(":memory:") {
            return Self::memory().await;
        }
        let location = Location::File(path.to_owned());
        // The writer first: it makes what the reader expects to find.
        let writer = Worker::start(Role::Writer, location.clone()).await?;
        let reader = Some(Worker::start(Role::Reader, location).await?);
        Ok(Self(Arc::new(Pair { reader, writer })))
    }

    /// Makes a database in memory.
    pub(super) async fn memory() -> Result<Self, StoreError> {
        let writer = Worker::start(Role::Writer, Location::Memory).await?;
        let reader = None;
        Ok(Self(Arc::new(Pair { reader, writer })))
    }

    /// Has something changed in a transaction.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.0.writer.ask(work).await
    }

    /// Has something read, all of it in one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Pair { reader, writer } = &*self.0;
        reader.as_ref().unwrap_or(writer).ask(work).await
    }
}
