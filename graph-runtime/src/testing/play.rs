//! A thread that somebody answers, by a script.

use std::future::IntoFuture;

use super::TestClock;
use crate::definition::{BoxFuture, StateGraph};
use crate::error::Error;
use crate::invocation::Invocation;
use crate::outcome::Outcome;
use crate::thread::Thread;

/// Sees a run through, with somebody who answers: see [`play`].
#[must_use = "a play begins when it is awaited"]
pub struct Play<'a, G: StateGraph> {
    thread: &'a Thread<G>,
    first: Invocation<G>,
    answer: Answerer<'a, G>,
    clock: Option<TestClock>,
}

pub(super) type Answerer<'a, G> =
    Box<dyn FnMut(&<G as StateGraph>::Question) -> Option<<G as StateGraph>::Answer> + Send + 'a>;

/// Runs a thread and answers whatever it asks, one question at a time and the first one first, until it comes to
/// its end, or asks what the script has no answer to.
///
/// ```
/// use graph_runtime::prelude::*;
/// use graph_runtime::testing::play;
///
/// #[graph(id = "letter")]
/// mod letter {
///     #[state]
///     pub struct Letter {
///         #[input]
///         pub text: String,
///         pub signed: Option<bool>,
///     }
///
///     edges! { start -> sign -> end; }
///
///     #[ask(into = signed)]
///     fn sign(text: &str) -> String {
///         format!("Will you sign {text:?}?")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let graph = letter::Letter::graph().checkpointer(MemorySaver::new()).build();
/// let thread = graph.thread("ada");
/// let outcome = play(&thread, thread.invoke(letter::Input::new().text("Dear Grace")))
///     .answering(|question| match question {
///         letter::Question::Sign(question) => Some(question.answer(true)),
///     })
///     .await?;
/// assert_eq!(outcome.done().unwrap().signed, Some(true));
/// # Ok(())
/// # }
/// ```
pub fn play<G: StateGraph>(thread: &Thread<G>, first: Invocation<G>) -> Play<'_, G> {
    Play {
        thread,
        first,
        answer: Box::new(|_| None),
        clock: None,
    }
}

impl<'a, G: StateGraph> Play<'a, G> {
    /// Who answers; `None` leaves a question open.
    pub fn answering(
        mut self,
        answer: impl FnMut(&G::Question) -> Option<G::Answer> + Send + 'a,
    ) -> Self {
        self.answer = Box::new(answer);
        self
    }

    /// Where nobody answers and something has a time, lets that time come.
    pub fn waiting_by(mut self, clock: &TestClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    async fn run(mut self) -> Result<Outcome<G>, Error> {
        let outcome = self.first.await?;
        see_through(self.thread, outcome, &mut self.answer, self.clock.as_ref()).await
    }
}

/// Answers, and lets times come, until nothing of that helps any more.
pub(super) async fn see_through<G: StateGraph>(
    thread: &Thread<G>,
    mut outcome: Outcome<G>,
    answer: &mut Answerer<'_, G>,
    clock: Option<&TestClock>,
) -> Result<Outcome<G>, Error> {
    while let Outcome::Paused(pause) = &outcome {
        let due = pause.due();
        let given = thread.questions().await?.iter().find_map(&mut *answer);
        outcome = match (given, clock, due) {
            (Some(answer), _, _) => thread.answer(answer).await?,
            (None, Some(clock), Some(due)) => {
                clock.advance_to(due).await;
                thread.wake().await?
            }
            _ => break,
        };
    }
    Ok(outcome)
}

impl<'a, G: StateGraph> IntoFuture for Play<'a, G> {
    type Output = Result<Outcome<G>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
