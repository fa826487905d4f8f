//! Composition: a graph as a node of another, side by side, in a `for`, one graph as several nodes, three deep.

use std::sync::Arc;

use graph_runtime::prelude::*;

use crate::nested::top::{self, Top};
use crate::nested::{builder, input, log, process};
use crate::office::Desk;
use crate::store::on_every_backend;

const PAIR: (&str, &str) = ("a", "b");
const TOPICS: [&str; 3] = ["x", "y", "z"];

fn check(output: &top::Output) {
    assert_eq!(output.log, log(PAIR, &TOPICS));
    let topic = |found: &Option<crate::nested::middle::Output>| found.clone().unwrap().topic;
    assert_eq!(
        (topic(&output.first), topic(&output.second)),
        ("a".into(), "b".into())
    );
    let all: Vec<_> = output.all.iter().map(|each| each.topic.as_str()).collect();
    assert_eq!(all, TOPICS);
    // What came back of the graph in the graph.
    let found = output.all[0].found.as_ref().unwrap();
    assert_eq!((found.topic.as_str(), found.approved), ("x", None));
}

#[tokio::test]
async fn without_a_checkpointer_child_graphs_run_unsaved() {
    // By its type this one may ask, so it is built with one; what asks nothing needs none.
    let done = calm::Calm::graph().build().invoke(calm::Input::new()).await;
    assert_eq!(
        done.unwrap().done().unwrap().doubled,
        Some(calm_inside::Output { number: 2 })
    );
}

#[graph(id = "calm-inside")]
mod calm_inside {
    #[state]
    pub struct Inside {
        pub number: u32,
    }

    edges! { start -> double -> end; }

    #[node(writes(number))]
    fn double(number: u32) -> u32 {
        number * 2
    }
}

#[graph(id = "calm")]
mod calm {
    use super::*;

    #[state]
    pub struct Calm {
        pub doubled: Option<calm_inside::Output>,
    }

    edges! { start -> inside -> end; }

    #[subgraph(calm_inside::Inside, into = doubled)]
    fn inside() -> calm_inside::Input {
        calm_inside::Input::new().number(1)
    }
}

on_every_backend! {
    async fn graphs_within_graphs_come_to_their_end(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let outcome = thread.invoke(input(PAIR, &TOPICS)).await.unwrap();
        check(&outcome.done().unwrap());
        assert_eq!(desk.begun().len(), log(PAIR, &TOPICS).len());
        assert_eq!(desk.most_items(), 0, "the items are ours, not those of a child");
    }

    async fn a_child_is_found_where_it_stood(store) {
        // Each node in turn fails once; nothing else is run twice.
        let names = log(PAIR, &TOPICS);
        let desk = Arc::<Desk>::default();
        let mut result = process(store.open().await, &desk).invoke(input(PAIR, &TOPICS)).await;
        for failing in std::iter::once("plan").chain(names.iter().map(String::as_str)) {
            let _ = failing;
            if result.is_ok() {
                break;
            }
            result = process(store.open().await, &desk).resume().await;
        }
        check(&result.unwrap().done().unwrap());
    }
}

// The graph can be named as a type, and its handle shared, like any other.
#[allow(dead_code)]
fn handle(desk: &Arc<Desk>) -> Graph<Top> {
    builder(desk).checkpointer(MemorySaver::new()).build()
}
use graph_runtime::Graph;
