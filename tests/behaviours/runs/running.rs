//! Behaviours 9 to 14: running on a thread, again and after a failure.

use graph_runtime::prelude::*;
use graph_runtime::{MomentId, Source};

use graph_tests::graphs::chat::{self, Chat};
use graph_tests::graphs::risky::{self, Risky};
use graph_tests::graphs::row::{self, Row};
use graph_tests::store::on_every_backend;

fn say(text: &str) -> chat::Input {
    chat::Input::new().messages([text.to_owned()])
}

on_every_backend! {
    // 9
    async fn a_conversation_goes_on_where_it_was(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        for (turn, messages) in [(1, 2), (2, 4), (3, 6)] {
            let done = thread.invoke(say("hello")).await.unwrap().done().unwrap();
            assert_eq!((done.turn_count, done.messages.len()), (turn, messages));
        }
    }

    // 10
    async fn a_graph_of_one_node_invoked_three_times_has_a_history_of_three(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        for _ in 0..3 {
            thread.invoke(say("hello")).await.unwrap();
        }
        assert_eq!(thread.history().await.unwrap().len(), 3);
        let all = thread.history().with_inputs().await.unwrap();
        let sources: Vec<_> = all.iter().rev().map(|moment| moment.source).collect();
        assert_eq!(sources, [Source::Input, Source::Step].repeat(3));
        let steps: Vec<_> = all.iter().rev().map(|moment| moment.step).collect();
        assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
    }

    // 11
    async fn a_thread_never_run_has_no_state(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        assert!(thread.state().await.unwrap().is_none());
        assert!(thread.history().await.unwrap().is_empty());
        assert!(thread.questions().await.unwrap().is_empty());
    }

    // 11
    async fn history_is_newest_first_and_comes_in_pages(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        for turn in 1..=5 {
            thread.invoke(say(&format!("turn {turn}"))).await.unwrap();
        }
        let turns = |moments: &[Moment<Chat>]| moments.iter().map(|moment| moment.state.turn_count).collect::<Vec<_>>();
        let all = thread.history().await.unwrap();
        assert_eq!(turns(&all), [5, 4, 3, 2, 1]);
        let newest = thread.history().limit(2).await.unwrap();
        assert_eq!(turns(&newest), [5, 4]);
        let page = thread.history().before(newest[1].id).limit(2).await.unwrap();
        assert_eq!(turns(&page), [3, 2]);
        let last = thread.history().before(page[1].id).await.unwrap();
        assert_eq!(turns(&last), [1]);
        assert!(all.iter().all(|moment| moment.created_at.as_micros() > 1_700_000_000_000_000));
    }

    // 12
    async fn a_failure_keeps_the_last_good_state_and_the_next_input_goes_on_there(store) {
        let thread = Risky::graph().checkpointer(store.open().await).build().thread("t");
        let error = thread.invoke(risky::Input::new().step(1)).await.unwrap_err();
        assert!(matches!(&error, Error::Node { node: "risk", .. }), "{error}");
        assert!(error.to_string().contains("step 1 is too early"), "{error}");
        let kept = thread.state().await.unwrap().unwrap();
        assert_eq!((kept.state.step, kept.state.data.as_str(), kept.next), (1, "safe", vec![risky::Node::Risk]));

        let Outcome::Done(done) = thread.invoke(risky::Input::new().step(2)).await.unwrap() else { panic!("it paused") };
        assert!(done.went_on());
        assert_eq!((done.step, done.data.as_str()), (2, "recovered"));
        assert_eq!(done.ran, ["prepare", "risk"]);
    }

    // 12
    async fn resuming_without_input_runs_the_failed_node_again(store) {
        let graph = Risky::graph().checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        thread.invoke(risky::Input::new().step(1)).await.unwrap_err();
        thread.resume().await.unwrap_err();
        assert_eq!(thread.state().await.unwrap().unwrap().state.ran, ["prepare"]);
    }

    // 12
    async fn from_start_begins_again_with_the_state_kept(store) {
        let thread = Risky::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(risky::Input::new().step(1)).await.unwrap_err();
        let Outcome::Done(done) = thread.from_start(risky::Input::new().step(2)).await.unwrap() else { panic!("it paused") };
        assert!(!done.went_on());
        assert_eq!(done.ran, ["prepare", "prepare", "risk"]);
    }

    // 13
    async fn a_run_that_ended_has_nothing_next_and_resuming_it_runs_nothing(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        assert_eq!(thread.state().await.unwrap().unwrap().next, []);
        let Outcome::Done(done) = thread.resume().await.unwrap() else { panic!("it paused") };
        assert!(!done.went_on());
        assert_eq!(done.ran, ["first", "second", "third"]);
        assert_eq!(thread.history().await.unwrap().len(), 3);
    }

    // 13
    async fn resuming_a_thread_that_was_never_run_is_an_error(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        assert!(matches!(thread.resume().await, Err(Error::NothingToResume { .. })));
    }

    // 14
    async fn a_moment_that_is_not_there_is_an_error(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        let (ours, theirs) = (graph.thread("ours"), graph.thread("theirs"));
        ours.invoke(row::Input::new()).await.unwrap();
        theirs.invoke(row::Input::new()).await.unwrap();
        let moment = ours.history().limit(1).await.unwrap().remove(0);
        assert_eq!(ours.moment(moment.id).await.unwrap().state.ran, moment.state.ran);
        let unknown = [moment.id, MomentId::at(graph_runtime::Timestamp::now())];
        for id in unknown {
            let error = theirs.moment(id).await.unwrap_err();
            assert!(matches!(error, Error::UnknownMoment { .. }), "{error}");
            assert!(theirs.history().before(id).await.is_err());
        }
    }

    // 14
    async fn a_bad_id_is_an_error_at_first_use(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        for id in [String::new(), "x\0y".to_owned(), "x".repeat(513)] {
            let thread = graph.thread(id.clone());
            assert!(matches!(thread.invoke(row::Input::new()).await, Err(Error::InvalidId(_))), "{id:?}");
            assert!(matches!(thread.state().await, Err(Error::InvalidId(_))), "{id:?}");
            assert!(matches!(graph.thread_of(&id).await, Err(Error::InvalidId(_))), "{id:?}");
        }
        assert!("not a moment".parse::<MomentId>().is_err());
    }

    async fn a_loop_ends_at_its_limit_and_not_a_step_earlier(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let done = thread.invoke(row::Input::new()).step_limit(3).await.unwrap();
        assert!(done.done().is_some());
        let error = thread.invoke(row::Input::new()).step_limit(2).await.unwrap_err();
        assert!(matches!(error, Error::StepLimit { limit: 2, .. }), "{error}");
        // What the limit stopped is unfinished, and says so.
        assert_eq!(thread.state().await.unwrap().unwrap().next, [row::Node::Third]);
        assert!(thread.resume().await.unwrap().done().is_some());
    }

    async fn the_metadata_of_a_run_is_on_its_moments(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(row::Input::new()).metadata("by", "ada").await.unwrap();
        thread.invoke(row::Input::new()).await.unwrap();
        let by = |moment: &Moment<Row>| moment.metadata.get("by").cloned();
        let history = thread.history().await.unwrap();
        assert_eq!(history.iter().map(by).collect::<Vec<_>>()[2..4], [None, Some("ada".to_owned())]);
        assert_ne!(history[0].run, history[5].run);
    }
}
