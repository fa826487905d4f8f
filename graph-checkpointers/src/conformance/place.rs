//! Where a case may keep things.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// A place that belongs to one test: opened twice, it is the same store.
#[derive(Clone, Debug)]
pub struct Place {
    directory: Arc<TempDir>,
    name: Arc<str>,
}

impl Place {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            directory: Arc::new(tempfile::tempdir().unwrap()),
            name: format!("conformance_{}_{count}", std::process::id()).into(),
        }
    }

    /// A path in a directory that is the test's own, and gone after it.
    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    /// A name that no other test has, of letters, digits and `_`: for a database or a prefix on a server.
    pub fn name(&self) -> &str {
        &self.name
    }
}
