//! Questions from within a node: `run.interrupt(id, question)`.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, Pending, pending, poll_fn};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::definition::{Call, Ended, StateGraph};
use crate::error::NodeError;
use crate::id::{QuestionId, check_name};
use crate::run::{Run, Shown};
use crate::waiting::{Answers, Awaited};

/// A question that a node can ask while it runs, and what it is answered. Several kinds of question are the
/// variants of one `enum`.
///
/// ```
/// use graph_runtime::Asks;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct WhichSize {
///     shirt: String,
/// }
///
/// impl Asks for WhichSize {
///     type Answer = u32;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "nothing says what `{Self}` is answered",
    label = "not a question",
    note = "say it: `impl graph_runtime::Asks for {Self} {{ type Answer = ..; }}`"
)]
pub trait Asks: Serialize + DeserializeOwned + Send + 'static {
    /// What it is answered.
    type Answer: Serialize + DeserializeOwned + Send + Sync + 'static;
}

/// The run as a node sees it that asks: `run: &Asking<Q>` in an async node with `#[node(asks(Q))]`. It is a
/// [`Run`] with one thing more, [`interrupt`](Self::interrupt).
pub struct Asking<Q, E = Shown> {
    run: Run<E>,
    desk: Arc<Desk>,
    question: PhantomData<fn(Q)>,
}

/// What one task asks while it runs, and what it was answered.
struct Desk {
    /// The task's own id, to which each question adds its name.
    task: QuestionId,
    /// Never held while code of the user's runs.
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    given: HashMap<Arc<str>, Box<RawValue>>,
    asked: Vec<Awaited>,
    failed: Option<NodeError>,
    /// Who polls the task, since a question may come from elsewhere.
    waker: Option<Waker>,
}

impl<Q: Asks, E> Asking<Q, E> {
    /// Asks, and gives the answer. While there is none this waits, and so does the node: where it can't go on
    /// without an answer, it stops, and the thread with it once nothing else is left to do.
    ///
    /// When every question that the node has asked is answered it runs again, from its beginning, and comes by
    /// here once more; this time the answer is there. So what it does before is done again, unless it is a node
    /// of its own or remembered. Answers are found by `id`, whatever the order; asking again under
    /// the same id gives the same answer. They are kept until the node has ended, over failures and crashes.
    ///
    /// Nothing of this is an error that could be caught on the way. A task that the node has spawned may ask too,
    /// but it isn't stopped with the node: without an answer it waits until somebody aborts it.
    ///
    /// ```
    /// use graph_runtime::prelude::*;
    /// use graph_runtime::{Asking, Asks};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// pub struct WhichSize(pub String);
    ///
    /// impl Asks for WhichSize {
    ///     type Answer = u32;
    /// }
    ///
    /// #[graph(id = "parcel")]
    /// mod parcel {
    ///     use super::*;
    ///
    ///     #[state]
    ///     pub struct Parcel {
    ///         #[output]
    ///         pub sizes: Vec<u32>,
    ///     }
    ///
    ///     edges! { start -> pack -> end; }
    ///
    ///     #[node(writes(sizes), asks(WhichSize))]
    ///     async fn pack(run: &Asking<WhichSize>) -> Vec<u32> {
    ///         let shirt = run.interrupt("shirt", WhichSize("of the shirt".into())).await;
    ///         let shoes = run.interrupt("shoes", WhichSize("of the shoes".into())).await;
    ///         vec![shirt, shoes]
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let thread = parcel::Parcel::graph().checkpointer(MemorySaver::new()).build().thread("t");
    /// let mut outcome = thread.invoke(parcel::Input::new()).await?;
    /// for (id, size) in [("shirt", 4), ("shoes", 42)] {
    ///     let Outcome::Paused(pause) = outcome else { panic!("it asks twice") };
    ///     let question = pause.pack().expect("it is what the thread waits for");
    ///     assert_eq!(question.name(), id);
    ///     outcome = thread.answer(question.answer(size as u32)).await?;
    /// }
    /// assert_eq!(outcome.done().map(|output| output.sizes), Some(vec![4, 42]));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn interrupt(&self, id: &str, question: Q) -> Q::Answer {
        match self.desk.answer(id, &question) {
            Some(answer) => answer,
            None => pending().await,
        }
    }
}

/// Whether a run can ask, which that of a node that isn't declared to can't. Nothing implements it: it is there for
/// what the compiler says.
#[diagnostic::on_unimplemented(
    message = "this node isn't declared to ask",
    label = "this run can't ask",
    note = "declare it with `#[node(asks(Question))]`, and take `run: &Asking<Question>`"
)]
pub trait MayAsk {}

impl<E> Run<E> {
    #[doc(hidden)]
    pub fn interrupt<Q: Asks>(&self, _: &str, _: Q) -> Pending<Q::Answer>
    where
        Self: MayAsk,
    {
        pending()
    }
}

impl Desk {
    /// The answer, if it is there; else the question is asked.
    fn answer<Q: Asks>(&self, id: &str, question: &Q) -> Option<Q::Answer> {
        let given = self.open().given.get(id).cloned();
        let result = match given {
            Some(json) => {
                let answer = serde_json::from_str(json.get());
                answer.map(Some).map_err(|error| {
                    failure(format!("the answer to `{id}` can't be read ({error})"))
                })
            }
            None => self.ask(id, question).map(|()| None),
        };
        result.unwrap_or_else(|error| {
            self.change(|open| {
                open.failed.get_or_insert(error);
            });
            None
        })
    }

    fn ask<Q: Asks>(&self, id: &str, question: &Q) -> Result<(), NodeError> {
        check_name("question", id).map_err(|error| failure(error.to_string()))?;
        let json = serde_json::value::to_raw_value(question)
            .map_err(|error| failure(format!("the question `{id}` can't be stored ({error})")))?;
        let awaited = Awaited {
            id: QuestionId {
                name: Some(id.into()),
                ..self.task.clone()
            },
            question: Some(json),
            due: None,
        };
        self.change(|open| {
            if open.asked.iter().all(|other| other.id != awaited.id) {
                open.asked.push(awaited);
            }
        });
        Ok(())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Open)) {
        let waker = {
            let mut open = self.open();
            change(&mut open);
            open.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether a task that can't go on just now has asked something.
    fn stopped<G: StateGraph>(&self, cx: &Context<'_>) -> Poll<Result<Ended<G>, NodeError>> {
        let mut open = self.open();
        if let Some(error) = open.failed.take() {
            return Poll::Ready(Err(error));
        }
        if open.asked.is_empty() {
            open.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(Ended::Waits(std::mem::take(&mut open.asked))))
    }
}

impl<Q, E> Asking<Q, E> {
    /// A run whose task has been given these answers.
    pub(crate) fn with_answers(
        run: Run<E>,
        task: QuestionId,
        given: HashMap<Arc<str>, Box<RawValue>>,
    ) -> Self {
        let open = Open {
            given,
            ..Open::default()
        };
        Self {
            run,
            desk: Arc::new(Desk {
                open: Mutex::new(open),
                task,
            }),
            question: PhantomData,
        }
    }
}

impl<G: StateGraph> Call<'_, G> {
    /// The run as a node sees it that asks.
    pub fn asking<Q>(&self) -> Asking<Q, G::Emit> {
        let task = self.turn().question_id();
        let given = given(self.stage.answers, &task);
        Asking::with_answers(self.run(), task, given)
    }
}

/// The answers to one task, by their names.
fn given(answers: &Answers, task: &QuestionId) -> HashMap<Arc<str>, Box<RawValue>> {
    let of_task = answers
        .iter()
        .filter(|(id, _)| (id.activation, id.item) == (task.activation, task.item));
    of_task
        .filter_map(|(id, answer)| Some((id.name.clone()?, answer.clone()?)))
        .collect()
}

/// Runs a task that may ask, as far as it comes without an answer.
///
/// # Errors
/// The node's own, and that a question or an answer isn't one.
pub async fn interruptible<G: StateGraph, Q>(
    run: &Asking<Q, G::Emit>,
    task: impl Future<Output = Result<Ended<G>, NodeError>>,
) -> Result<Ended<G>, NodeError> {
    let mut task = pin!(task);
    poll_fn(|cx| match task.as_mut().poll(cx) {
        Poll::Ready(ended) => Poll::Ready(ended),
        Poll::Pending => run.desk.stopped(cx),
    })
    .await
}

fn failure(message: String) -> NodeError {
    NodeError::Returned(message.into())
}

impl<Q, E> Deref for Asking<Q, E> {
    type Target = Run<E>;

    fn deref(&self) -> &Run<E> {
        &self.run
    }
}

impl<Q, E> Clone for Asking<Q, E> {
    fn clone(&self) -> Self {
        Self {
            run: self.run.clone(),
            desk: Arc::clone(&self.desk),
            question: PhantomData,
        }
    }
}

impl<Q, E> fmt::Debug for Asking<Q, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.run, f)
    }
}
