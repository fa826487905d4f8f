//! The same input and the same answers give the same bytes, whatever comes first while it runs.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Query, ThreadKey};

use graph_tests::bodies::texts;
use graph_tests::office::office::Input;
use graph_tests::office::{Desk, builder, input, scale, to_the_end};
use graph_tests::slow::Slow;

/// What is stored of a run, ids and the run's own name aside.
async fn bodies(saver: Arc<dyn Checkpointer>, desk: &Arc<Desk>, input: Input) -> Vec<String> {
    let thread = builder(desk)
        .checkpointer(Arc::clone(&saver))
        .build()
        .thread("t");
    let outcome = thread.invoke(input).await.unwrap();
    to_the_end(&thread, outcome).await.unwrap();
    let key = ThreadKey::new("office", "t").unwrap();
    texts(saver.list(&key, &Query::default()).await.unwrap())
}

fn wide() -> Input {
    let people = (0..10).map(|number| format!("person {number}"));
    Input::new()
        .parts((0..20).collect())
        .people(people.collect())
}

#[tokio::test]
async fn any_order_of_completion_is_stored_as_the_same_bytes() {
    for input in [input, wide, Input::new] {
        let calm = bodies(Arc::new(MemorySaver::new()), &Arc::default(), input()).await;
        for seed in 1..=70 * scale() {
            let stored = bodies(Slow::new(seed % 4), &Desk::seeded(seed), input()).await;
            assert_eq!(stored, calm, "seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_threads_stores_the_same_bytes() {
    let calm = bodies(Arc::new(MemorySaver::new()), &Arc::default(), input()).await;
    let runs = (1..=20 * scale()).map(|seed| {
        tokio::spawn(async move { bodies(Slow::new(2), &Desk::seeded(seed), input()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        assert_eq!(run.await.unwrap(), calm);
    }
}
