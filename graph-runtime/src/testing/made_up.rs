//! A run that isn't one, for calling a node by itself.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::definition::Turn;
use crate::id::{ActivationId, MomentId, ThreadKey, Timestamp};
use crate::run::{Emitted, Run, Shown, Ties};

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
#[derive(Debug)]
#[must_use = "what is made up is of use as a `.run()`"]
pub struct Making {
    node: &'static str,
    thread: Option<ThreadKey>,
    step: u64,
    item: Option<u32>,
}

impl MadeUp {
    /// A run in which the node of this name has its turn: in step 1, without a thread.
    pub fn of(node: &'static str) -> Making {
        Making {
            node,
            thread: None,
            step: 1,
            item: None,
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
        };
        MadeUp {
            run: Run::new(Ties::new(self.thread, Some(emit), None), turn),
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

impl<E> fmt::Debug for MadeUp<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.run.fmt(f)
    }
}
