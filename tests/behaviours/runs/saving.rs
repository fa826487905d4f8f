//! Behaviours 1 to 8: what is saved, where, and for whom.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Page, Source};

use graph_tests::graphs::chat::{self, Chat};
use graph_tests::graphs::row::{self, Row};
use graph_tests::store::{Store, on_every_backend};

async fn chat(store: &Store) -> chat::Graph {
    Chat::graph().checkpointer(store.open().await).build()
}

fn say(text: &str) -> chat::Input {
    chat::Input::new().messages([text.to_owned()])
}

on_every_backend! {
    // 1
    async fn a_moment_is_saved_after_every_step_and_links_to_the_one_before(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let moments = thread.history().with_inputs().await.unwrap();
        let ran: Vec<_> = moments.iter().rev().map(|moment| moment.ran.clone()).collect();
        assert_eq!(ran, [vec![], vec![row::Node::First], vec![row::Node::Second], vec![row::Node::Third]]);
        let next: Vec<_> = moments.iter().rev().map(|moment| moment.next.clone()).collect();
        assert_eq!(next, [vec![row::Node::First], vec![row::Node::Second], vec![row::Node::Third], vec![]]);
        let states: Vec<_> = moments.iter().rev().map(|moment| moment.state.ran.len()).collect();
        assert_eq!(states, [0, 1, 2, 3]);
        for pair in moments.windows(2) {
            assert_eq!(pair[0].parent, Some(pair[1].id));
            assert!(pair[0].created_at >= pair[1].created_at);
        }
        assert_eq!(moments.last().map(|moment| (moment.parent, moment.source, moment.step)), Some((None, Source::Input, 1)));
    }

    // 2
    async fn a_user_of_a_graph_leads_to_the_same_thread_after_a_restart(store) {
        let first = chat(&store).await.thread_of("ada").await.unwrap();
        first.invoke(say("hello")).await.unwrap();
        let again = chat(&store).await.thread_of("ada").await.unwrap();
        assert_eq!(first.id(), again.id());
        assert_eq!(again.state().await.unwrap().unwrap().state.turn_count, 1);
        assert_ne!(chat(&store).await.thread_of("bob").await.unwrap().id(), first.id());
        let other = Row::graph().checkpointer(store.open().await).build();
        assert_ne!(other.thread_of("ada").await.unwrap().id(), first.id());
    }

    // 6
    async fn threads_are_isolated_from_each_other(store) {
        let graph = chat(&store).await;
        let (ada, bob) = (graph.thread("ada"), graph.thread("bob"));
        ada.invoke(say("I am Ada")).await.unwrap();
        bob.invoke(say("I am Bob")).await.unwrap();
        let turns = |state: Option<Moment<Chat>>| state.map(|moment| (moment.state.turn_count, moment.state.messages));
        assert_eq!(turns(ada.state().await.unwrap()), Some((1, vec!["I am Ada".into(), "echo: I am Ada".into()])));
        assert_eq!(turns(bob.state().await.unwrap()), Some((1, vec!["I am Bob".into(), "echo: I am Bob".into()])));
    }

    // 6
    async fn namespaces_isolate_graphs_in_one_database(store) {
        let saver = store.open().await;
        let left = Chat::graph().checkpointer(Arc::clone(&saver)).namespace("left").build();
        let right = Chat::graph().checkpointer(saver).namespace("right").build();
        left.thread("same").invoke(say("left")).await.unwrap();
        assert!(right.thread("same").state().await.unwrap().is_none());
        assert_eq!(right.threads(&Page::default()).await.unwrap(), Vec::<String>::new());
        assert_eq!(left.threads(&Page::default()).await.unwrap(), ["same"]);
    }

    // 8, the part of it that is here already
    async fn a_thread_can_be_forgotten(store) {
        let graph = chat(&store).await;
        let thread = graph.thread("t");
        thread.invoke(say("one")).await.unwrap();
        thread.reset().await.unwrap();
        assert!(thread.state().await.unwrap().is_none());
        assert!(thread.history().await.unwrap().is_empty());
        let done = thread.invoke(say("two")).await.unwrap().done().unwrap();
        assert_eq!(done.turn_count, 1);
    }
}

// 3
#[tokio::test]
async fn memory_is_gone_on_restart_and_sqlite_is_not() {
    let sqlite = Store::sqlite();
    chat(&sqlite)
        .await
        .thread("t")
        .invoke(say("hello"))
        .await
        .unwrap();
    assert!(
        chat(&sqlite)
            .await
            .thread("t")
            .state()
            .await
            .unwrap()
            .is_some()
    );
    chat(&Store::memory())
        .await
        .thread("t")
        .invoke(say("hello"))
        .await
        .unwrap();
    assert!(
        chat(&Store::memory())
            .await
            .thread("t")
            .state()
            .await
            .unwrap()
            .is_none()
    );
}

// 3
#[tokio::test]
async fn sqlite_in_memory_needs_no_file() {
    let saver = graph_checkpointers::SqliteSaver::open(":memory:")
        .await
        .unwrap();
    let thread = Chat::graph().checkpointer(saver).build().thread("t");
    thread.invoke(say("hello")).await.unwrap();
    assert_eq!(thread.state().await.unwrap().unwrap().state.turn_count, 1);
}

// 5: that asks, threads and pauses are refused by type is shown in `ui/types`.
#[tokio::test]
async fn without_a_checkpointer_a_graph_is_stateless() {
    let graph = Chat::graph().build();
    for _ in 0..2 {
        let done = graph.invoke(say("hello")).await.unwrap().done().unwrap();
        assert_eq!(done.turn_count, 1);
        assert_eq!(done.messages.len(), 2);
    }
}
