//! Behaviours 18 and 19: going back to a moment and on from there, in the same thread or in another.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, MomentId, Query, Record, Source, ThreadKey};

use graph_tests::graphs::approval::{self, Approval};
use graph_tests::graphs::chat::{self, Chat};
use graph_tests::graphs::row::{self, Row};
use graph_tests::office::office::{self, Office, Question};
use graph_tests::office::{Desk, LOG, builder, input, polled, to_the_end, writes, yes};
use graph_tests::store::{Store, on_every_backend};
use graph_tests::watch::Watch;
use graph_tests::workshop;

fn say(text: &str) -> chat::Input {
    chat::Input::new().messages([text.to_owned()])
}

/// A thread's records as they are stored, oldest first.
async fn records(saver: &dyn Checkpointer, namespace: &str, thread: &str) -> Vec<Record> {
    let key = ThreadKey::new(namespace, thread).unwrap();
    let mut records = saver.list(&key, &Query::default()).await.unwrap();
    records.reverse();
    records
}

/// A thread of the office, and where its nodes report.
async fn office(store: &Store) -> (Thread<Office>, Arc<Desk>, Arc<dyn Checkpointer>) {
    let (desk, saver) = (Desk::seeded(7), store.open().await);
    let graph = builder(&desk).checkpointer(Arc::clone(&saver)).build();
    (graph.thread("t"), desk, saver)
}

/// The first moment, oldest first, after which these nodes are next.
async fn before(thread: &Thread<Office>, next: &[office::Node]) -> MomentId {
    let moments = thread.history().await.unwrap();
    let mut moments = moments.iter().rev();
    moments.find(|moment| moment.next == next).unwrap().id
}

on_every_backend! {
    // 18
    async fn a_replay_goes_on_from_its_moment_and_the_old_branch_stays(store) {
        let saver = store.open().await;
        let thread = Row::graph().checkpointer(Arc::clone(&saver)).build().thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let old = thread.history().with_inputs().await.unwrap();
        let before = records(&*saver, "row", "t").await;
        let first = &old[2];
        assert_eq!(first.ran, [row::Node::First]);

        let done = thread.at(first.id).replay().await.unwrap();
        let Outcome::Done(done) = done else { panic!() };
        assert!(done.went_on());
        assert_eq!(done.ran, ["first", "second", "third"]);
        let all = thread.history().with_inputs().await.unwrap();
        let [third, second, fork] = &all[..3] else { panic!() };
        assert_eq!((fork.parent, fork.source), (Some(first.id), Source::Fork));
        assert_eq!((fork.step, &fork.state, &fork.next), (first.step + 1, &first.state, &first.next));
        assert_eq!(fork.sequence, old[0].sequence + 1);
        assert_eq!((second.parent, third.parent), (Some(fork.id), Some(second.id)));
        assert_eq!(thread.state().await.unwrap().unwrap().id, third.id);
        // What was there before is there as it was, byte for byte.
        assert_eq!(records(&*saver, "row", "t").await[..4], before[..]);
        assert_eq!(all.len(), 7);
        for (old, again) in old.iter().zip(&all[3..]) {
            assert_eq!((old.id, &old.state, &old.next), (again.id, &again.state, &again.next));
        }
    }

    async fn the_line_is_what_leads_to_the_head(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let old = thread.history().with_inputs().await.unwrap();
        thread.at(old[2].id).replay().await.unwrap();
        let all = thread.history().with_inputs().await.unwrap();
        let ids = |moments: &[Moment<Row>]| moments.iter().map(|moment| moment.id).collect::<Vec<_>>();
        let line = thread.history().with_inputs().line().await.unwrap();
        assert_eq!(ids(&line), ids(&[&all[..3], &all[5..]].concat()));
        assert_eq!(ids(&thread.history().line().await.unwrap()), ids(&line[..4]));
        assert_eq!(ids(&thread.history().line().limit(2).await.unwrap()), ids(&line[..2]));
        assert_eq!(ids(&thread.history().line().before(line[1].id).await.unwrap()), ids(&line[2..4]));
        assert_eq!(ids(&thread.history().line_to(old[0].id).await.unwrap()), ids(&old[..3]));
        let stranger = MomentId::at(graph_runtime::Timestamp::now());
        let unknown = thread.history().line_to(stranger).await;
        assert!(matches!(unknown, Err(Error::UnknownMoment { .. })));
    }

    // 19
    async fn new_input_at_an_old_moment_makes_a_branch(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        for text in ["one", "two"] {
            thread.invoke(say(text)).await.unwrap();
        }
        let history = thread.history().await.unwrap();
        let done = thread.at(history[1].id).invoke(say("another")).await.unwrap();
        let Outcome::Done(done) = done else { panic!() };
        assert!(!done.went_on());
        assert_eq!(done.messages, ["one", "echo: one", "another", "echo: another"]);
        assert_eq!(done.turn_count, 2);
        let line = thread.history().with_inputs().line().await.unwrap();
        assert_eq!(line[1].source, Source::Input);
        assert_eq!(line[1].parent, Some(history[1].id));
        // At the head it is an input like any other.
        thread.at(line[0].id).invoke(say("and on")).await.unwrap();
        assert_eq!(thread.state().await.unwrap().unwrap().state.turn_count, 3);
        assert_eq!(thread.moment(history[0].id).await.unwrap().state.messages[2], "two");
    }

    // 18
    async fn a_fork_sets_values_and_runs_when_it_is_resumed(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let first = thread.history().await.unwrap().pop().unwrap();
        let values = || row::Values::new().ran(["by hand".to_owned()]);
        let fork = thread.at(first.id).fork(values()).metadata("who", "ada").await.unwrap();
        assert_eq!((fork.source, fork.parent), (Source::Fork, Some(first.id)));
        assert_eq!(fork.state.ran, ["first", "by hand"]);
        assert_eq!((&fork.ran[..], &fork.next[..]), (&[][..], &[row::Node::Second][..]));
        assert_eq!(fork.metadata["who"], "ada");
        assert_eq!(thread.state().await.unwrap().unwrap().id, fork.id);
        let done = thread.at(first.id).fork(values()).resume().await.unwrap();
        assert_eq!(done.done().unwrap().ran, ["first", "by hand", "second", "third"]);
    }

    async fn going_back_to_where_a_run_ended_runs_nothing_and_stands_there_again(store) {
        let thread = Chat::graph().checkpointer(store.open().await).build().thread("t");
        for text in ["one", "two"] {
            thread.invoke(say(text)).await.unwrap();
        }
        let first = thread.history().await.unwrap().pop().unwrap();
        let Outcome::Done(done) = thread.at(first.id).resume().await.unwrap() else { panic!() };
        assert!(!done.went_on());
        assert_eq!(done.turn_count, 1);
        thread.invoke(say("three")).await.unwrap();
        let state = thread.state().await.unwrap().unwrap().state;
        assert_eq!(state.messages, ["one", "echo: one", "three", "echo: three"]);
    }

    async fn where_some_items_wait_those_that_had_ended_are_run_again(store) {
        let (desk, watch) = (Arc::<Desk>::default(), Watch::new());
        let thread = workshop::thread(store.open().await, &desk, &watch, Durability::Async);
        let pause = thread.invoke(workshop::input()).await.unwrap().paused().unwrap();
        let outcome = thread.at(pause.moment()).replay().await.unwrap();
        let mut log = workshop::to_the_end(&thread, &watch, outcome).await.unwrap().log;
        let mut expected = workshop::LOG.map(str::to_owned);
        log.sort();
        expected.sort();
        assert_eq!(log, expected, "each item has its result");
    }

    async fn resume_at_the_head_keeps_what_is_finished_and_replay_drops_it(store) {
        let (thread, desk, saver) = office(&store).await;
        desk.fail(&["review"]);
        thread.invoke(input()).await.unwrap_err();
        let head = thread.state().await.unwrap().unwrap();
        assert_eq!(head.next, [office::Node::Consent, office::Node::Research, office::Node::Review]);
        assert!(!writes(&*saver).await.is_empty());
        thread.at(head.id).resume().await.unwrap_err();
        assert_eq!(desk.begun(), ["plan", "research", "review", "review"]);

        thread.at(head.id).replay().step_limit(0).await.unwrap_err();
        assert_eq!(writes(&*saver).await, []);
        thread.resume().await.unwrap_err();
        assert_eq!(desk.begun()[4..], ["research", "review"]);
        desk.fail(&[]);
        let outcome = thread.resume().await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG);
    }

    async fn questions_are_asked_anew_on_a_branch_and_old_answers_are_stale(store) {
        let (thread, _, saver) = office(&store).await;
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let at_consent = pause.moment();
        let consent = pause.consent().unwrap().clone();
        let pause = thread.answer(consent.answer(true)).await.unwrap().paused().unwrap();
        let votes: Vec<_> = pause.questions().iter().map(yes).collect();
        // One of three is answered, and lies there until the others are.
        thread.answer(votes[0].clone()).await.unwrap();
        assert_eq!(writes(&*saver).await.len(), 1);

        let again = thread.at(pause.moment()).replay().await.unwrap().paused().unwrap();
        assert_eq!(writes(&*saver).await, []);
        assert_eq!(again.questions().len(), 3);
        for (old, new) in pause.questions().iter().zip(again.questions()) {
            assert_ne!(old.id(), new.id());
        }
        for answer in votes {
            let stale = thread.answer(answer).await;
            assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
        }

        // Before the first question: what the other branch has taken is nothing here.
        let back = thread.at(at_consent).resume().await.unwrap().paused().unwrap();
        let stale = thread.answer(consent.answer(true)).await;
        assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
        let new = back.consent().unwrap();
        assert_eq!(new.question, consent.question);
        let outcome = thread.answer(new.answer(false)).await.unwrap();
        let output = to_the_end(&thread, outcome).await.unwrap();
        assert_eq!((output.consent, output.log), (Some(false), LOG.map(str::to_owned).to_vec()));
    }

    async fn an_answer_that_is_on_the_way_to_another_branch_reaches_none(store) {
        let (thread, desk, saver) = office(&store).await;
        desk.hold(&["check"]);
        let mut run = Box::pin(std::future::IntoFuture::into_future(thread.invoke(input())));
        let question = loop {
            assert!(polled(&mut run, 10).await.is_none());
            if let Some(question) = thread.questions().await.unwrap().pop() {
                break question;
            }
        };
        // It is stored, and whoever was to take it is gone.
        assert!(polled(std::future::IntoFuture::into_future(thread.answer(yes(&question))), 40).await.is_none());
        drop(run);
        desk.hold(&[]);
        let moment = question.id().activation.moment;
        let pause = thread.at(moment).replay().await.unwrap().paused().unwrap();
        assert_ne!(pause.consent().unwrap().id, question.id());
        assert_eq!(writes(&*saver).await, []);
        assert_eq!(thread.questions().await.unwrap().len(), 1);
    }

    async fn items_and_slots_come_along(store) {
        use office::Node::{Consent, Draft, Print};
        let (thread, desk, _) = office(&store).await;
        let outcome = thread.invoke(input()).await.unwrap();
        to_the_end(&thread, outcome).await.unwrap();
        for next in [&[Print][..], &[Consent, Draft], &[Consent]] {
            let moment = before(&thread, next).await;
            let outcome = thread.at(moment).replay().await.unwrap();
            assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG, "{next:?}");
        }
        // Again from there, so that what came along is stored as it should be.
        let moment = before(&thread, &[Print]).await;
        let fork = thread.at(moment).fork(office::Values::new().topic("wasps")).await.unwrap();
        desk.fail(&["print 1"]);
        thread.at(fork.id).resume().await.unwrap_err();
        desk.fail(&[]);
        let outcome = thread.resume().await.unwrap();
        let output = to_the_end(&thread, outcome).await.unwrap();
        assert_eq!((output.topic.as_str(), output.log), ("wasps", LOG.map(str::to_owned).to_vec()));
        assert_eq!(desk.most_items(), 2);
    }

    // 9 and 19
    async fn an_input_is_refused_where_somebody_has_to_answer_and_nothing_is_written(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(approval::Input::new().amount(5)).await.unwrap().paused().unwrap();
        thread.answer(pause.approve().unwrap().answer(true)).await.unwrap();
        let head = thread.state().await.unwrap().unwrap().id;
        let refused = thread.at(pause.moment()).invoke(approval::Input::new().amount(6)).await;
        assert!(matches!(refused, Err(Error::Paused { .. })), "{refused:?}");
        assert_eq!(thread.state().await.unwrap().unwrap().id, head);
    }

    async fn an_input_goes_on_with_what_is_unfinished_at_an_old_moment(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let first = thread.history().await.unwrap().pop().unwrap();
        let more = row::Input::new().ran(["more".to_owned()]);
        let Outcome::Done(done) = thread.at(first.id).invoke(more).await.unwrap() else { panic!() };
        assert!(done.went_on());
        assert_eq!(done.ran, ["first", "more", "second", "third"]);
    }

    // 18
    async fn a_branch_can_have_a_thread_of_its_own(store) {
        let saver = store.open().await;
        let graph = Row::graph().checkpointer(Arc::clone(&saver)).build();
        let thread = graph.thread("t");
        thread.invoke(row::Input::new()).await.unwrap();
        let before = records(&*saver, "row", "t").await;
        let first = thread.history().await.unwrap().pop().unwrap();

        let done = thread.at(first.id).into("replayed").replay().await.unwrap().done().unwrap();
        assert_eq!(done.ran, ["first", "second", "third"]);
        let values = row::Values::new().set_ran(vec!["by hand".to_owned()]);
        let fork = thread.at(first.id).into("forked").fork(values).await.unwrap();
        assert_eq!((fork.parent, fork.sequence, fork.step), (None, 1, first.step + 1));
        assert_eq!((fork.source, &fork.state.ran[..]), (Source::Fork, &["by hand".to_owned()][..]));
        let stored = records(&*saver, "row", "forked").await;
        assert!(stored[0].is_snapshot());
        let forked = graph.thread("forked").resume().await.unwrap().done().unwrap();
        assert_eq!(forked.ran, ["by hand", "second", "third"]);
        let input = row::Input::new().ran(["more".to_owned()]);
        let invoked = thread.at(first.id).into("invoked").invoke(input).await.unwrap().done().unwrap();
        assert_eq!(invoked.ran, ["first", "more", "second", "third"]);

        assert_eq!(records(&*saver, "row", "t").await, before);
        let taken = thread.at(first.id).into("forked").replay().await;
        assert!(matches!(taken, Err(Error::NotEmpty { .. })), "{taken:?}");
        // To itself it is what it is without `into`.
        let fork = thread.at(first.id).into("t").fork(row::Values::new()).await.unwrap();
        assert_eq!(fork.parent, Some(first.id));
    }

    async fn a_question_goes_along_to_another_thread(store) {
        let graph = Approval::graph().checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        let pause = thread.invoke(approval::Input::new().amount(5)).await.unwrap().paused().unwrap();
        let copy = thread.at(pause.moment()).into("copy").resume().await.unwrap().paused().unwrap();
        let (old, new) = (pause.approve().unwrap(), copy.approve().unwrap());
        let stale = graph.thread("copy").answer(old.answer(true)).await;
        assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
        assert!(graph.thread("copy").answer(new.answer(true)).await.unwrap().done().unwrap().paid);
        // The thread itself still waits, under its own id.
        assert!(thread.answer(old.answer(true)).await.unwrap().done().unwrap().paid);
    }

    // 14
    async fn a_moment_of_another_thread_is_unknown(store) {
        let graph = Row::graph().checkpointer(store.open().await).build();
        let (ada, bob) = (graph.thread("ada"), graph.thread("bob"));
        ada.invoke(row::Input::new()).await.unwrap();
        bob.invoke(row::Input::new()).await.unwrap();
        let of_ada = ada.state().await.unwrap().unwrap().id;
        let unknown = |result: Result<(), Error>| assert!(matches!(result, Err(Error::UnknownMoment { .. })), "{result:?}");
        unknown(bob.at(of_ada).state().await.map(drop));
        unknown(bob.at(of_ada).replay().await.map(drop));
        unknown(bob.at(of_ada).resume().await.map(drop));
        unknown(bob.at(of_ada).invoke(row::Input::new()).await.map(drop));
        unknown(bob.at(of_ada).fork(row::Values::new()).await.map(drop));
        unknown(bob.at(of_ada).into("new").replay().await.map(drop));
        assert_eq!(bob.history().await.unwrap().len(), 3);
    }

    async fn going_back_is_refused_while_the_thread_is_run(store) {
        let (thread, desk, _) = office(&store).await;
        desk.hold(&["plan"]);
        let mut run = Box::pin(std::future::IntoFuture::into_future(thread.invoke(input())));
        let moment = loop {
            assert!(polled(&mut run, 10).await.is_none());
            if let Some(moment) = thread.state().await.unwrap() {
                break moment;
            }
        };
        let busy = |result: Result<(), Error>| assert!(matches!(result, Err(Error::Busy { .. })), "{result:?}");
        busy(thread.at(moment.id).replay().await.map(drop));
        busy(thread.at(moment.id).fork(office::Values::new()).await.map(drop));
        busy(thread.update(office::Values::new()).await.map(drop));
        // Another thread is free.
        let copy = thread.at(moment.id).into("copy").fork(office::Values::new()).await.unwrap();
        assert_eq!(copy.next, [office::Node::Plan]);
    }

    async fn a_pause_of_the_old_branch_is_none_of_the_new_one(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(row::Input::new()).pause_before([row::Node::Second]).await.unwrap();
        let moment = pause.paused().unwrap().moment();
        // At the head it is paused, as ever.
        let refused = thread.at(moment).invoke(row::Input::new()).await;
        assert!(matches!(refused, Err(Error::Paused { .. })), "{refused:?}");
        let done = thread.at(moment).replay().await.unwrap().done().unwrap();
        assert_eq!(done.ran, ["first", "second", "third"]);
    }
}

#[tokio::test]
async fn votes_are_typed_on_a_branch() {
    let desk = Arc::new(Desk::default());
    let saver = Arc::new(MemorySaver::new());
    let thread = builder(&desk).checkpointer(saver).build().thread("t");
    let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
    let fork = thread.at(pause.moment()).fork(office::Values::new()).await;
    assert_eq!(fork.unwrap().next, [office::Node::Consent]);
    let questions = thread.questions().await.unwrap();
    assert!(
        matches!(&questions[..], [Question::Consent(consent)] if consent.question == "may we write on bees?")
    );
}
