//! Waiting for time to pass, where the runtime keeps the time.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Ready when its time has come.
pub(crate) struct Timer(Pin<Box<Sleep>>);

impl Timer {
    /// `None` outside of a tokio runtime, and in one without its time driver.
    pub(crate) fn after(duration: Duration) -> Option<Self> {
        made(move || sleep(duration))
    }

    /// `None` outside of a tokio runtime, and in one without its time driver.
    pub(crate) fn until(at: Instant) -> Option<Self> {
        made(move || sleep_until(at))
    }
}

/// Whether a runtime keeps the time can't be asked, only tried.
fn made(timer: impl FnOnce() -> Sleep + std::panic::UnwindSafe) -> Option<Timer> {
    Handle::try_current().ok()?;
    catch_unwind(timer).ok().map(|sleep| Timer(Box::pin(sleep)))
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}
