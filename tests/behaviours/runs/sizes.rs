//! What a step costs where things are replaced and taken out: what changed, and not what is there.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{At, Checkpointer, Query, ThreadKey};

/// A large state of which little changes, or which becomes small.
#[graph(id = "large")]
mod large {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Note {
        pub id: u32,
        pub text: String,
    }

    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Large {
        #[input]
        #[reduce(upsert(key = id))]
        pub notes: Vec<Note>,
        #[input]
        #[reduce(merge)]
        pub map: BTreeMap<String, String>,
        #[input]
        #[reduce(merge)]
        pub table: HashMap<u32, String>,
        #[input]
        #[reduce(union)]
        pub set: BTreeSet<String>,
        #[input]
        #[reduce(append)]
        pub list: Vec<String>,
        #[input]
        pub text: String,
        #[input]
        pub rounds: u32,
        #[input]
        pub shrinks: bool,
        #[scope(run)]
        pub round: u32,
        #[default("a text that was always there; ".repeat(500))]
        pub always: String,
    }

    edges! {
        start -> turn -> if state.round < state.rounds { turn } else { end };
    }

    /// Replaces something and takes something out; or makes what was large small.
    #[node(writes(notes, map, table, set, round))]
    fn turn(round: u32, shrinks: bool) -> update::Turn {
        let text = if shrinks {
            String::new()
        } else {
            format!("of round {round}, as long as the others")
        };
        let mut update = update::Turn::new().round(round + 1);
        for place in 0..if shrinks { 20 } else { 1 } {
            let id = round * 20 + place;
            update = update
                .notes([Note {
                    id,
                    text: text.clone(),
                }])
                .map([(id.to_string(), text.clone())])
                .table([(id, text.clone())]);
        }
        let old = 300 + round;
        let update = update
            .remove_notes([old])
            .remove_map([old.to_string()])
            .remove_table([old]);
        update
            .remove_set([old.to_string()])
            .set([format!("new {round}")])
    }
}

use large::{Input, Large, Note};

fn filled(rounds: u32, shrinks: bool) -> Input {
    let text = |id: u32| format!("something that was said and is kept as number {id}");
    let ids = 0..600;
    Input::new()
        .rounds(rounds)
        .shrinks(shrinks)
        .notes(ids.clone().map(|id| Note { id, text: text(id) }))
        .map(ids.clone().map(|id| (id.to_string(), text(id))))
        .table(ids.clone().map(|id| (id, text(id))))
        .set(ids.map(|id| id.to_string()))
}

fn thread(saver: &Arc<MemorySaver>) -> Thread<Large> {
    Large::graph()
        .checkpointer(Arc::clone(saver))
        .build()
        .thread("t")
}

/// Every record's size, with what reading it costs and how large the state is; the oldest first.
async fn costs(saver: &MemorySaver, thread: &Thread<Large>) -> Vec<(usize, usize, usize)> {
    let key = ThreadKey::new("large", "t").unwrap();
    let mut costs = Vec::new();
    let history = thread.history().with_inputs().await.unwrap();
    let records = saver.list(&key, &Query::default()).await.unwrap();
    for (moment, record) in history.iter().zip(records).rev() {
        let chain = saver
            .load(&key, At::Moment(moment.id))
            .await
            .unwrap()
            .unwrap();
        let read = chain
            .records
            .iter()
            .map(|record| record.payload.len())
            .sum();
        let state = serde_json::to_string(&moment.state).unwrap().len();
        costs.push((record.payload.len(), read, state));
    }
    costs
}

/// Twice the state, a fixed slack, and the record that comes to it; a tenth for what is estimated.
fn reading_is_bounded(costs: &[(usize, usize, usize)]) {
    for (step, (_, read, state)) in costs.iter().enumerate() {
        assert!(
            *read <= 2 * state + state / 10 + 8192,
            "step {step}: {read} bytes for a state of {state}"
        );
    }
}

#[tokio::test]
async fn a_step_that_takes_something_out_costs_what_it_took_out() {
    let saver = Arc::new(MemorySaver::new());
    let done = thread(&saver)
        .invoke(filled(30, false))
        .await
        .unwrap()
        .done()
        .unwrap();
    let stored = thread(&saver).state().await.unwrap().unwrap().state;
    assert_eq!(
        (&stored.notes, &stored.map, &stored.table, &stored.set),
        (&done.notes, &done.map, &done.table, &done.set)
    );
    let costs = costs(&saver, &thread(&saver)).await;
    let (written, state) = (costs.iter().map(|cost| cost.0).sum::<usize>(), costs[0].2);
    assert!(
        written < 2 * state,
        "{written} bytes for a state of {state} and 30 small steps"
    );
    reading_is_bounded(&costs);
}

#[tokio::test]
async fn a_state_that_becomes_small_is_soon_cheap_to_read() {
    let saver = Arc::new(MemorySaver::new());
    thread(&saver)
        .invoke(filled(30, true).list(Vec::new()))
        .await
        .unwrap();
    reading_is_bounded(&costs(&saver, &thread(&saver)).await);
}

// Each run is one of a process of its own, which has to know what it finds.
#[tokio::test]
async fn many_runs_cost_what_they_say_and_stay_cheap_to_read() {
    let saver = Arc::new(MemorySaver::new());
    thread(&saver).invoke(filled(1, false)).await.unwrap();
    let said = |run: usize| format!("what was said in run {run}, and is a few words long");
    for run in 0..30 {
        thread(&saver)
            .invoke(Input::new().list([said(run)]))
            .await
            .unwrap();
    }
    let few = costs(&saver, &thread(&saver)).await;
    let (written, state) = (few.iter().map(|cost| cost.0).sum::<usize>(), few[0].2);
    assert!(
        written < 2 * state,
        "{written} bytes for a state of {state} and 30 small runs"
    );
    // A small state that is told much of: reading it must not mean reading all of that.
    let saver = Arc::new(MemorySaver::new());
    for run in 0..60 {
        thread(&saver)
            .invoke(Input::new().text(said(run).repeat(20)))
            .await
            .unwrap();
    }
    reading_is_bounded(&costs(&saver, &thread(&saver)).await);
}

// What was there before anything was said counts as well.
#[tokio::test]
async fn a_large_default_is_not_stored_again_and_again() {
    let saver = Arc::new(MemorySaver::new());
    thread(&saver)
        .invoke(Input::new().rounds(10))
        .await
        .unwrap();
    let costs = costs(&saver, &thread(&saver)).await;
    let written: usize = costs.iter().map(|cost| cost.0).sum();
    assert!(
        written < 2 * costs[0].2,
        "{written} bytes for a state of {}",
        costs[0].2
    );
}
