//! Determinism: the same input and the same answers give the same bytes, whatever comes first while a graph runs.
//! Two dozen graphs, a thousand schedules each.

mod graphs;

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::testing::{Faulty, play};
use graph_runtime::{Checkpointer, Graph, Query, ThreadKey};

use graph_tests::bodies::texts;
use graph_tests::office::scale;

/// How many schedules each graph is run under.
const SCHEDULES: u64 = 1_000;

/// What a graph stores under one schedule.
async fn stored<G: StateGraph>(
    make: impl Fn(Arc<dyn Checkpointer>) -> Graph<G>,
    input: G::Input,
    answer: impl FnMut(&G::Question) -> Option<G::Answer> + Send,
    seed: Option<u64>,
) -> Vec<String> {
    let memory = Arc::new(MemorySaver::new());
    let pace = seed.map_or(0, |seed| u32::try_from(seed % 4).unwrap());
    let graph = make(Arc::new(Faulty::new(Arc::clone(&memory)).slow(pace)));
    let thread = graph.thread("t");
    let mut first = thread.invoke(input);
    if let Some(seed) = seed {
        first = first.shuffled(seed);
    }
    play(&thread, first).answering(answer).await.unwrap();
    let key = ThreadKey::new(G::ID, "t").unwrap();
    texts(memory.list(&key, &Query::default()).await.unwrap())
}

macro_rules! graphs {
    ($($name:ident)*) => {$(
        #[tokio::test]
        async fn $name() {
            use graphs::$name::{Input, State};
            for rounds in [0, 3] {
                let run = |seed| {
                    let make = |saver| State::graph().checkpointer(saver).build();
                    stored(make, Input::new().rounds(rounds), answers::$name, seed)
                };
                let calm = run(None).await;
                for seed in 1..=SCHEDULES / 2 * scale() {
                    assert_eq!(run(Some(seed)).await, calm, "schedule {seed}");
                }
            }
        }
    )*};
}

graphs! {
    line fork wide nested uneven turning turning_beside ends either guarded instead arriving twice_round items
    items_beside reducers scopes elsewhere asking failing
}

/// What each graph is answered.
mod answers {
    use super::graphs;
    use graphs::asking::{Answer, Question};

    macro_rules! nothing_to_answer {
        ($($name:ident)*) => {$(
            pub(super) fn $name(question: &<graphs::$name::State as graph_runtime::StateGraph>::Question)
                -> Option<<graphs::$name::State as graph_runtime::StateGraph>::Answer>
            {
                match *question {}
            }
        )*};
    }

    nothing_to_answer! {
        line fork wide nested uneven turning turning_beside ends either guarded instead arriving twice_round items
        items_beside reducers scopes elsewhere failing
    }

    #[allow(clippy::unnecessary_wraps)] // what it has to look like
    pub(super) fn asking(question: &Question) -> Option<Answer> {
        Some(match question {
            Question::Agree(question) => question.answer(true),
            Question::Vote(question) => question.answer(question.len() % 2 == 0),
        })
    }
}
