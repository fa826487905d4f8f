//! Composition: a graph as a node of another, side by side, in a `for`, one graph as several nodes, three deep.

use std::collections::BTreeMap;
use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Moment, NodeError};

use graph_tests::nested::top::{self, Top};
use graph_tests::nested::{PAIR, TOPICS, builder, input, log, process};
use graph_tests::nested::{leaf, middle};
use graph_tests::office::Desk;
use graph_tests::store::on_every_backend;

fn check(output: &top::Output) {
    assert_eq!(output.log, log(PAIR, &TOPICS));
    let topic = |found: &Option<middle::Output>| found.clone().unwrap().topic;
    assert_eq!([topic(&output.first), topic(&output.second)], ["a", "b"]);
    let all: Vec<_> = output.all.iter().map(|each| each.topic.as_str()).collect();
    assert_eq!(all, TOPICS);
    // What came back of the graph in the graph.
    let found = output.all[0].found.as_ref().unwrap();
    assert_eq!((found.topic.as_str(), found.approved), ("x", None));
}

/// How often each has begun.
fn counts(desk: &Desk) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in desk.begun() {
        *counts.entry(name).or_default() += 1;
    }
    counts
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

#[tokio::test]
async fn a_graph_that_asks_nothing_runs_unsaved_with_those_within_it() {
    let done = calm::Calm::graph().build().invoke(calm::Input::new()).await;
    let doubled = done.unwrap().done().unwrap().doubled;
    assert_eq!(doubled, Some(calm_inside::Output { number: 2 }));
}

/// What happened, with the way to where it did.
fn told(event: &Event<Top>) -> Option<String> {
    fn of<G: graph_runtime::StateGraph>(event: &Event<G>) -> Option<String> {
        match event {
            Event::Started { node, .. } => Some(format!("{node:?} starts")),
            Event::Finished { node, .. } => Some(format!("{node:?} finished")),
            _ => None,
        }
    }
    fn in_middle(event: &Event<middle::Middle>) -> Option<String> {
        match event {
            Event::Within {
                event: middle::Within::Dig(event),
                node,
                item,
            } => Some(format!("{node:?} {item:?} > {}", of::<leaf::Leaf>(event)?)),
            other => of(other),
        }
    }
    match event {
        Event::Within { node, item, event } => {
            let (top::Within::One(event) | top::Within::Two(event) | top::Within::Each(event)) =
                event;
            Some(format!("{node:?} {item:?} > {}", in_middle(event)?))
        }
        other => of(other),
    }
}

on_every_backend! {
    async fn graphs_within_graphs_come_to_their_end(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let outcome = thread.invoke(input(PAIR, &TOPICS)).await.unwrap();
        check(&outcome.done().unwrap());
        assert_eq!(desk.begun().len(), log(PAIR, &TOPICS).len());
        // A child has a thread of its own; what is listed is ours.
        let steps: Vec<Moment<Top>> = thread.history().with_inputs().await.unwrap();
        assert_eq!(steps.len(), 6);
    }

    async fn a_failure_tells_the_way_and_what_has_ended_in_a_child_is_not_run_again(store) {
        let ways = BTreeMap::from([
            ("open a", "node `one` > `open` failed in step 3"),
            ("look a", "node `one` > `dig` > `look` failed in step 3"),
            ("write b", "node `two` > `dig` > `write` failed in step 3"),
            ("close y", "node `each` (item 1) > `close` failed in step 5"),
            ("look z", "node `each` (item 2) > `dig` > `look` failed in step 5"),
        ]);
        let saver = store.open().await;
        for name in log(PAIR, &TOPICS) {
            let desk = Arc::<Desk>::default();
            let graph = builder(&desk).checkpointer(Arc::clone(&saver)).build();
            let thread = graph.thread(name.as_str());
            desk.fail(&[&name]);
            let error = thread.invoke(input(PAIR, &TOPICS)).await.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(&format!(": {name} was told to fail; ")), "{text}");
            if let Some(way) = ways.get(name.as_str()) {
                assert!(text.starts_with(way), "{text}");
            }
            desk.fail(&[]);
            check(&thread.resume().await.unwrap().done().unwrap());
            for (begun, count) in counts(&desk) {
                assert_eq!(count, if begun == name { 2 } else { 1 }, "{begun}, where {name} failed");
            }
        }
    }

    async fn the_chain_of_causes_leads_down_to_the_node(store) {
        let desk = Arc::<Desk>::default();
        desk.fail(&["look a"]);
        let thread = process(store.open().await, &desk);
        let error = thread.invoke(input(PAIR, &[])).await.unwrap_err();
        let Error::Node { source, .. } = &error else { panic!("{error}") };
        let NodeError::Within(middle) = source else { panic!("{source}") };
        let Error::Node { node: "dig", source: NodeError::Within(leaf), .. } = &**middle else {
            panic!("{middle}")
        };
        assert!(matches!(&**leaf, Error::Node { node: "look", .. }), "{leaf}");
        let mut causes = 0;
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(deeper) = cause {
            causes += 1;
            cause = deeper.source();
        }
        assert_eq!(causes, 5, "three nodes, two graphs");
    }

    async fn each_process_goes_on_in_the_middle_of_a_child(store) {
        // A step of a child is taken by a process of its own: it has as many as the limit says.
        let desk = Arc::<Desk>::default();
        let mut result = process(store.open().await, &desk).invoke(input(PAIR, &TOPICS)).step_limit(1).await;
        let mut processes = 1;
        while let Err(error) = result {
            assert!(matches!(error, Error::StepLimit { .. } | Error::Node { .. }), "{error}");
            result = process(store.open().await, &desk).resume().step_limit(1).await;
            processes += 1;
        }
        check(&result.unwrap().done().unwrap());
        assert!(processes > 10, "{processes}");
        assert!(counts(&desk).values().all(|count| *count == 1), "{:?}", counts(&desk));
    }

    async fn a_stream_tells_what_happens_in_children_with_the_way_there(store) {
        let desk = Desk::seeded(7);
        let thread = process(store.open().await, &desk);
        let mut stream = thread.stream(input(PAIR, &["x"]));
        let mut all = Vec::new();
        while let Some(event) = stream.next().await {
            all.extend(told(&event.unwrap()));
        }
        for expected in [
            "One None > Dig None > Look starts", "Two None > Close finished", "One finished",
            "Each Some(0) > Open starts", "Each Some(0) > Dig None > Write finished",
        ] {
            assert!(all.iter().any(|told| told == expected), "{expected} in {all:#?}");
        }
        let place = |what: &str| all.iter().position(|told| told == what).unwrap();
        assert!(place("One starts") < place("One None > Open starts"));
        assert!(place("One None > Dig None > Write finished") < place("One None > Dig finished"));
        assert!(place("One None > Close finished") < place("One finished"));
    }

    async fn the_moments_of_children_are_read_with_their_types(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        thread.invoke(input(PAIR, &TOPICS)).await.unwrap();
        let history = thread.history().await.unwrap();
        // Newest first: finish, each, gather, one and two, plan.
        let children = |at: usize| history[at].children.iter().map(|child| (child.node.as_str(), child.item));
        assert!(children(0).eq([]) && children(2).eq([]) && children(4).eq([]));
        assert!(children(1).eq([("each", Some(0)), ("each", Some(1)), ("each", Some(2))]));
        assert!(children(3).eq([("one", None), ("two", None)]));
        let each = thread.child::<middle::Middle>(&history[1].children[2]).unwrap();
        let state = each.state().await.unwrap();
        assert_eq!((state.state.topic.as_str(), state.next.as_slice()), ("z", &[][..]));
        let steps = each.history().await.unwrap();
        let ran: Vec<_> = steps.iter().map(|moment| moment.ran[0].to_string()).collect();
        assert_eq!(ran, ["close", "dig", "open"]);
        let leaf = each.child::<leaf::Leaf>(&steps[1].children[0]).unwrap().state().await.unwrap();
        assert_eq!(leaf.state.topic, "z");
        assert!(leaf.state.log.ends_with(&["open z".into(), "look z".into(), "write z".into()]));
        // Its run is ours.
        assert_eq!(leaf.run, history[0].run);
    }

    async fn what_a_thread_forgets_its_children_forget(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        thread.invoke(input(PAIR, &TOPICS)).await.unwrap();
        thread.reset().await.unwrap();
        check(&thread.invoke(input(PAIR, &TOPICS)).await.unwrap().done().unwrap());
    }
}
