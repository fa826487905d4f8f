//! Trying once more where somebody else was first.

use std::time::Duration;

use graph_runtime::StoreError;

use super::failure;

/// How often somebody else may be first: each time somebody else came further.
const MOST: u32 = 500;

/// The longest wait before the next try.
const WAIT: u32 = 20;

/// Counts tries at one thing.
#[derive(Debug, Default)]
pub(super) struct Tries {
    begun: u32,
}

impl Tries {
    /// Begins the next try, after a little while that grows.
    pub(super) async fn next(&mut self) -> Result<(), StoreError> {
        if self.begun == MOST {
            return Err(failure::restless());
        }
        // The first is no second one, and the second mostly follows something that was made.
        if let Some(millis) = self.begun.checked_sub(1).filter(|millis| *millis > 0) {
            tokio::time::sleep(Duration::from_millis(millis.min(WAIT).into())).await;
        }
        self.begun += 1;
        Ok(())
    }
}
