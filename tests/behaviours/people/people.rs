//! Behaviours 15 and 17, and what is promised of questions and answers.

use graph_runtime::prelude::*;

use graph_tests::graphs::approval::{self, Approval};
use graph_tests::graphs::branches::{self, Branches};
use graph_tests::graphs::row::{self, Row};
use graph_tests::store::on_every_backend;

on_every_backend! {
    // 15
    async fn a_pause_before_a_node_names_it_and_is_gone_past_once(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(row::Input::new()).pause_before([row::Node::Second]).await.unwrap().paused().unwrap();
        assert_eq!(pause.before(), [row::Node::Second]);
        let stands = thread.state().await.unwrap().unwrap();
        assert_eq!((stands.next, stands.state.ran), (vec![row::Node::Second], vec!["first".to_owned()]));
        let error = thread.invoke(row::Input::new()).await.unwrap_err();
        assert!(matches!(error, Error::Paused { .. }), "{error}");
        let done = thread.resume().pause_before([row::Node::Second]).await.unwrap().done().unwrap();
        assert_eq!(done.ran, ["first", "second", "third"]);
    }

    async fn a_pause_after_a_node_goes_on_behind_it(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(row::Input::new()).pause_after([row::Node::First]).await.unwrap().paused().unwrap();
        assert_eq!(pause.after(), [row::Node::First]);
        assert_eq!(thread.state().await.unwrap().unwrap().next, [row::Node::Second]);
        assert!(thread.resume().pause_after([row::Node::First]).await.unwrap().done().is_some());
    }

    // 15, 17
    async fn a_pause_survives_a_restart(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        graph.thread("t").invoke(row::Input::new()).pause_before([row::Node::Second]).await.unwrap();
        drop(graph);
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        assert!(matches!(thread.invoke(row::Input::new()).await, Err(Error::Paused { .. })));
        let done = thread.resume().pause_before([row::Node::Second]).await.unwrap().done().unwrap();
        assert_eq!(done.ran, ["first", "second", "third"]);
    }

    // 17
    async fn a_question_survives_a_restart_and_is_answered_elsewhere(store) {
        let graph = Approval::graph().checkpointer(store.open().await).build();
        graph.thread("t").invoke(approval::Input::new().amount(7)).await.unwrap();
        drop(graph);
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let [approval::Question::Approve(question)] = &thread.questions().await.unwrap()[..] else { panic!("not one question") };
        assert_eq!(question.question, "pay 7?");
        let done = thread.answer(question.answer(true)).await.unwrap().done().unwrap();
        assert!(done.paid);
        assert!(thread.questions().await.unwrap().is_empty());
    }

    async fn a_new_input_does_not_answer_a_question(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(approval::Input::new().amount(7)).await.unwrap().paused().unwrap();
        let error = thread.invoke(approval::Input::new().amount(8)).await.unwrap_err();
        let Error::Paused { questions, .. } = &error else { panic!("{error}") };
        assert_eq!(questions[..], [(pause.approve().unwrap().id.clone(), "approve")]);
        assert!(error.to_string().contains("`approve`"), "{error}");
        // Nothing was changed by it, and beginning again closes the question.
        assert_eq!(thread.state().await.unwrap().unwrap().state.amount, 7);
        let again = thread.from_start(approval::Input::new().amount(8)).await.unwrap().paused().unwrap();
        assert_eq!(again.approve().unwrap().question, "pay 8?");
        let old = pause.approve().unwrap().answer(true);
        assert!(matches!(thread.answer(old).await, Err(Error::Stale { .. })));
    }

    async fn an_answer_given_twice_is_one_answer(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let first = thread.invoke(approval::Input::new().amount(7)).await.unwrap().paused().unwrap();
        let no = first.approve().unwrap().answer(false);
        let second = thread.answer(no.clone()).await.unwrap().paused().unwrap();
        assert_ne!(first.approve().unwrap().id, second.approve().unwrap().id);
        // A double click: the same answer again doesn't answer the next question of the loop.
        let still = thread.answer(no).await.unwrap().paused().unwrap();
        assert_eq!(still.approve().unwrap().id, second.approve().unwrap().id);
        let yes = first.approve().unwrap().answer(true);
        assert!(matches!(thread.answer(yes).await, Err(Error::Stale { .. })));
        let done = thread.answer(second.approve().unwrap().answer(true)).await.unwrap().done().unwrap();
        assert_eq!((done.asked, done.paid), (2, true));
    }

    async fn an_old_yes_is_not_taken_for_a_new_one(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        for _ in 0..2 {
            let pause = thread.invoke(approval::Input::new().amount(7)).await.unwrap().paused().unwrap();
            let stands = thread.state().await.unwrap().unwrap();
            assert_eq!(stands.state.approved, None);
            thread.answer(pause.approve().unwrap().answer(true)).await.unwrap();
        }
    }

    async fn answers_come_from_json_and_only_to_their_own_question(store) {
        let graph = Approval::graph().checkpointer(store.open().await).build();
        let (ours, theirs) = (graph.thread("ours"), graph.thread("theirs"));
        let pause = ours.invoke(approval::Input::new().amount(7)).await.unwrap().paused().unwrap();
        theirs.invoke(approval::Input::new().amount(7)).await.unwrap();
        let id = pause.approve().unwrap().id.clone();
        let answer = |value: &str| serde_json::from_str::<approval::Answer>(&format!(r#"{{"node":"approve","id":"{id}","value":{value}}}"#));
        assert!(answer("\"yes\"").is_err());
        assert!(matches!(theirs.answer(answer("true").unwrap()).await, Err(Error::Stale { .. })));
        assert!(ours.answer(answer("true").unwrap()).await.unwrap().done().unwrap().paid);
    }

    async fn branches_go_on_while_one_waits(store) {
        let thread = Branches::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(branches::Input::new().topic("bees")).await.unwrap().paused().unwrap();
        let stands = thread.state().await.unwrap().unwrap();
        assert_eq!(stands.state.work, ["research on bees", "write-up"]);
        assert_eq!(stands.next, [branches::Node::Consent]);
        let done = thread.answer(pause.consent().unwrap().answer(true)).await.unwrap().done().unwrap();
        assert_eq!(done.report, "research on bees + write-up / Some(true)");
    }
}
