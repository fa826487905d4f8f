//! What is done about a node beside running it: tried again, bounded in time, looked up instead.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::definition::{GraphNode, StateGraph};
use crate::error::NodeError;

/// What is done about a node beside running it.
///
/// A node has the policy of its attribute. One that is set for a graph or a run replaces of it what it says
/// itself: `Policy::new().retry(Retry::never())` leaves the timeout as it is.
///
/// ```
/// use std::time::Duration;
/// use graph_runtime::{Policy, Retry};
///
/// const CAREFUL: Policy = Policy::new()
///     .retry(Retry::times(3).delay(Duration::from_millis(100)))
///     .timeout(Duration::from_secs(30));
/// # let _ = CAREFUL;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Policy {
    retry: Option<Retry>,
    timeout: Option<Duration>,
    idle: Option<Duration>,
    cache: Option<Caching>,
    effect: Effect,
}

/// Whether a result is looked up, and for how long it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    Never,
    Always,
    For(Duration),
}

/// What running the node twice would mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(hidden)]
pub enum Effect {
    /// Nothing that anybody has to know of.
    #[default]
    None,
    /// Something outside happens: it is written down before it begins.
    Claimed,
    /// Something outside happens that may not happen twice.
    AtMostOnce,
}

impl Policy {
    /// One that says nothing: the node runs once, for as long as it takes.
    pub const fn new() -> Self {
        Self {
            retry: None,
            timeout: None,
            idle: None,
            cache: None,
            effect: Effect::None,
        }
    }

    /// Runs the node again when it has failed. One that is `at_most_once` isn't run again whatever is said here.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// How long each attempt may take.
    ///
    /// An async node is dropped when its time is over, also on other threads. A `blocking` one can't be
    /// stopped: the run waits for it no longer, and `run.is_cancelled()` tells it so.
    pub const fn timeout(mut self, longest: Duration) -> Self {
        self.timeout = Some(longest);
        self
    }

    /// Lets each attempt take as long as it needs.
    pub const fn no_timeout(self) -> Self {
        self.timeout(Duration::MAX)
    }

    /// How long an attempt may show no sign of life: `run.heartbeat()` and `run.emit(..)` are such signs.
    pub const fn idle_timeout(mut self, longest: Duration) -> Self {
        self.idle = Some(longest);
        self
    }

    /// Lets an attempt be silent for as long as it likes.
    pub const fn no_idle_timeout(self) -> Self {
        self.idle_timeout(Duration::MAX)
    }

    /// Takes what the node set the last time that it read the same, instead of running it: of a node whose attribute
    /// says `cache`, since what another one reads isn't known.
    pub const fn cache(mut self) -> Self {
        self.cache = Some(Caching::Always);
        self
    }

    /// [`cache`](Self::cache), for so long.
    pub const fn cache_for(mut self, ttl: Duration) -> Self {
        self.cache = Some(Caching::For(ttl));
        self
    }

    /// Runs the node whatever is in the cache.
    pub const fn no_cache(mut self) -> Self {
        self.cache = Some(Caching::Never);
        self
    }

    /// For generated code: what a node does outside can't be changed from outside.
    #[doc(hidden)]
    pub const fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    pub(crate) fn retries(&self) -> Retry {
        match (self.retry, self.effect) {
            (Some(retry), Effect::None | Effect::Claimed) => retry,
            _ => Retry::never(),
        }
    }

    pub(crate) fn longest(&self) -> Option<Duration> {
        self.timeout.filter(|longest| *longest != Duration::MAX)
    }

    pub(crate) fn longest_silence(&self) -> Option<Duration> {
        self.idle.filter(|longest| *longest != Duration::MAX)
    }

    /// Whether the node's results are looked up, and for how long they are good.
    pub(crate) fn caching(&self) -> Caching {
        match (self.cache, self.effect) {
            (Some(caching), Effect::None) => caching,
            _ => Caching::Never,
        }
    }

    pub(crate) fn doing(&self) -> Effect {
        self.effect
    }

    /// Whether any of it needs a timer.
    pub(crate) fn needs_timer(&self) -> bool {
        self.longest().is_some() || self.longest_silence().is_some() || self.retries().waits()
    }

    fn is_plain(&self) -> bool {
        self.retries().times == 0
            && self.longest().is_none()
            && self.longest_silence().is_none()
            && self.caching() == Caching::Never
            && self.effect == Effect::None
    }

    fn replace(&mut self, by: Self) {
        self.retry = by.retry.or(self.retry);
        self.timeout = by.timeout.or(self.timeout);
        self.idle = by.idle.or(self.idle);
        self.cache = by.cache.or(self.cache);
    }
}

/// When a failed node is run again: so many times more, after a delay that grows.
///
/// As it comes, the first delay is 500 ms, each is twice the one before, none is longer than 30 s, and all are
/// made shorter by chance, by up to a half, so that not everybody comes back at the same time. A panic,
/// [`Permanent`](crate::Permanent) and what [`not`](Self::not) names are never tried again.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Retry {
    times: u32,
    delay: Duration,
    factor: f64,
    max: Duration,
    jitter: bool,
    not: &'static [IsError],
}

/// Tells whether an error is of some type; [`error_is`] is one for each type.
pub type IsError = fn(&(dyn StdError + 'static)) -> bool;

/// Whether an error is an `E`: what [`Retry::not`] takes.
///
/// ```
/// use std::num::ParseIntError;
/// use graph_runtime::{Retry, error_is};
///
/// let patient = Retry::times(5).not(&[error_is::<ParseIntError>]);
/// # let _ = patient;
/// ```
pub fn error_is<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    error.is::<E>()
}

impl Retry {
    /// So many attempts more after the first.
    pub const fn times(times: u32) -> Self {
        Self {
            times,
            delay: Duration::from_millis(500),
            factor: 2.0,
            max: Duration::from_secs(30),
            jitter: true,
            not: &[],
        }
    }

    /// No attempt after the first.
    pub const fn never() -> Self {
        Self::times(0)
    }

    /// How long to wait before the second attempt.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// By how much each delay is longer than the one before.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The longest delay.
    pub const fn max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// Whether delays are made shorter by chance, by up to a half.
    pub const fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// Errors after which trying again is no use, by their type: the node's own error, or one that lies behind it.
    pub const fn not(mut self, errors: &'static [IsError]) -> Self {
        self.not = errors;
        self
    }

    fn waits(&self) -> bool {
        self.times > 0 && !self.delay.is_zero()
    }

    /// How long to wait before the next attempt, if there is to be one after so many.
    pub(crate) fn next(&self, attempts: u32, error: &NodeError) -> Option<Duration> {
        (attempts <= self.times && error.is_passing(self.not)).then(|| self.after(attempts))
    }

    fn after(&self, attempts: u32) -> Duration {
        let growth = self
            .factor
            .powi(i32::try_from(attempts).unwrap_or(i32::MAX) - 1);
        let delay = Duration::try_from_secs_f64(self.delay.as_secs_f64() * growth);
        let delay = delay.unwrap_or(self.max).min(self.max);
        if self.jitter {
            delay.mul_f64(1.0 - chance() / 2.0)
        } else {
            delay
        }
    }
}

/// A number from 0 to 1. Time is all that it moves.
fn chance() -> f64 {
    let [byte, ..] = RandomState::new().hash_one(0).to_le_bytes();
    f64::from(byte) / f64::from(u8::MAX)
}

/// The policies of a graph's nodes, by their indices; empty where no node has one.
#[derive(Clone)]
pub(crate) struct Policies(Cow<'static, [Policy]>);

impl Policies {
    pub(crate) fn of<G: StateGraph>() -> Self {
        Self(Cow::Borrowed(G::POLICIES))
    }

    /// Replaces what `policy` says of a node's.
    pub(crate) fn set<N: GraphNode>(&mut self, node: N, policy: Policy) {
        let all = self.0.to_mut();
        all.resize(N::ALL.len(), Policy::new());
        if let Some(of_node) = all.get_mut(node.index()) {
            of_node.replace(policy);
        }
    }

    /// The policy of a node, if it has one.
    pub(crate) fn get(&self, node: usize) -> Option<Policy> {
        self.0
            .get(node)
            .filter(|policy| !policy.is_plain())
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn returned() -> NodeError {
        NodeError::Returned("no".into())
    }

    #[test]
    fn delays_grow_up_to_the_longest() {
        let retry = Retry::times(9).delay(MS(100)).max(MS(350)).jitter(false);
        let delays: Vec<_> = (1..=4).map(|attempts| retry.after(attempts)).collect();
        assert_eq!(delays, [MS(100), MS(200), MS(350), MS(350)]);
        assert_eq!(retry.after(u32::MAX), MS(350));
        assert_eq!(retry.factor(f64::NAN).after(2), MS(350));
        assert_eq!(retry.factor(0.0).after(3), Duration::ZERO);
    }

    #[test]
    fn jitter_takes_up_to_a_half() {
        let retry = Retry::times(1).delay(MS(1000));
        let delays: Vec<_> = (0..200).map(|_| retry.after(1)).collect();
        assert!(
            delays
                .iter()
                .all(|delay| (MS(500)..=MS(1000)).contains(delay))
        );
        assert!(delays.iter().any(|delay| *delay < MS(750)));
        assert!(delays.iter().any(|delay| *delay > MS(750)));
    }

    #[test]
    fn so_many_attempts_more_and_none_after_what_lasts() {
        let retry = Retry::times(2).not(&[error_is::<std::fmt::Error>]);
        assert!(retry.next(2, &returned()).is_some());
        assert!(retry.next(3, &returned()).is_none());
        assert!(Retry::never().next(1, &returned()).is_none());
        let of_type = NodeError::Returned(std::fmt::Error.into());
        assert!(retry.next(1, &of_type).is_none());
        let behind = NodeError::Returned(std::io::Error::other(std::io::Error::other("no")).into());
        assert!(retry.next(1, &behind).is_some());
        let permanent = NodeError::Returned(crate::Permanent::new("no").into());
        assert!(retry.next(1, &permanent).is_none());
        assert!(retry.next(1, &NodeError::Panicked("no".into())).is_none());
    }

    #[test]
    fn what_is_set_later_replaces_only_what_it_says() {
        let mut policy = Policy::new()
            .retry(Retry::times(3))
            .timeout(MS(5))
            .effect(Effect::Claimed);
        policy.replace(Policy::new().retry(Retry::never()).cache());
        assert_eq!(policy.retries().times, 0);
        assert_eq!(policy.longest(), Some(MS(5)));
        assert_eq!(policy.doing(), Effect::Claimed);
        assert_eq!(
            policy.caching(),
            Caching::Never,
            "an effect is never looked up"
        );
        policy.replace(Policy::new().no_timeout());
        assert_eq!(policy.longest(), None);
    }

    #[test]
    fn what_may_not_happen_twice_is_not_retried() {
        let policy = Policy::new()
            .effect(Effect::AtMostOnce)
            .retry(Retry::times(3));
        assert!(policy.retries().next(1, &returned()).is_none());
    }
}
