//! Running a task about which something is done: bounded in time, and tried again when it fails.

use std::future::poll_fn;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::failures::Fault;
use super::tasks::{Stage, caught};
use crate::definition::{Ended, GraphNode, StateGraph};
use crate::error::{NodeError, Timeout};
use crate::event::{Event, Kind};
use crate::frontier::Activation;
use crate::meter;
use crate::policy::{Effect, Policy};
use crate::run::Pulse;

impl<'a, G: StateGraph> Stage<'a, G> {
    /// Runs a task as its policy says.
    pub(super) async fn run_guarded(
        self,
        activation: &'a Activation<G>,
        item: u32,
        policy: Policy,
    ) -> Result<Ended<G>, Fault> {
        if policy.needs_timer() && !has_timer() {
            return Err(Fault::of(NodeError::NoTimer, 0));
        }
        self.claim(activation, item, policy).await?;
        let mut attempt: u32 = 1;
        loop {
            let error = match self.attempt(activation, item, attempt, policy).await {
                Ok(ended) => return Ok(ended),
                Err(error) => error,
            };
            let Some(delay) = policy.retries().next(attempt, &error) else {
                return Err(Fault::of(error, attempt));
            };
            meter::retry(G::ID, activation.node.name());
            self.listener.tell(Kind::Tasks, || Event::Retrying {
                node: activation.node,
                item: activation.item(item),
                step: self.step,
                attempt: self.attempts_before(activation) + attempt,
                error: error.to_string(),
                delay,
            });
            if !delay.is_zero() {
                sleep(delay).await;
            }
            attempt = attempt.saturating_add(1);
        }
    }

    /// Writes down that an effect is about to begin, unless that is written.
    async fn claim(
        self,
        activation: &'a Activation<G>,
        item: u32,
        policy: Policy,
    ) -> Result<(), Fault> {
        if policy.doing() == Effect::None {
            return Ok(());
        }
        let (key, is_claimed) = self.past.claim(activation.id, activation.item(item));
        if is_claimed {
            return match policy.doing() {
                Effect::AtMostOnce => Err(Fault::of(NodeError::OutcomeUnknown, 0)),
                Effect::Claimed | Effect::None => Ok(()),
            };
        }
        let Some(aside) = &self.ties.aside else {
            return Ok(());
        };
        let claimed = aside.keep(self.head, key, b"").await;
        claimed.map_err(|error| Fault::of(NodeError::Returned(error.into()), 0))
    }

    /// Runs a task once, for as long as it may take.
    async fn attempt(
        self,
        activation: &'a Activation<G>,
        item: u32,
        attempt: u32,
        policy: Policy,
    ) -> Result<Ended<G>, NodeError> {
        let pulse = Pulse::new();
        let _over = Over(Arc::clone(&pulse));
        let mut call = self.call(activation, item, attempt);
        call.pulse = Some(Arc::clone(&pulse));
        let mut task = G::call_boxed(call);
        let mut limits = Limits::new(policy, pulse);
        poll_fn(|cx| match caught(task.as_mut(), cx) {
            Poll::Pending => limits.poll(cx).map(Err),
            ready @ Poll::Ready(_) => ready,
        })
        .await
    }
}

/// Tells an attempt that is left behind on another thread that it is over.
struct Over(Arc<Pulse>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The times that an attempt may take.
struct Limits {
    run: Option<Limit>,
    idle: Option<Limit>,
    pulse: Arc<Pulse>,
}

struct Limit {
    longest: Duration,
    over: Pin<Box<Sleep>>,
}

impl Limits {
    fn new(policy: Policy, pulse: Arc<Pulse>) -> Self {
        let limit = |longest: Duration| Limit {
            longest,
            over: Box::pin(sleep(longest)),
        };
        Self {
            run: policy.longest().map(limit),
            idle: policy.longest_silence().map(limit),
            pulse,
        }
    }

    /// Ready with the error of the time that is over first.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<NodeError> {
        if let Some(Limit { longest, over }) = &mut self.run
            && over.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(NodeError::TimedOut(Timeout::Run, *longest));
        }
        let Some(Limit { longest, over }) = &mut self.idle else {
            return Poll::Pending;
        };
        while over.as_mut().poll(cx).is_ready() {
            // Signs of life move nothing until the time would be over.
            match self.pulse.last().checked_add(*longest) {
                Some(then) if then > Instant::now() => over.set(sleep_until(then)),
                _ => return Poll::Ready(NodeError::TimedOut(Timeout::Idle, *longest)),
            }
        }
        Poll::Pending
    }
}

/// Whether there is a timer to wait with. Tokio tells only by a panic.
fn has_timer() -> bool {
    Handle::try_current().is_ok() && catch_unwind(|| drop(sleep(Duration::ZERO))).is_ok()
}
