//! One engine: a stream and an invocation are the same run.

use graph_runtime::prelude::*;

use graph_tests::graphs::row::{self, Row};
use graph_tests::store::on_every_backend;

on_every_backend! {
    async fn a_stream_tells_what_happens_in_order_and_saves_like_any_run(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let mut stream = thread.stream(row::Input::new());
        let mut told = Vec::new();
        while let Some(event) = stream.next().await {
            told.push(match event.unwrap() {
                Event::Started { node, step, .. } => format!("{node} starts in {step}"),
                Event::Finished { node, .. } => format!("{node} finished"),
                Event::Updated { .. } => "update".to_owned(),
                Event::Step { step, moment, .. } => {
                    assert!(moment.is_some());
                    format!("step {step}")
                }
                Event::Done(done) => format!("done: {}", done.ran.join(" ")),
                _ => "something else".to_owned(),
            });
        }
        let expected = [
            "step 1", "first starts in 2", "first finished", "update", "step 2",
            "second starts in 3", "second finished", "update", "step 3",
            "third starts in 4", "third finished", "update", "step 4", "done: first second third",
        ];
        assert_eq!(told, expected);
        assert_eq!(thread.history().await.unwrap().len(), 3);
    }

    async fn a_stream_that_is_dropped_keeps_what_was_acknowledged(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let mut stream = thread.invoke(row::Input::new()).durability(Durability::Sync).stream();
        loop {
            if let Event::Step { step: 2, .. } = stream.next().await.unwrap().unwrap() {
                break;
            }
        }
        drop(stream);
        assert_eq!(thread.state().await.unwrap().unwrap().state.ran, ["first"]);
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.ran, ["first", "second", "third"]);
    }
}
