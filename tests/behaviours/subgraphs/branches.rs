//! Behaviour 18 through graphs within graphs: on a branch each stands where it stood at the moment, whatever has come of
//! it since, and can be gone back within.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, MomentId, Query, Source, ThreadKey};

use crate::memory::{caller, caller::Caller, counter};
use graph_tests::nested::top::{self, Top};
use graph_tests::nested::{PAIR, answered, input, leaf, log, middle, process, to_the_end, yes};
use graph_tests::office::Desk;
use graph_tests::slow::Slow;
use graph_tests::store::{Store, on_every_backend};

const ASKING: (&str, &str) = ("a?", "b");

/// A thread that waits, because `one` does.
async fn waiting(store: &Store, pair: (&str, &str)) -> (Thread<Top>, Arc<Desk>, top::Pause) {
    let desk = Arc::<Desk>::default();
    let thread = process(store.open().await, &desk);
    let pause = thread.invoke(input(pair, &[])).await.unwrap();
    (thread, desk, pause.paused().unwrap())
}

/// How often each part of the work was begun.
fn times(desk: &Desk, name: &str) -> usize {
    desk.begun().iter().filter(|begun| *begun == name).count()
}

async fn writes(saver: &dyn Checkpointer, thread: &str) -> usize {
    let key = ThreadKey::new("top", thread).unwrap();
    saver.writes(&key).await.unwrap().len()
}

/// Where the middle graph in `one` stood after `dig` had asked, and before.
async fn steps_of_one(thread: &Thread<Top>) -> Vec<Moment<middle::Middle>> {
    let head = thread.state().await.unwrap().unwrap();
    let one = thread.child::<middle::Middle>(&head.children[0]).unwrap();
    one.history().await.unwrap()
}

on_every_backend! {
    async fn on_a_branch_a_waiting_graph_stands_where_it_stood(store) {
        let (thread, desk, pause) = waiting(&store, ASKING).await;
        let done = thread.answer(yes(&pause.questions()[0])).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(ASKING, &[]));
        // What if the answer had been no?
        let branch = thread.at(pause.moment()).replay().await.unwrap().paused().unwrap();
        let [question] = branch.questions() else { panic!("one question") };
        assert_ne!(question.id(), pause.questions()[0].id());
        let error = thread.answer(yes(&pause.questions()[0])).await.unwrap_err();
        assert!(matches!(error, Error::Stale { .. }), "{error}");
        let other = process(store.open().await, &desk).answer(answered(question, false)).await.unwrap();
        let other = other.done().unwrap();
        let expected: Vec<_> = done.log.iter().map(|line| line.replace(" yes", " no")).collect();
        assert_eq!(other.log, expected);
        assert_eq!(other.first.unwrap().found.unwrap().topic, "a?");
        for once in ["open a?", "look a?", "write a? yes", "write a? no", "open b", "plan it"] {
            assert_eq!(times(&desk, once), 1, "{once}: {:?}", desk.begun());
        }
        assert_eq!(writes(&*store.open().await, "t").await, 0);
    }

    async fn a_branch_shows_its_questions_before_it_is_run(store) {
        let (thread, desk, pause) = waiting(&store, ASKING).await;
        thread.answer(yes(&pause.questions()[0])).await.unwrap();
        let fork = thread.at(pause.moment()).fork(top::Values::new().log(["by hand".to_owned()])).await.unwrap();
        assert_eq!((fork.source, fork.parent), (Source::Fork, Some(pause.moment())));
        let nodes: Vec<_> = fork.children.iter().map(|child| child.node.as_str()).collect();
        assert_eq!(nodes, ["one"], "no trace of the one on the old branch");
        let open = process(store.open().await, &desk).questions().await.unwrap();
        assert_eq!(open.len(), 1);
        let begun = desk.begun().len();
        // It waits, so nothing is begun and nothing is written.
        let error = thread.at(fork.id).invoke(input(ASKING, &[])).await.unwrap_err();
        assert!(matches!(error, Error::Paused { .. }), "{error}");
        let error = thread.at(pause.moment()).invoke(input(ASKING, &[])).await.unwrap_err();
        assert!(matches!(error, Error::Paused { .. }), "{error}");
        assert_eq!(thread.state().await.unwrap().unwrap().id, fork.id);
        assert_eq!(desk.begun().len(), begun);
        let done = thread.answer(yes(&open[0])).await.unwrap().done().unwrap();
        assert_eq!(done.log.iter().filter(|line| *line == "by hand").count(), 1);
        assert_eq!(done.log.len(), log(ASKING, &[]).len() + 1, "{:?}", done.log);
    }

    async fn a_branch_of_a_branch_that_was_never_run(store) {
        let (thread, desk, pause) = waiting(&store, ("a?", "b?")).await;
        let fork = thread.at(pause.moment()).fork(top::Values::new()).await.unwrap();
        let again = thread.at(fork.id).fork(top::Values::new()).await.unwrap();
        assert_eq!(again.children.len(), 2);
        let outcome = thread.resume().await.unwrap();
        let done = to_the_end(&thread, outcome).await.unwrap();
        assert_eq!(done.log, log(("a?", "b?"), &[]));
        assert_eq!(desk.begun().len(), done.log.len(), "{:?}", desk.begun());
    }

    async fn another_thread_goes_on_with_a_copy_of_its_own(store) {
        let (thread, desk, pause) = waiting(&store, ASKING).await;
        let copied = thread.at(pause.moment()).into("u").replay().await.unwrap().paused().unwrap();
        // The first thread still waits for its own answer, and may go.
        assert_eq!(thread.questions().await.unwrap()[0].id(), pause.questions()[0].id());
        thread.reset().await.unwrap();
        let graph = graph_tests::nested::builder(&desk).checkpointer(store.open().await).build();
        let other = graph.thread("u");
        let children = other.state().await.unwrap().unwrap().children;
        let one = other.child::<middle::Middle>(&children[0]).unwrap();
        assert_eq!(one.state().await.unwrap().state.topic, "a?");
        // Where it stands, and where the call began, for the shared fields.
        let key = ThreadKey::new("top", "u").unwrap().child(&children[0].path).unwrap();
        let records = store.open().await.list(&key, &Query::default()).await.unwrap();
        assert!(records.iter().map(|record| record.source).eq([Source::Fork, Source::Input]));
        let done = other.answer(yes(&copied.questions()[0])).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(ASKING, &[]));
        assert_eq!(desk.begun().len(), done.log.len(), "{:?}", desk.begun());
    }

    async fn what_had_ended_at_the_moment_is_not_run_again(store) {
        // The first item waits, the others are done.
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let topics = ["x?", "y", "z"];
        let pause = thread.invoke(input(PAIR, &topics)).await.unwrap().paused().unwrap();
        let branch = thread.at(pause.moment()).replay().await.unwrap().paused().unwrap();
        assert_eq!(branch.questions().len(), 1);
        let done = thread.answer(yes(&branch.questions()[0])).await.unwrap().done().unwrap();
        assert_eq!(done.log, log(PAIR, &topics));
        let mut begun = desk.begun();
        begun.sort();
        begun.dedup();
        assert_eq!(begun.len(), desk.begun().len(), "{:?}", desk.begun());
    }

    async fn what_a_node_is_said_to_have_done_ends_its_graph_and_the_other_goes_along(store) {
        let (thread, desk, pause) = waiting(&store, ("a?", "b?")).await;
        let values = || top::Values::new().log(["one by hand".to_owned()]);
        let fork = thread.at(pause.moment()).fork(values()).as_node(top::Node::One).await.unwrap();
        let nodes: Vec<_> = fork.children.iter().map(|child| child.node.as_str()).collect();
        assert_eq!((nodes, &fork.next[..]), (vec!["two"], &[top::Node::Two][..]));
        let outcome = thread.resume().await.unwrap();
        let done = to_the_end(&thread, outcome).await.unwrap();
        assert_eq!((times(&desk, "close a?"), times(&desk, "close b?")), (0, 1));
        assert_eq!(times(&desk, "look b?"), 1, "it stood behind that");
        assert!(done.first.is_none() && done.second.is_some());
    }

    // Going back within.

    async fn a_graph_is_gone_back_within(store) {
        let (thread, desk, pause) = waiting(&store, ASKING).await;
        thread.answer(yes(&pause.questions()[0])).await.unwrap();
        let paused = thread.moment(pause.moment()).await.unwrap();
        let one = thread.child::<middle::Middle>(&paused.children[0]).unwrap();
        let steps = one.history().await.unwrap();
        let ran: Vec<_> = steps.iter().map(|step| step.ran.clone()).collect();
        assert_eq!(ran.last().unwrap()[..], [middle::Node::Open], "{ran:?}");
        // Once more from behind `open`, as if it had been about something else.
        let about = middle::Values::new().topic("c").set_log(vec!["opened c".to_owned()]);
        let there = one.at(steps.last().unwrap().id).values(about);
        let other = thread.at(pause.moment()).with_child(there).resume().await.unwrap().done().unwrap();
        assert_eq!(other.first.as_ref().unwrap().topic, "c");
        assert_eq!((times(&desk, "open c"), times(&desk, "look c"), times(&desk, "close c")), (0, 1, 1));
        let begun = desk.begun();
        assert_eq!(times(&desk, "open a?"), 1, "{begun:?}");
        let expected: Vec<_> = ["look c", "write c", "close c"].map(str::to_owned).to_vec();
        assert!(expected.iter().all(|line| other.log.contains(line)), "{:?}", other.log);
        // The old branch is as it was.
        assert_eq!(one.history().await.unwrap().len(), steps.len());
    }

    async fn also_from_a_moment_at_which_it_had_not_begun(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        thread.invoke(input(PAIR, &[])).await.unwrap();
        let history = thread.history().await.unwrap();
        // Newest first: finish, each, gather, one and two, plan. No moment of ours lies within `one`.
        let (ended, planned) = (&history[history.len() - 2], &history[history.len() - 1]);
        let one = thread.child::<middle::Middle>(&ended.children[0]).unwrap();
        let steps = one.history().await.unwrap();
        let dug = &steps[1];
        assert_eq!(dug.ran, [middle::Node::Dig]);
        let done = thread.at(planned.id).with_child(one.at(dug.id)).resume().await.unwrap();
        assert_eq!(done.done().unwrap().first.unwrap().topic, "a");
        assert_eq!((times(&desk, "look a"), times(&desk, "close a"), times(&desk, "close b")), (1, 2, 2));
    }

    async fn and_at_every_depth(store) {
        let (thread, desk, pause) = waiting(&store, ASKING).await;
        let paused = thread.moment(pause.moment()).await.unwrap();
        let one = thread.child::<middle::Middle>(&paused.children[0]).unwrap();
        let waits = one.state().await.unwrap();
        let dig = one.child::<leaf::Leaf>(&waits.children[0]).unwrap();
        let looked = dig.history().await.unwrap().pop().unwrap();
        assert_eq!(looked.ran, [leaf::Node::Look]);
        // It needn't ask about that.
        let calm = dig.at(looked.id).values(leaf::Values::new().topic("calm"));
        let branch = thread.at(pause.moment()).with_child(one.at(waits.id)).with_child(calm.clone());
        let outcome = branch.replay().await.unwrap();
        // The route behind `look` is the one that was taken then, so it asks, about what it knows now.
        let asked = outcome.paused().unwrap();
        let top::Question::One(question) = &asked.questions()[0] else { panic!() };
        let middle::Question::Dig(question) = &question.question;
        let leaf::Question::Confirm(confirm) = &question.question;
        assert_eq!(confirm.question, "may we look into calm");
        let done = thread.answer(yes(&asked.questions()[0])).await.unwrap().done().unwrap();
        assert_eq!(done.first.unwrap().found.unwrap().topic, "calm");
        assert_eq!((times(&desk, "look a?"), times(&desk, "write calm yes")), (1, 1));
        // One that is listed within needn't be named.
        let branch = thread.at(pause.moment()).with_child(calm).replay().await.unwrap().paused().unwrap();
        assert_eq!(branch.questions().len(), 1);
    }

    async fn where_nothing_calls_it_nothing_is_written(store) {
        let (thread, _, pause) = waiting(&store, ASKING).await;
        let history = thread.history().await.unwrap();
        let planned = history.last().unwrap().id;
        let steps = steps_of_one(&thread).await;
        let one = thread.child::<middle::Middle>(&history[0].children[0]).unwrap();
        let dig = one.child::<leaf::Leaf>(&steps[0].children[0]).unwrap();
        // `one` hasn't begun there, so nothing calls what is in it.
        let within = dig.at(dig.state().await.unwrap().id);
        let error = thread.at(planned).with_child(within).replay().await.unwrap_err();
        assert!(matches!(&error, Error::NotActive { path, .. } if path.contains("/dig@")), "{error}");
        assert!(error.to_string().contains("nothing calls `one@"), "{error}");
        let unknown = one.at(MomentId::at(graph_runtime::Timestamp::now()));
        let error = thread.at(pause.moment()).with_child(unknown).replay().await.unwrap_err();
        assert!(matches!(&error, Error::UnknownMoment { .. }), "{error}");
        thread.answer(yes(&pause.questions()[0])).await.unwrap();
        let over = thread.state().await.unwrap().unwrap().id;
        let error = thread.at(over).with_child(one.at(steps[0].id)).replay().await.unwrap_err();
        assert!(matches!(error, Error::NotActive { .. }), "{error}");
        assert_eq!(thread.state().await.unwrap().unwrap().id, over);
    }

    // Graphs that remember their calls.

    async fn memory_is_taken_back_with_the_moment(store) {
        let thread = caller(store.open().await);
        let names = to_its_end(&thread).await;
        assert_eq!(names, ["call 0", "call 1", "call 2", "call 3"]);
        // The first moment after which it had been called twice.
        let history = thread.history().await.unwrap();
        let twice = history.iter().rev().find(|moment| moment.state.rounds == 2).unwrap();
        let outcome = thread.at(twice.id).replay().await.unwrap();
        assert_eq!(answer_all(&thread, outcome).await, names, "not six");
        // And in a thread of its own.
        let other = graph(store.open().await).thread("u");
        let outcome = thread.at(twice.id).into("u").replay().await.unwrap();
        assert_eq!(answer_all(&other, outcome).await, names);
        // From before the first call it begins anew.
        let first = history.last().unwrap();
        assert!(first.state.rounds <= 1);
        let begun = thread.history().with_inputs().await.unwrap().pop().unwrap();
        let outcome = thread.at(begun.id).replay().await.unwrap();
        assert_eq!(answer_all(&thread, outcome).await, names);
    }

    async fn a_call_that_remembers_goes_on_in_its_middle(store) {
        let thread = caller(store.open().await);
        let pause = thread.invoke(caller::Input::new()).await.unwrap().paused().unwrap();
        let (moment, question) = (pause.moment(), pause.questions()[0].id().clone());
        let names = answer_all(&thread, Outcome::Paused(pause)).await;
        for into in ["t", "u"] {
            let branch = thread.at(moment).into(into).replay().await.unwrap().paused().unwrap();
            assert_ne!(branch.questions()[0].id(), question);
            let other = graph(store.open().await).thread(into);
            assert_eq!(answer_all(&other, Outcome::Paused(branch)).await, names);
        }
    }

    async fn what_is_lent_to_the_next_call_is_stored_with_it(store) {
        let thread = caller(store.open().await);
        thread.invoke(caller::Input::new()).await.unwrap().paused().unwrap();
        // Its second call waits, and is left with what it has counted. The third one is lent what we have counted.
        let outcome = thread.from_start(caller::Input::new()).await.unwrap();
        let names = answer_all(&thread, outcome).await;
        assert_eq!(names, ["call 0", "call 1", "call 1", "call 2", "call 3"]);
    }
}

fn graph(saver: Arc<dyn Checkpointer>) -> graph_runtime::Graph<Caller> {
    Caller::graph().checkpointer(saver).build()
}

fn caller(saver: Arc<dyn Checkpointer>) -> Thread<Caller> {
    graph(saver).thread("t")
}

async fn to_its_end(thread: &Thread<Caller>) -> Vec<String> {
    let outcome = thread.invoke(caller::Input::new()).await.unwrap();
    answer_all(thread, outcome).await
}

/// What the graph that remembers has been called with, in the end.
async fn answer_all(thread: &Thread<Caller>, mut outcome: Outcome<Caller>) -> Vec<String> {
    while let Outcome::Paused(pause) = outcome {
        let caller::Question::Remembering(question) = &pause.questions()[0] else {
            panic!("only the one that remembers asks")
        };
        let counter::Question::Confirm(confirm) = &**question;
        let answer = question.answer(confirm.answer(true));
        outcome = thread.answer(answer).await.unwrap();
    }
    outcome.done().unwrap().kept.unwrap().names
}

#[tokio::test]
async fn a_branch_whose_store_fails_at_any_commit_leaves_the_thread_whole() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        for commits in 0.. {
            let saver = Slow::new(0);
            let desk = Arc::<Desk>::default();
            let graph = graph_tests::nested::builder(&desk).durability(durability);
            let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
            let pause = thread
                .invoke(input(("a?", "b?"), &[]))
                .await
                .unwrap()
                .paused()
                .unwrap();
            saver.fail_after(commits);
            let replayed = thread.at(pause.moment()).replay().await;
            saver.mend();
            let over = replayed.is_ok();
            let outcome = thread.resume().await.unwrap();
            let done = to_the_end(&thread, outcome).await.unwrap();
            assert_eq!(
                done.log,
                log(("a?", "b?"), &[]),
                "{durability:?}, {commits} commits"
            );
            assert_eq!(
                desk.begun().len(),
                done.log.len(),
                "{durability:?}, {commits} commits"
            );
            if over {
                assert!(commits >= 4, "two graphs in each of two, and the branch");
                break;
            }
        }
    }
}
