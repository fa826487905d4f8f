//! Behaviours 16 and 20: values that somebody sets by hand.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Builder, Checkpointer, Source, Suits, Supplies, Trusts, Unsaved};

use graph_tests::graphs::approval::{self, Approval};
use graph_tests::graphs::branches::{self, Branches};
use graph_tests::graphs::chat::{self, Chat};
use graph_tests::graphs::row::{self, Row};
use graph_tests::office::office::{self, Office};
use graph_tests::office::{Desk, LOG, builder, input, to_the_end, writes};
use graph_tests::store::{Store, on_every_backend};

async fn thread_of<G, X>(
    store: &Store,
    builder: Builder<G, Unsaved, X>,
) -> (Thread<G>, Arc<dyn Checkpointer>)
where
    G: StateGraph + Suits<graph_runtime::Saved> + Trusts<Arc<dyn Checkpointer>>,
    X: Supplies<G::Context>,
{
    let saver = store.open().await;
    (
        builder.checkpointer(Arc::clone(&saver)).build().thread("t"),
        saver,
    )
}

on_every_backend! {
    // 20
    async fn an_update_makes_a_moment_applies_the_reducers_and_runs_nothing(store) {
        let (thread, _) = thread_of(&store, Chat::graph()).await;
        let messages = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        thread.invoke(chat::Input::new().messages(messages(&["one"]))).await.unwrap();
        let before = thread.state().await.unwrap().unwrap();
        let values = chat::Values::new().messages(messages(&["by hand"])).turn_count(10);
        let moment = thread.update(values).metadata("who", "ada").await.unwrap();
        assert_eq!((moment.source, moment.parent), (Source::Update, Some(before.id)));
        assert_eq!((moment.step, moment.sequence), (before.step + 1, before.sequence + 1));
        assert_eq!(moment.state.messages, ["one", "echo: one", "by hand"]);
        assert_eq!(moment.state.turn_count, 11);
        assert_eq!((&moment.ran[..], &moment.next[..]), (&[][..], &[][..]));
        assert_eq!(moment.metadata["who"], "ada");
        assert_eq!(thread.state().await.unwrap().unwrap().id, moment.id);
        assert_eq!(thread.history().await.unwrap()[0].id, moment.id);
        // Past the reducer, and into what follows.
        thread.update(chat::Values::new().set_messages(messages(&["all anew"]))).await.unwrap();
        thread.invoke(chat::Input::new()).await.unwrap();
        let state = thread.state().await.unwrap().unwrap().state;
        assert_eq!(state.messages, ["all anew", "echo: all anew"]);
    }

    // 13
    async fn a_thread_that_was_never_run_has_nothing_to_update(store) {
        let (thread, _) = thread_of(&store, Chat::graph()).await;
        let refused = thread.update(chat::Values::new().turn_count(1)).await;
        assert!(matches!(refused, Err(Error::NothingToResume { .. })), "{refused:?}");
        assert!(thread.state().await.unwrap().is_none());
    }

    // 16
    async fn a_paused_thread_is_updated_and_its_question_stays(store) {
        let (thread, _) = thread_of(&store, Approval::graph()).await;
        let pause = thread.invoke(approval::Input::new().amount(5)).await.unwrap().paused().unwrap();
        let moment = thread.update(approval::Values::new().amount(7)).await.unwrap();
        assert_eq!(moment.next, [approval::Node::Approve]);
        let open = thread.questions().await.unwrap();
        assert_eq!(open[0].id(), pause.questions()[0].id());
        let again = thread.answer(pause.approve().unwrap().answer(false)).await.unwrap().paused().unwrap();
        assert_eq!(again.approve().unwrap().question, "pay 7?");
    }

    // 15 and 16
    async fn an_update_at_a_pause_can_go_past_it(store) {
        let (thread, _) = thread_of(&store, Row::graph()).await;
        let outcome = thread.invoke(row::Input::new()).pause_before([row::Node::Second]).await.unwrap();
        assert!(outcome.is_paused());
        let by_hand = || row::Values::new().ran(["by hand".to_owned()]);
        thread.update(by_hand()).await.unwrap();
        // The pause still stands: an input doesn't go past it.
        let refused = thread.invoke(row::Input::new()).await;
        assert!(matches!(refused, Err(Error::Paused { .. })), "{refused:?}");
        let Outcome::Done(done) = thread.update(by_hand()).resume().await.unwrap() else { panic!() };
        assert!(done.went_on());
        assert_eq!(done.ran, ["first", "by hand", "by hand", "second", "third"]);
    }

    async fn results_of_siblings_stay_with_an_update(store) {
        let desk = Arc::new(Desk::default());
        let (thread, saver) = thread_of(&store, builder(&desk)).await;
        desk.fail(&["review"]);
        thread.invoke(input()).await.unwrap_err();
        let kept = writes(&*saver).await;
        assert!(!kept.is_empty());
        thread.update(office::Values::new().topic("wasps")).await.unwrap();
        assert_eq!(writes(&*saver).await, kept);
        desk.fail(&[]);
        let outcome = thread.resume().await.unwrap();
        assert_eq!(desk.begun()[..4], ["plan", "research", "review", "review"]);
        let output = to_the_end(&thread, outcome).await.unwrap();
        assert_eq!((output.topic.as_str(), output.log), ("wasps", LOG.map(str::to_owned).to_vec()));
    }

    // 20
    async fn as_a_node_that_is_active_its_turn_ends_and_its_route_is_followed(store) {
        let (thread, _) = thread_of(&store, Approval::graph()).await;
        let pause = thread.invoke(approval::Input::new().amount(5)).await.unwrap().paused().unwrap();
        let values = approval::Values::new().approved(Some(true));
        let moment = thread.update(values).as_node(approval::Node::Approve).await.unwrap();
        assert_eq!((&moment.ran[..], &moment.next[..]), (&[approval::Node::Approve][..], &[approval::Node::Pay][..]));
        let stale = thread.answer(pause.approve().unwrap().answer(false)).await;
        assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
        assert!(thread.resume().await.unwrap().done().unwrap().paid);
    }

    // 20
    async fn as_a_node_that_is_not_active_the_run_goes_on_behind_it(store) {
        let (thread, _) = thread_of(&store, Row::graph()).await;
        thread.invoke(row::Input::new()).await.unwrap();
        // What a node would have set can be given as it is.
        let update = row::update::First::new().ran(["by hand".to_owned()]);
        let Outcome::Done(done) = thread.update(update).as_node(row::Node::First).resume().await.unwrap() else { panic!() };
        assert!(done.went_on());
        assert_eq!(done.ran[3..], ["by hand", "second", "third"]);
    }

    async fn an_ask_that_is_reached_by_hand_is_emptied_and_asks(store) {
        let (thread, _) = thread_of(&store, Approval::graph()).await;
        let pause = thread.invoke(approval::Input::new().amount(5)).await.unwrap().paused().unwrap();
        thread.answer(pause.approve().unwrap().answer(true)).await.unwrap();
        let moment = thread.update(approval::Values::new()).as_node(approval::Node::Prepare).await.unwrap();
        assert_eq!((moment.state.approved, &moment.next[..]), (None, &[approval::Node::Approve][..]));
        let again = thread.resume().await.unwrap().paused().unwrap();
        assert!(thread.answer(again.approve().unwrap().answer(true)).await.unwrap().done().is_some());
    }

    async fn as_the_node_of_a_for_the_whole_of_it_ends(store) {
        let desk = Arc::new(Desk::default());
        let (thread, saver) = thread_of(&store, builder(&desk)).await;
        desk.fail(&["print 2"]);
        let outcome = thread.invoke(input()).await.unwrap();
        to_the_end(&thread, outcome).await.unwrap_err();
        assert_eq!(writes(&*saver).await.len(), 2);
        let log = office::Values::new().log(["printed elsewhere".to_owned()]);
        let moment = thread.update(log).as_node(office::Node::Print).await.unwrap();
        assert_eq!(moment.next, [office::Node::Vote]);
        assert_eq!(writes(&*saver).await, []);
        let outcome = thread.resume().await.unwrap();
        let log = to_the_end(&thread, outcome).await.unwrap().log;
        assert_eq!(log[6..], ["publish", "printed elsewhere", "finish", "close"]);
    }

    async fn the_others_stay_active_where_the_node_is_one_of_several(store) {
        let (thread, _) = thread_of(&store, Branches::graph()).await;
        let pause = thread.invoke(branches::Input::new().topic("bees")).await.unwrap().paused().unwrap();
        let first = thread.history().await.unwrap().pop().unwrap();
        assert_eq!(first.next, [branches::Node::Consent, branches::Node::WriteUp]);
        let work = branches::Values::new().work(["by hand".to_owned()]);
        let fork = thread.at(first.id).fork(work).as_node(branches::Node::WriteUp).await.unwrap();
        assert_eq!(fork.next, [branches::Node::Consent]);
        let again = thread.resume().await.unwrap().paused().unwrap();
        assert_ne!(again.consent().unwrap().id, pause.consent().unwrap().id);
        let done = thread.answer(again.consent().unwrap().answer(true)).await.unwrap().done().unwrap();
        assert_eq!(done.report, "research on bees + by hand / Some(true)");
    }

    async fn where_a_join_would_wait_for_ever_nothing_is_written(store) {
        let (thread, _) = thread_of(&store, Branches::graph()).await;
        let pause = thread.invoke(branches::Input::new().topic("bees")).await.unwrap().paused().unwrap();
        thread.answer(pause.consent().unwrap().answer(true)).await.unwrap();
        let before = thread.state().await.unwrap().unwrap();
        let values = branches::Values::new().topic("wasps");
        let error = thread.update(values.clone()).as_node(branches::Node::WriteUp).await.unwrap_err();
        assert!(matches!(error, Error::Unsound { node: "write_up", .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("`{consent, write_up} -> publish` can never be complete"), "{text}");
        thread.at(before.id).fork(values.clone()).as_node(branches::Node::Consent).await.unwrap_err();
        thread.at(before.id).into("new").fork(values).as_node(branches::Node::Consent).await.unwrap_err();
        let after = thread.state().await.unwrap().unwrap();
        assert_eq!((after.id, after.state.topic.as_str()), (before.id, "bees"));
        assert_eq!(thread.questions().await.unwrap().len(), 0);
        // Behind the join nothing is missing.
        let done = thread.update(branches::Values::new()).as_node(branches::Node::Publish).resume().await.unwrap();
        assert!(done.done().is_some());
    }

    async fn what_panics_while_it_is_set_writes_nothing(store) {
        let (thread, _) = thread_of(&store, touchy::Touchy::graph()).await;
        thread.invoke(touchy::Input::new()).await.unwrap();
        let before = thread.state().await.unwrap().unwrap().id;
        let route = thread.update(touchy::Values::new().set_total(99)).as_node(touchy::Node::Add).await;
        assert!(matches!(&route, Err(Error::Route { from: "add", .. })), "{route:?}");
        let reducer = thread.update(touchy::Values::new().total(100)).await;
        assert!(matches!(reducer, Err(Error::Route { .. })), "{reducer:?}");
        assert_eq!(thread.state().await.unwrap().unwrap().id, before);
    }
}

/// A reducer and a route that can't stand certain numbers.
#[graph(id = "touchy")]
mod touchy {
    use graph_runtime::Reducer;

    pub struct Careful;

    impl Reducer<u32> for Careful {
        type Delta = u32;

        fn reduce(value: &mut u32, delta: u32) {
            assert!(delta < 100, "too much");
            *value += delta;
        }
    }

    #[state]
    pub struct Touchy {
        #[reduce(Careful)]
        pub total: u32,
    }

    edges! {
        start -> add -> if risky(state.total) { add } else { end };
    }

    fn risky(total: u32) -> bool {
        assert_ne!(total, 99, "not that");
        false
    }

    #[node(writes(total))]
    fn add() -> u32 {
        1
    }
}

#[test]
fn values_are_json_like_an_input() {
    let json = r#"{"messages":["by hand"],"turn_count":2}"#;
    let values: chat::Values = serde_json::from_str(json).unwrap();
    assert_eq!(
        values,
        chat::Values::new()
            .messages(["by hand".to_owned()])
            .turn_count(2)
    );
    assert_eq!(values.get_turn_count(), Some(&2));
    assert_eq!(serde_json::to_string(&values).unwrap(), json);
    let unknown = serde_json::from_str::<chat::Values>(r#"{"messagse":[]}"#).unwrap_err();
    assert!(
        unknown.to_string().contains("unknown field `messagse`"),
        "{unknown}"
    );
    // What is never stored can't be said from elsewhere.
    assert!(serde_json::from_str::<office::Values>(r#"{"cache":1}"#).is_err());
    assert!(
        serde_json::from_str::<office::Values>(r#"{"consent":null}"#)
            .unwrap()
            .get_consent()
            .is_some()
    );
}

#[tokio::test]
async fn an_unsaved_field_is_set_for_the_run_that_follows() {
    let desk = Arc::new(Desk::default());
    let thread = builder(&desk)
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    let stopped: Result<Outcome<Office>, _> = thread.invoke(input()).step_limit(0).await;
    stopped.unwrap_err();
    let values = office::Values::new().cache(Some(9));
    thread
        .update(values)
        .as_node(office::Node::Plan)
        .resume()
        .await
        .unwrap();
    let state = thread.state().await.unwrap().unwrap().state;
    assert_eq!(state.seen[1], Some(9));
}
