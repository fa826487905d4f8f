//! What time it is. Moments, deadlines and waits go by one clock, so that a test can hold it.

use crate::id::Timestamp;

/// Tells the time. Give a graph another one with [`Builder::clock`](crate::Builder::clock).
///
/// ```
/// use graph_runtime::{Clock, Timestamp};
///
/// /// It is always the first of January 1970.
/// #[derive(Debug)]
/// struct Stopped;
///
/// impl Clock for Stopped {
///     fn now(&self) -> Timestamp {
///         Timestamp::from_micros(0)
///     }
/// }
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
