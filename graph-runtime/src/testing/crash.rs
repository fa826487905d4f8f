//! Killing a run at every point at which it can be killed, and seeing that nothing is lost or done twice.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use serde_json::{Value, to_value};

use super::TestClock;
use super::crash_error::{CrashError, Killed};
use super::faulty::{Fault, Faulty};
use super::play::{Answerer, see_through};
use super::progress::{Progress, Way};
use crate::checkpointer::{Checkpointer, MemorySaver};
use crate::definition::{BoxFuture, GraphNode, StateGraph};
use crate::engine::Home;
use crate::error::Error;
use crate::event::Kind;
use crate::graph::Graph;
use crate::moment::Moment;
use crate::outcome::Outcome;
use crate::secret::ShownState;
use crate::thread::Thread;

/// Kills a graph's run wherever it can be killed: see [`crash_everywhere`].
#[must_use = "nothing is killed until this is awaited"]
pub struct CrashEverywhere<'a, G: StateGraph> {
    make: Box<dyn Fn(Arc<dyn Checkpointer>) -> Graph<G> + Send + Sync + 'a>,
    input: Box<dyn Fn() -> G::Input + Send + Sync + 'a>,
    answer: Answerer<'a, G>,
    clock: Option<TestClock>,
    ignored: Vec<&'static str>,
    look: Box<dyn FnMut(&G) + Send + 'a>,
    is_right: Box<dyn FnMut(&G) -> bool + Send + 'a>,
    every: usize,
}

/// What a graph has survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survived {
    /// How many calls of the checkpointer an undisturbed run makes: it was killed before and after each of them.
    pub calls: u64,
    /// At how many polls it was killed.
    pub polls: usize,
}

/// Runs a graph, kills it before and after every call of its checkpointer and at every await, resumes it as a new
/// process would, and compares: the outcome and the nodes that ran are those of an undisturbed run, and no node
/// whose end was acknowledged is run a second time.
///
/// `make` builds the graph on the checkpointer it is given, once for each process; `input` makes the same input each
/// time. A graph that asks needs [`answering`](CrashEverywhere::answering). What a node does outside (sends, pays) is
/// done again where it was killed in the middle of it: that is what
/// [`Run::idempotency_key`](crate::Run::idempotency_key) is for, and [`after_each`](CrashEverywhere::after_each) the
/// place to look whether it helps.
///
/// Both hold for the graphs within it, too. A `blocking` node goes on after its run was killed, as it
/// wouldn't in a process of its own; a runtime with `max_blocking_threads(1)` lets it end before another begins.
///
/// # Errors
/// [`CrashError`]: at which kill what went wrong.
///
/// ```
/// use graph_runtime::prelude::*;
/// use graph_runtime::testing::crash_everywhere;
///
/// #[graph(id = "sum")]
/// mod sum {
///     #[state]
///     pub struct Sum {
///         #[input]
///         pub numbers: Vec<u64>,
///         #[reduce(sum)]
///         pub total: u64,
///     }
///
///     edges! { start -> for number in &state.numbers { add(number) }; add -> end; }
///
///     #[node(writes(total))]
///     async fn add(number: u64) -> u64 {
///         number
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::testing::CrashError> {
/// let survived = crash_everywhere(
///     |saver| sum::Sum::graph().checkpointer(saver).build(),
///     || sum::Input::new().numbers(vec![1, 2, 3]),
/// )
/// .await?;
/// assert!(survived.calls > 0 && survived.polls > 0);
/// # Ok(())
/// # }
/// ```
pub fn crash_everywhere<'a, G: StateGraph>(
    make: impl Fn(Arc<dyn Checkpointer>) -> Graph<G> + Send + Sync + 'a,
    input: impl Fn() -> G::Input + Send + Sync + 'a,
) -> CrashEverywhere<'a, G> {
    CrashEverywhere {
        make: Box::new(make),
        input: Box::new(input),
        answer: Box::new(|_| None),
        clock: None,
        ignored: Vec::new(),
        look: Box::new(|_| ()),
        is_right: Box::new(|_| false),
        every: 1,
    }
}

impl<'a, G: StateGraph> CrashEverywhere<'a, G> {
    /// Who answers what the graph asks; the same question always the same.
    pub fn answering(
        mut self,
        answer: impl FnMut(&G::Question) -> Option<G::Answer> + Send + 'a,
    ) -> Self {
        self.answer = Box::new(answer);
        self
    }

    /// Where nobody answers and something has a time, lets that time come. Build the graph with the same clock.
    pub fn waiting_by(mut self, clock: &TestClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    /// Fields of the state that aren't compared: what isn't the same twice even undisturbed.
    pub fn ignoring(mut self, fields: impl IntoIterator<Item = &'static str>) -> Self {
        self.ignored.extend(fields);
        self
    }

    /// Looks at the state in which each run has ended, the undisturbed one first, before the next begins: to see what
    /// it has done outside, and to clear that away.
    pub fn after_each(mut self, look: impl FnMut(&G) + Send + 'a) -> Self {
        self.look = Box::new(look);
        self
    }

    /// Ends that are right though the undisturbed run comes to another one: where an `at_most_once` node was killed,
    /// its `on_error` is.
    pub fn or_ending(mut self, is_right: impl FnMut(&G) -> bool + Send + 'a) -> Self {
        self.is_right = Box::new(is_right);
        self
    }

    /// Kills only at every so many polls, where a run has very many.
    pub fn every(mut self, polls: usize) -> Self {
        self.every = polls.max(1);
        self
    }

    async fn run(mut self) -> Result<Survived, CrashError> {
        let store = Arc::new(MemorySaver::new());
        let process = self.process(&store);
        let outcome = self.live(&process).await;
        outcome.map_err(CrashError::Undisturbed)?;
        let calls = process.saver.calls();
        let (expected, _) = self
            .ended(&process)
            .await
            .map_err(CrashError::Undisturbed)?;
        for call in 1..=calls {
            for fault in [Fault::DiesBefore, Fault::DiesAfter] {
                let killed = match fault {
                    Fault::DiesBefore => Killed::BeforeCall(call),
                    _ => Killed::AfterCall(call),
                };
                let store = Arc::new(MemorySaver::new());
                let process = self.process(&store);
                process.saver.plan(call, fault);
                let _ = self.killed(&process, usize::MAX).await;
                self.recovers(&store, killed, &expected).await?;
            }
        }
        let mut polls = 0;
        for poll in (0..).step_by(self.every) {
            let store = Arc::new(MemorySaver::new());
            let process = self.process(&store);
            if self.killed(&process, poll).await {
                break;
            }
            self.recovers(&store, Killed::AtPoll(poll), &expected)
                .await?;
            polls += 1;
        }
        Ok(Survived { calls, polls })
    }

    /// A process of its own: nothing but the store is the same.
    fn process(&self, store: &Arc<MemorySaver>) -> Process<G> {
        // Memory is too quick to be interrupted, so it takes its time.
        let saver = Arc::new(Faulty::new(Arc::clone(store)).slow(1));
        let graph = (self.make)(Arc::<Faulty<_>>::clone(&saver));
        let thread = graph.thread("crash-everywhere");
        Process { saver, thread }
    }

    /// Begins the thread or goes on with it, up to its end.
    async fn live(&mut self, process: &Process<G>) -> Result<Outcome<G>, Error> {
        let thread = &process.thread;
        let first = match thread.resume().await {
            Err(Error::NothingToResume { .. }) => thread.invoke((self.input)()).await,
            resumed => resumed,
        };
        see_through(thread, first?, &mut self.answer, self.clock.as_ref()).await
    }

    /// Lives until the process dies, after so many polls at the latest. Whether it came to its end before.
    async fn killed(&mut self, process: &Process<G>, polls: usize) -> bool {
        let over = {
            let mut life = pin!(self.live(process));
            let mut death = pin!(process.saver.died());
            let mut left = polls;
            poll_fn(|cx| {
                if left == 0 || death.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(false);
                }
                left -= 1;
                life.as_mut().poll(cx).map(|_| true)
            })
            .await
        };
        process.saver.die();
        over
    }

    /// Sees that a new process comes to the same end.
    async fn recovers(
        &mut self,
        store: &Arc<MemorySaver>,
        killed: Killed,
        expected: &End,
    ) -> Result<(), CrashError> {
        let process = self.process(store);
        let failed = |error| CrashError::Recovery { killed, error };
        let progress = process.progress(store).await.map_err(failed)?;
        if progress.has_begun() {
            let begun = process.resumed().await.map_err(failed)?;
            if let Some(again) = progress.ran_again(&begun) {
                return Err(CrashError::RanAgain {
                    killed,
                    node: again.to_string(),
                });
            }
        }
        self.live(&process).await.map_err(failed)?;
        let (found, is_right) = self.ended(&process).await.map_err(failed)?;
        if found == *expected || is_right {
            return Ok(());
        }
        Err(CrashError::Differs {
            killed,
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    /// What a thread has come to, and whether that is right whatever the undisturbed run comes to.
    async fn ended(&mut self, process: &Process<G>) -> Result<(End, bool), Error> {
        let moments = process.thread.history().with_inputs().await?;
        let end = End::of(&moments, &self.ignored);
        let Some(newest) = moments.first() else {
            return Ok((end, false));
        };
        (self.look)(&newest.state);
        Ok((end, (self.is_right)(&newest.state)))
    }
}

struct Process<G: StateGraph> {
    saver: Arc<Faulty<Arc<MemorySaver>>>,
    thread: Thread<G>,
}

impl<G: StateGraph> Process<G> {
    /// How far the thread has come, past the checkpointers between it and the store: they may have something to hide.
    /// Where one of them seals, only by way of them.
    async fn progress(&self, store: &Arc<MemorySaver>) -> Result<Progress, Error> {
        let home = self.thread.home()?;
        let past = Home {
            saver: Arc::<MemorySaver>::clone(store),
            ..home.clone()
        };
        match Progress::of(&past).await {
            Err(Error::Corrupt { .. }) => Progress::of(&home).await,
            progress => progress,
        }
    }

    /// Goes on, and says what has begun, in which step.
    async fn resumed(&self) -> Result<Vec<(Way, u64)>, Error> {
        let mut begun = Vec::new();
        let mut events = self.thread.resume().only([Kind::Tasks]).stream();
        while let Some(event) = events.next().await {
            begun.extend(event?.to_json().ok().as_ref().and_then(Way::begun));
        }
        Ok(begun)
    }
}

/// What a thread has come to, to be compared.
#[derive(Debug, Default, PartialEq)]
struct End {
    state: Value,
    /// The state without its secrets.
    shown: Value,
    /// The nodes that ran, sorted.
    ran: Vec<&'static str>,
    next: Vec<&'static str>,
}

impl End {
    /// The end of a thread with these moments, the newest first, but for some fields of its state.
    fn of<G: StateGraph>(moments: &[Moment<G>], ignored: &[&str]) -> Self {
        let ran = moments.iter().flat_map(|moment| &moment.ran);
        let mut ran: Vec<_> = ran.map(|node| node.name()).collect();
        ran.sort_unstable();
        let Some(newest) = moments.first() else {
            return Self::default();
        };
        let compared = |state: serde_json::Result<Value>| {
            let mut state = state.unwrap_or_default();
            if let Some(fields) = state.as_object_mut() {
                fields.retain(|field, _| !ignored.contains(&field.as_str()));
            }
            state
        };
        let next = newest.next.iter().map(|node| node.name()).collect();
        Self {
            state: compared(to_value(&newest.state)),
            shown: compared(to_value(ShownState(&newest.state))),
            ran,
            next,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            shown, ran, next, ..
        } = self;
        write!(f, "{shown} after {ran:?}, next {next:?}")
    }
}

impl<'a, G: StateGraph> IntoFuture for CrashEverywhere<'a, G> {
    type Output = Result<Survived, CrashError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
