//! What keeping moments costs, and that what is read back is what was.

use graph_runtime::prelude::*;
use graph_runtime::{Query, ThreadKey};

use graph_tests::store::on_every_backend;

/// A state with something of every kind, and a node that goes round.
#[graph(id = "keeper")]
mod keeper {
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Note {
        pub id: u32,
        pub text: String,
    }

    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Keeper {
        #[input]
        pub rounds: u32,
        #[reduce(sum)]
        pub round: u32,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(upsert(key = id))]
        pub notes: Vec<Note>,
        #[reduce(union)]
        pub tags: HashSet<String>,
        #[reduce(merge)]
        pub counts: BTreeMap<String, u32>,
        #[reduce(max)]
        pub high: i64,
        #[reduce(min)]
        #[default(100)]
        pub low: i64,
        #[reduce(and)]
        #[default(true)]
        pub all: bool,
        #[reduce(or)]
        pub any: bool,
        #[reduce(keep_first)]
        pub first: Option<String>,
        #[reduce(last)]
        pub latest: String,
        pub table: HashMap<u32, BTreeSet<u32>>,
        #[scope(step)]
        pub fleeting: Option<u32>,
        #[unsaved]
        pub cache: Option<u32>,
    }

    edges! {
        start -> turn -> if state.round < state.rounds { turn } else { end };
    }

    #[node(writes(
        round, log, notes, tags, counts, high, low, all, any, first, latest, table, fleeting, cache
    ))]
    fn turn(state: &Keeper) -> update::Turn {
        let round = state.round;
        let update = update::Turn::new()
            .round(1)
            .log([format!("round {round}")])
            .notes([Note {
                id: round % 5,
                text: format!("note of {round}"),
            }])
            .tags([format!("tag {}", round % 7), "always".to_owned()])
            .counts([(format!("count {}", round % 3), round)])
            .high(i64::from(round))
            .low(-i64::from(round))
            .all(round != 3)
            .any(round == 2)
            .first(Some(format!("first {round}")))
            .latest(format!("latest {round}"))
            .table([(round % 2, [round].into())].into())
            .cache(Some(round));
        match round % 4 {
            0 => update.fleeting(Some(round)),
            1 => update
                .remove_notes([round % 5])
                .remove_tags([format!("tag {}", round % 7)]),
            2 => update.remove_counts([format!("count {}", round % 3)]),
            _ => update.set_log(vec![format!("log of {round}")]),
        }
    }
}

use keeper::{Input, Keeper};

on_every_backend! {
    async fn every_moment_reads_back_as_it_was(store) {
        let rounds = 60;
        let graph = Keeper::graph().checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        thread.invoke(Input::new().rounds(rounds)).await.unwrap();
        let history = thread.history().await.unwrap();
        assert_eq!(history.len(), rounds as usize);
        // What was is what a run of as many rounds without a checkpointer comes to.
        let alone = Keeper::graph().build();
        for moment in &history {
            let plain = alone.invoke(Input::new().rounds(moment.state.round)).await.unwrap().done().unwrap();
            let kept = Keeper { rounds: plain.rounds, ..moment.state.clone() };
            assert_eq!(kept.notes, plain.notes);
            assert_eq!(kept.tags, plain.tags);
            assert_eq!(kept.counts, plain.counts);
            assert_eq!((kept.high, kept.low, kept.all, kept.any), (plain.high, plain.low, plain.all, plain.any));
            assert_eq!((kept.first, kept.latest, kept.log), (plain.first, plain.latest, plain.log));
            assert_eq!((kept.table, kept.fleeting), (plain.table, plain.fleeting));
            assert_eq!(moment.state.cache, None);
            assert_eq!(thread.moment(moment.id).await.unwrap().state, moment.state);
        }
    }

    async fn storage_grows_with_what_was_said_and_not_with_its_square(store) {
        let saver = store.open().await;
        let graph = Keeper::graph().checkpointer(std::sync::Arc::clone(&saver)).build();
        let mut sizes = Vec::new();
        for rounds in [100u32, 200, 400] {
            let id = format!("thread of {rounds}");
            graph.thread(id.clone()).invoke(Input::new().rounds(rounds)).await.unwrap();
            let key = ThreadKey::new("keeper", id).unwrap();
            let records = saver.list(&key, &Query::default()).await.unwrap();
            sizes.push(records.iter().map(|record| record.payload.len()).sum::<usize>());
        }
        assert!(sizes[2] < 5 * sizes[0], "{sizes:?}");
    }

    async fn loading_a_moment_reads_a_bounded_multiple_of_its_state(store) {
        let saver = store.open().await;
        let graph = Keeper::graph().checkpointer(std::sync::Arc::clone(&saver)).build();
        let thread = graph.thread("t");
        thread.invoke(Input::new().rounds(300)).await.unwrap();
        let key = ThreadKey::new("keeper", "t").unwrap();
        for moment in thread.history().await.unwrap() {
            let chain = saver.load(&key, graph_runtime::At::Moment(moment.id)).await.unwrap().unwrap();
            let read: usize = chain.records.iter().map(|record| record.payload.len()).sum();
            let state = serde_json::to_string(&moment.state).unwrap().len();
            // Twice the state, a fixed slack, and the record that comes to it.
            assert!(read <= 2 * state + 8192, "{read} bytes for a state of {state}");
        }
    }

    async fn the_same_run_is_stored_as_the_same_bytes(store) {
        let saver = store.open().await;
        let graph = Keeper::graph().checkpointer(std::sync::Arc::clone(&saver)).build();
        let mut bodies = Vec::new();
        for id in ["left", "right"] {
            graph.thread(id).invoke(Input::new().rounds(40)).await.unwrap();
            let key = ThreadKey::new("keeper", id).unwrap();
            let records = saver.list(&key, &Query::default()).await.unwrap();
            let body = |payload: &[u8]| {
                let text = String::from_utf8(payload.to_vec()).unwrap();
                let body: serde_json::Value = serde_json::from_str(text.split_once('\n').unwrap().1).unwrap();
                (body["change"].to_string(), body["state"].to_string())
            };
            bodies.push(records.iter().map(|record| body(&record.payload)).collect::<Vec<_>>());
        }
        assert_eq!(bodies[0], bodies[1]);
    }
}
