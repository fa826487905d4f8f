//! Answers beside a run that is under way, twice, too late, and at a pause.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::{BoxFuture, Checkpointer, Commit, StoreError, ThreadKey, WriteKind};

use graph_tests::between::{Between, Over};
use graph_tests::graphs::approval::{self, Approval};
use graph_tests::office::office::{Node, Office, Question};
use graph_tests::office::{Desk, LOG, builder, input, to_the_end, writes, yes};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

fn thread(saver: &Arc<dyn Checkpointer>, desk: &Arc<Desk>) -> Thread<Office> {
    let saver = Arc::clone(saver);
    builder(desk).checkpointer(saver).build().thread("t")
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let patience = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), patience).await;
    assert!(waited.is_ok(), "never {what}");
}

on_every_backend! {
    async fn an_answer_beside_a_run_is_recorded_at_once_and_taken_along(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        desk.hold(&["draft"]);
        let run = tokio::spawn(thread.invoke(input()).into_future());
        until("drafting", async || desk.begun().contains(&"draft".to_owned())).await;
        until("asked", async || !thread.questions().await.unwrap().is_empty()).await;
        for busy in [thread.invoke(input()).await.err(), thread.resume().await.err(), thread.reset().await.err()] {
            assert!(matches!(busy, Some(Error::Busy { .. })), "{busy:?}");
        }
        let questions = thread.questions().await.unwrap();
        let Question::Consent(consent) = &questions[0] else { panic!("not the consent") };
        let answer = tokio::spawn(thread.answer(consent.answer(true)).into_future());
        until("recorded", async || !writes(&*saver).await.is_empty()).await;
        assert!(thread.questions().await.unwrap().is_empty());
        // The same once more is the same; another one comes too late, and leaves the run alone.
        let again = tokio::spawn(thread.answer(consent.answer(true)).into_future());
        let other = thread.answer(consent.answer(false)).await.unwrap_err();
        assert!(matches!(other, Error::Stale { .. }), "{other}");
        desk.hold(&[]);
        for outcome in [run.await.unwrap(), answer.await.unwrap(), again.await.unwrap()] {
            let pause = outcome.unwrap().paused().unwrap();
            assert_eq!(pause.questions().len(), 3, "the votes");
        }
        let stands = thread.state().await.unwrap().unwrap().state;
        assert_eq!((stands.consent, stands.log.len()), (Some(true), LOG.len() - 2));
        assert_eq!(desk.begun().len(), LOG.len() - 2);
        assert_eq!(writes(&*saver).await, []);
    }

    async fn an_answer_is_taken_at_the_next_step_and_not_at_the_end(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        thread.invoke(input()).step_limit(2).await.unwrap_err();
        let questions = thread.questions().await.unwrap();
        thread.answer(yes(&questions[0])).step_limit(1).await.unwrap_err();
        assert_eq!(thread.state().await.unwrap().unwrap().state.consent, Some(true));
        assert_eq!(writes(&*saver).await, []);
    }

    async fn an_input_finds_the_answer_that_a_dead_run_had_recorded(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let limited = thread.answer(yes(&pause.questions()[0])).step_limit(0).await;
        assert!(matches!(limited, Err(Error::StepLimit { .. })));
        let outcome = thread.invoke(input()).await.unwrap();
        assert_eq!(outcome.paused().unwrap().questions().len(), 3);
        // The input has a moment of its own, before anything ran on it.
        let inputs = thread.history().with_inputs().await.unwrap();
        let next: Vec<_> = inputs.iter().filter(|moment| moment.ran.is_empty()).map(|moment| moment.next.clone()).collect();
        assert_eq!(next, [vec![Node::Consent], vec![Node::Plan]]);
    }

    async fn some_of_several_answers_stand_and_none_is_changed_if_one_is_refused(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let pause = thread.answer(yes(&pause.questions()[0])).await.unwrap().paused().unwrap();
        let [Question::Vote(ada), Question::Vote(bob), Question::Vote(cleo)] = pause.questions() else { panic!("no votes") };
        thread.answer(bob.answer(true)).await.unwrap();
        let refused = thread.answers([ada.answer(true), bob.answer(false)]).await.unwrap_err();
        let Error::Stale { question, .. } = refused else { panic!("{refused}") };
        assert_eq!(question, bob.id);
        assert_eq!(thread.questions().await.unwrap().len(), 2);
        assert_eq!(writes(&*saver).await.len(), 1);
        let done = thread.answers([cleo.answer(false), ada.answer(false), bob.answer(true)]).await.unwrap();
        assert_eq!(done.done().unwrap().votes.values().collect::<Vec<_>>(), [&false, &true, &false]);
        assert_eq!(writes(&*saver).await, []);
        assert!(matches!(thread.answer(cleo.answer(true)).await, Err(Error::Stale { .. })));
        assert!(thread.answer(cleo.answer(false)).await.unwrap().done().is_some());
    }

    async fn an_answer_to_another_nodes_question_is_stale(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let id = match &pause.questions()[0] {
            Question::Consent(consent) => consent.id.clone(),
            Question::Vote(_) => panic!("not the consent"),
        };
        let forged = format!(r#"{{"node":"vote","id":"{id}","value":true}}"#);
        let forged = serde_json::from_str(&forged).unwrap();
        assert!(matches!(thread.answer(forged).await, Err(Error::Stale { .. })));
        assert_eq!(writes(&*saver).await, []);
    }

    async fn an_answer_is_known_again_after_many_steps(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let first = thread.invoke(approval::Input::new().amount(1)).await.unwrap().paused().unwrap();
        let mut pause = thread.answer(first.approve().unwrap().answer(false)).await.unwrap().paused().unwrap();
        for _ in 0..50 {
            let no = pause.approve().unwrap().answer(false);
            pause = thread.answer(no).await.unwrap().paused().unwrap();
        }
        assert!(thread.answer(first.approve().unwrap().answer(false)).await.unwrap().is_paused());
        assert!(matches!(thread.answer(first.approve().unwrap().answer(true)).await, Err(Error::Stale { .. })));
    }

    // A double click on "yes" is one yes, and no word on the pause behind it.
    async fn an_answer_does_not_go_past_a_pause(store) {
        let thread = Approval::graph().checkpointer(store.open().await).build().thread("t");
        let pause = thread.invoke(approval::Input::new().amount(7)).await.unwrap().paused().unwrap();
        let yes = pause.approve().unwrap().answer(true);
        for _ in 0..2 {
            let held = thread.answer(yes.clone()).pause_before([approval::Node::Pay]).await.unwrap().paused().unwrap();
            assert_eq!(held.before(), [approval::Node::Pay]);
        }
        let held = thread.answer(yes).await.unwrap().paused().unwrap();
        assert_eq!(held.before(), [approval::Node::Pay]);
        assert!(thread.resume().await.unwrap().done().unwrap().paid);
    }

    async fn an_answer_beside_a_pause_waits_for_it(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let thread = thread(&saver, &desk);
        let pause = thread.invoke(input()).pause_before([Node::Draft]).await.unwrap().paused().unwrap();
        assert_eq!((pause.before(), pause.questions().len()), (&[Node::Draft][..], 1));
        let pause = thread.answer(yes(&pause.questions()[0])).await.unwrap().paused().unwrap();
        assert_eq!((pause.before(), pause.questions().len()), (&[Node::Draft][..], 0));
        assert!(!desk.begun().contains(&"draft".to_owned()));
        let outcome = thread.resume().await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG);
        assert_eq!(writes(&*saver).await, []);
    }

    // One run closes the question while another answer to it is on its way.
    async fn an_answer_that_comes_too_late_is_stale_and_leaves_nothing(store) {
        for same in [true, false] {
            let desk = Arc::<Desk>::default();
            let saver = store.open().await;
            let here = thread(&saver, &desk);
            here.reset().await.unwrap();
            let pause = here.invoke(input()).await.unwrap().paused().unwrap();
            let Question::Consent(consent) = &pause.questions()[0] else { panic!("not the consent") };
            let first = here.answer(consent.answer(true)).into_future();
            let late = Ahead::of_answers(&saver, Box::pin(async { drop(first.await.unwrap()) }));
            let there = builder(&desk).checkpointer(late).build().thread("t");
            let second = there.answer(consent.answer(same)).await;
            match (same, second) {
                (true, Ok(Outcome::Paused(pause))) => assert_eq!(pause.questions().len(), 3),
                (false, Err(Error::Stale { .. })) => {}
                (_, other) => panic!("{other:?}"),
            }
            assert_eq!(here.state().await.unwrap().unwrap().state.consent, Some(true));
            assert_eq!(writes(&*saver).await, []);
        }
    }

    async fn of_two_answers_at_the_same_time_the_first_one_stands(store) {
        for same in [true, false] {
            let (saver, desk) = (store.open().await, Arc::<Desk>::default());
            let here = thread(&saver, &desk);
            here.reset().await.unwrap();
            let pause = here.invoke(input()).await.unwrap().paused().unwrap();
            let Question::Consent(consent) = &pause.questions()[0] else { panic!("not the consent") };
            let first = here.answer(consent.answer(true)).step_limit(0).into_future();
            let late = Ahead::of_answers(&saver, Box::pin(async { drop(first.await) }));
            let there = builder(&desk).checkpointer(late).build().thread("t");
            let second = there.answer(consent.answer(same)).await;
            assert_eq!(same, second.is_ok(), "{second:?}");
            here.resume().await.unwrap();
            assert_eq!(here.state().await.unwrap().unwrap().state.consent, Some(true));
        }
    }

    async fn an_answer_to_what_is_being_abandoned_leaves_nothing(store) {
        let (saver, desk) = (store.open().await, Arc::<Desk>::default());
        let here = thread(&saver, &desk);
        let pause = here.invoke(input()).await.unwrap().paused().unwrap();
        let answer = here.answer(yes(&pause.questions()[0])).step_limit(0).into_future();
        let late = Ahead::of_records(&saver, Box::pin(async { drop(answer.await) }));
        let there = builder(&desk).checkpointer(late).build().thread("t");
        let again = there.from_start(input()).await.unwrap().paused().unwrap();
        assert_eq!(again.questions().len(), 1);
        assert_eq!(writes(&*saver).await, []);
    }
}

// What the slower one finds out after the other one took over is nobody's.
#[tokio::test]
async fn of_two_handles_on_one_store_one_is_told_of_the_conflict() {
    for seed in 1..4 {
        let saver = Slow::new(3);
        let desks = [Arc::<Desk>::default(), Desk::seeded(seed)];
        let [left, right] = [&desks[0], &desks[1]].map(|desk| {
            let saver = Arc::clone(&saver);
            builder(desk).checkpointer(saver).build().thread("t")
        });
        desks[1].hold(&["research", "review"]);
        let slower = tokio::spawn(right.invoke(input()).into_future());
        until("at work", async || desks[1].begun().len() == 3).await;
        let outcome = left.resume().await.unwrap();
        // One result comes before the other one, and would be kept for it.
        desks[1].hold(&["review"]);
        tokio::time::sleep(Duration::from_millis(5)).await;
        desks[1].hold(&[]);
        let lost = slower.await.unwrap().unwrap_err();
        assert!(
            matches!(
                &lost,
                Error::Store {
                    source: StoreError::Conflict { .. },
                    ..
                }
            ),
            "{lost}"
        );
        assert!(
            lost.to_string().contains("another run wrote to it"),
            "{lost}"
        );
        assert_eq!(to_the_end(&left, outcome).await.unwrap().log, LOG);
        assert_eq!(writes(&*saver).await, []);
    }
}

/// A store on which something else happens just before the first commit of a kind.
struct Ahead {
    inner: Arc<dyn Checkpointer>,
    of_records: bool,
    due: AtomicBool,
    first: Mutex<Option<BoxFuture<'static, ()>>>,
}

impl Ahead {
    fn of_answers(inner: &Arc<dyn Checkpointer>, first: BoxFuture<'static, ()>) -> Over<Self> {
        Self::of(inner, first, false)
    }

    fn of_records(inner: &Arc<dyn Checkpointer>, first: BoxFuture<'static, ()>) -> Over<Self> {
        Self::of(inner, first, true)
    }

    fn of(
        inner: &Arc<dyn Checkpointer>,
        first: BoxFuture<'static, ()>,
        of_records: bool,
    ) -> Over<Self> {
        Over(Self {
            inner: Arc::clone(inner),
            of_records,
            due: AtomicBool::new(true),
            first: Mutex::new(Some(first)),
        })
    }
}

#[async_trait]
impl Between for Ahead {
    fn inner(&self) -> &dyn Checkpointer {
        &*self.inner
    }

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        let mut answers = commit.writes.iter();
        let wanted = if self.of_records {
            !commit.records.is_empty()
        } else {
            answers.any(|write| write.key.kind == WriteKind::Answer)
        };
        if wanted && self.due.swap(false, Ordering::SeqCst) {
            let first = self.first.lock().unwrap().take();
            if let Some(first) = first {
                first.await;
            }
        }
        self.inner.commit(thread, commit).await
    }
}
