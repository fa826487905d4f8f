//! A run that isn't one, for calling a node by itself.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::definition::Turn;
use crate::error::NodeError;
use crate::failure::Failure;
use crate::id::{ActivationId, MomentId, ThreadKey, Timestamp};
use crate::interrupt::{Asking, Asks};
use crate::run::{Emitted, Run, Shown, Ties};
use crate::store::{Shelf, Store};

/// A run as a node sees it, made up by a test. Reads like a [`Run`], and remembers what the node showed.
///
/// ```
/// use graph_runtime::Run;
/// use graph_runtime::testing::MadeUp;
///
/// async fn greet(name: &str, run: &Run) -> String {
///     run.emit(format!("greeting {name}"));
///     format!("Hello, {name}, on {}!", run.thread().unwrap_or("no thread"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::InvalidId> {
/// let run = MadeUp::of("greet").on_thread("user-42")?.run();
/// assert_eq!(greet("Ada", &run).await, "Hello, Ada, on user-42!");
/// assert_eq!(run.emitted()[0], "greeting Ada");
/// # Ok(())
/// # }
/// ```
pub struct MadeUp<E = Shown> {
    run: Run<E>,
    emitted: Arc<Mutex<Vec<E>>>,
}

/// What is made up about a run.
#[must_use = "what is made up is of use as a `.run()`"]
pub struct Making {
    node: &'static str,
    thread: Option<ThreadKey>,
    step: u64,
    item: Option<u32>,
    attempt: u32,
    failures: Vec<Failure>,
    store: Option<Shelf>,
}

impl MadeUp {
    /// A run in which the node of this name has its turn: in step 1, without a thread.
    pub fn of(node: &'static str) -> Making {
        Making {
            node,
            thread: None,
            step: 1,
            item: None,
            attempt: 1,
            failures: Vec::new(),
            store: None,
        }
    }
}

impl Making {
    /// On a thread of this id.
    ///
    /// # Errors
    /// If no thread can have it.
    pub fn on_thread(mut self, id: &str) -> Result<Self, crate::InvalidId> {
        self.thread = Some(ThreadKey::new("test", id)?);
        Ok(self)
    }

    /// In this step.
    pub fn in_step(mut self, step: u64) -> Self {
        self.step = step;
        self
    }

    /// For this item of a `for`.
    pub fn for_item(mut self, item: u32) -> Self {
        self.item = Some(item);
        self
    }

    /// For the so-manieth time, counted from 1.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// To take on that this node has failed with this error: what `run.failure()` says.
    pub fn after_failure(
        mut self,
        node: &'static str,
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let error = NodeError::Returned(error.into());
        self.failures.push(Failure::new(node, None, &error, 1));
        self
    }

    /// With a memory across threads: what `run.store()` gives.
    pub fn with_store(mut self, store: impl Store) -> Self {
        self.store = Some(Shelf::new(Arc::new(store)));
        self
    }

    /// The run of a node that asks, with what its questions are answered, by their ids. One without an answer is
    /// pending for ever.
    ///
    /// # Errors
    /// If an answer can't be JSON.
    pub fn asking<Q: Asks>(
        self,
        answers: impl IntoIterator<Item = (&'static str, Q::Answer)>,
    ) -> Result<Asking<Q>, serde_json::Error> {
        let given = answers.into_iter().map(|(id, answer)| {
            let json = serde_json::value::to_raw_value(&answer)?;
            Ok((Arc::from(id), json))
        });
        let given = given.collect::<Result<_, serde_json::Error>>()?;
        let run = self.run().run;
        let task = run.turn().question_id();
        Ok(Asking::with_answers(run, task, given))
    }

    /// The run, in a graph whose nodes show an `E`.
    pub fn run<E: Send + 'static>(self) -> MadeUp<E> {
        let emitted = Arc::<Mutex<Vec<E>>>::default();
        let shown = Arc::clone(&emitted);
        let emit = Box::new(move |Emitted { value, .. }: Emitted<E>| {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.push(value);
        });
        let activation = ActivationId {
            moment: MomentId::at(Timestamp::now()),
            index: 0,
        };
        let turn = Turn {
            node: self.node,
            activation,
            item: self.item,
            step: self.step,
            attempt: self.attempt,
            head: None,
        };
        let ties = Ties::new(self.thread, Some(emit), None, self.store, None);
        let failures = Some(self.failures).filter(|failures| !failures.is_empty());
        MadeUp {
            run: Run::new(ties, turn, failures.map(Arc::from), None),
            emitted,
        }
    }
}

impl<E> MadeUp<E> {
    /// What the node has shown so far; what was taken once isn't there any more.
    pub fn emitted(&self) -> Vec<E> {
        std::mem::take(&mut *self.emitted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As if the run had been cancelled.
    pub fn cancel(&self) {
        self.run.ties().cancel();
    }
}

impl<E> Deref for MadeUp<E> {
    type Target = Run<E>;

    fn deref(&self) -> &Run<E> {
        &self.run
    }
}

impl fmt::Debug for Making {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Making")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl<E> fmt::Debug for MadeUp<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.run.fmt(f)
    }
}
