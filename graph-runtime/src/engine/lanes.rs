//! The tasks of a step, an activation a lane: which of them run, and how each is started.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

use super::failures::{Failures, Fault, TakenOn};
use super::keeping::{Kept, KeptResult};
use super::tasks::{Finished, Stage, caught};
use crate::definition::{BoxFuture, Ended, GraphNode, StateGraph};
use crate::error::{Error, NodeError};
use crate::event::{Event, Kind};
use crate::frontier::{Activation, Frontier};
use crate::meter;

impl<'a, G: StateGraph> Stage<'a, G> {
    /// What there is to run, an activation a lane; what an earlier run has finished is not run again.
    pub(super) fn lanes(
        &self,
        frontier: &Frontier<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
        failures: &mut Failures,
    ) -> Result<Vec<Lane>, Error> {
        let mut lanes = Vec::new();
        for (place, activation) in frontier
            .active
            .iter()
            .enumerate()
            .filter(|(_, active)| active.is_running())
        {
            let width = u32::try_from(activation.width()).unwrap_or(u32::MAX);
            let limit = activation.batch.as_ref().and_then(|batch| batch.limit);
            let at_once = limit.unwrap_or(usize::MAX).max(1).min(width as usize);
            let mut lane = Lane {
                place,
                next: 0,
                width,
                skip: Vec::new(),
                at_once,
            };
            if activation.is_waiting() {
                let sleeps = |item: &u32| activation.awake.binary_search(item).is_err();
                lane.skip.extend((0..width).filter(sleeps));
            }
            if !kept.is_empty() {
                for item in 0..width {
                    if self.take_up((place, item), activation, kept, finished, failures)? {
                        skip(&mut lane.skip, item);
                    }
                }
            }
            lanes.push(lane);
        }
        Ok(lanes)
    }

    /// Takes up what an earlier run has found out of a task, if it has.
    fn take_up(
        &self,
        (place, item): (usize, u32),
        activation: &Activation<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
        failures: &mut Failures,
    ) -> Result<bool, Error> {
        let (node, of_item) = (activation.node, activation.item(item));
        match kept.get(&(activation.id, of_item)) {
            None => return Ok(false),
            Some(KeptResult::Update(json)) => {
                let update = G::read_update(node, json).map_err(|error| Error::GraphChanged {
                    thread: self.thread().unwrap_or_default(),
                    what: format!(
                        "what node `{}` had set can't be read ({error})",
                        node.name()
                    ),
                })?;
                let ended = Ended::Update(update);
                finished.push(Finished { place, item, ended });
            }
            Some(KeptResult::Failure(failure)) => failures.taken_on.push(TakenOn {
                place,
                item,
                failure: failure.clone(),
            }),
        }
        self.listener.tell(Kind::Tasks, || Event::Kept {
            node,
            item: of_item,
            step: self.step,
        });
        Ok(true)
    }

    /// The next task of a lane.
    pub(super) fn start(
        &'a self,
        frontier: &'a Frontier<G>,
        lanes: &mut [Lane],
        lane: usize,
    ) -> Option<impl Future<Output = (usize, u32, Result<Ended<G>, Fault>)> + use<'a, G>> {
        let item = lanes[lane].next()?;
        let activation = &frontier.active[lanes[lane].place];
        let (node, of_item) = (activation.node, activation.item(item));
        self.tell_started(node, of_item);
        let (watch, timed) = (self.watch, meter::Timed::begin());
        let span = self.span(activation, of_item);
        let mut task = self.task(activation, item);
        #[cfg(feature = "testing")]
        let mut shuffle = (self.setting.shuffle)
            .map(|seed| crate::testing::Shuffle::new(seed, self.step, node.index(), item));
        Some(poll_fn(move |cx| {
            #[cfg(feature = "testing")]
            if shuffle.as_mut().is_some_and(|shuffle| shuffle.holds(cx)) {
                return Poll::Pending;
            }
            let polled = span.in_scope(|| task.poll(cx));
            polled.map(|result| {
                meter::node(G::ID, node.name(), timed);
                if let Err(Fault { source, attempts }) = &result {
                    watch.failed(&span, node.name(), source, *attempts);
                }
                (lane, item, result)
            })
        }))
    }

    fn task(&'a self, activation: &'a Activation<G>, item: u32) -> Task<'a, G> {
        match self.setting.policies.get(activation.node.index()) {
            None => Task::Plain(G::call_boxed(self.call(activation, item, 1))),
            Some(policy) => Task::Guarded(Box::pin(self.run_or_look_up(activation, item, policy))),
        }
    }
}

/// One task of several.
enum Task<'a, G: StateGraph> {
    /// Nothing is done about it beside running it.
    Plain(BoxFuture<'a, Result<Ended<G>, NodeError>>),
    Guarded(BoxFuture<'a, Result<Ended<G>, Fault>>),
}

impl<G: StateGraph> Task<'_, G> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Ended<G>, Fault>> {
        match self {
            Self::Plain(task) => caught(task.as_mut(), cx).map_err(|source| Fault::of(source, 1)),
            Self::Guarded(task) => task.as_mut().poll(cx),
        }
    }
}

/// Adds an item to those that don't run.
fn skip(skipped: &mut Vec<u32>, item: u32) {
    if let Err(place) = skipped.binary_search(&item) {
        skipped.insert(place, item);
    }
}

/// The tasks of one activation.
pub(super) struct Lane {
    /// The activation's place in the frontier.
    pub(super) place: usize,
    next: u32,
    width: u32,
    /// Items that don't run, in order.
    skip: Vec<u32>,
    /// How many may run at the same time.
    pub(super) at_once: usize,
}

impl Lane {
    fn next(&mut self) -> Option<u32> {
        while self.next < self.width {
            let item = self.next;
            self.next += 1;
            if self.skip.binary_search(&item).is_err() {
                return Some(item);
            }
        }
        None
    }
}
