//! A clock that stands still until it is told to go on.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::id::Timestamp;

/// A clock that begins at a given time and goes as tokio's does: not at all in a test with paused time, unless the
/// test [advances](Self::advance) it or everything waits for a timer.
///
/// ```
/// use std::time::Duration;
/// use graph_runtime::testing::TestClock;
/// use graph_runtime::{Clock, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let clock = TestClock::at(Timestamp::from_micros(0));
/// clock.advance(Duration::from_secs(3600)).await;
/// assert_eq!(clock.now().to_string(), "1970-01-01T01:00:00.000000Z");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestClock {
    from: Timestamp,
    since: Arc<Instant>,
}

impl TestClock {
    /// A clock that says `now`. Make it within a tokio runtime.
    pub fn at(now: Timestamp) -> Self {
        Self {
            from: now,
            since: Arc::new(Instant::now()),
        }
    }

    /// Lets time pass. The runtime's own time has to be paused: `#[tokio::test(start_paused = true)]`.
    pub async fn advance(&self, time: Duration) {
        tokio::time::advance(time).await;
    }

    /// Lets time pass up to a point; nothing if that is behind already.
    pub async fn advance_to(&self, then: Timestamp) {
        let micros = then.as_micros().saturating_sub(self.now().as_micros());
        self.advance(Duration::from_micros(micros)).await;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
        Timestamp::from_micros(self.from.as_micros().saturating_add(passed))
    }
}
