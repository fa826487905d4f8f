//! Asks that are open for so long, and what they come to when nobody has answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Clock, Graph, Timestamp};

use self::leave::Leave;
use self::poll::Poll;
use graph_tests::store::{Store, on_every_backend};
use graph_tests::watch::{DAY, HOUR, MINUTE, Watch};

/// A request with two questions: one falls back on what the state says, the other on nothing.
#[graph(id = "leave")]
mod leave {
    #[state]
    #[derive(Debug)]
    pub struct Leave {
        #[input]
        pub fallback: bool,
        pub approved: Option<bool>,
        pub remark: Option<String>,
        #[reduce(append)]
        pub filed: Vec<String>,
    }

    edges! {
        start -> {approve, remark};
        {approve, remark} -> file -> end;
    }

    #[ask(into = approved, within = "3d", else = state.fallback)]
    fn approve() -> String {
        "may I?".to_owned()
    }

    #[ask(into = remark, within = "1h 30m")]
    fn remark() -> String {
        "anything else?".to_owned()
    }

    #[node(writes(filed))]
    fn file(approved: Option<bool>, remark: Option<&str>) -> String {
        format!("{approved:?} {remark:?}")
    }
}

/// A vote for which everybody has a day, beside work that goes on.
#[graph(id = "poll")]
mod poll {
    use super::*;

    #[state]
    pub struct Poll {
        #[input]
        pub people: Vec<String>,
        pub votes: BTreeMap<String, bool>,
        #[input]
        pub broken: bool,
        #[input]
        pub rounds: u32,
    }

    #[context]
    pub struct Table {
        pub watch: Watch,
    }

    edges! {
        start -> {for person in &state.people { vote(person) }, work};
        work -> if state.rounds > 0 { work } else { rest };
        {vote, rest} -> count -> end;
    }

    #[ask(into = votes, within = "1d", else = { assert!(!state.broken, "no fallback"); person.len() > 3 })]
    fn vote(person: &String) -> Option<String> {
        (person != "nobody").then(|| format!("{person}?"))
    }

    /// Takes half a day.
    #[node(writes(rounds))]
    fn work(rounds: u32, watch: &Watch) -> u32 {
        watch.advance(DAY / 2);
        rounds.saturating_sub(1)
    }

    #[node]
    fn rest() {}

    #[node]
    fn count() {}
}

async fn leaves(store: &Store, watch: &Watch) -> Graph<Leave> {
    let graph = Leave::graph().clock(watch.clone());
    graph.checkpointer(store.open().await).build()
}

async fn polls(store: &Store, watch: &Watch) -> Graph<Poll> {
    let graph = Poll::graph().clock(watch.clone()).context(poll::Table {
        watch: watch.clone(),
    });
    graph.checkpointer(store.open().await).build()
}

async fn asked(thread: &Thread<Leave>) -> leave::Pause {
    let input = leave::Input::new().fallback(true);
    thread.invoke(input).await.unwrap().paused().unwrap()
}

fn people() -> poll::Input {
    let people = ["ada", "nobody", "barbara", "cy"];
    poll::Input::new().people(people.map(str::to_owned).to_vec())
}

async fn ids(graph: &Graph<Leave>, now: Timestamp) -> Vec<(String, Timestamp)> {
    let due = graph.due(now).await.unwrap();
    due.into_iter()
        .map(|(thread, at)| (thread.id().to_owned(), at))
        .collect()
}

on_every_backend! {
    async fn a_due_time_is_fixed_when_the_question_is_asked(store) {
        let watch = Watch::new();
        let graph = leaves(&store, &watch).await;
        let (hour, days) = (watch.now().saturating_add(HOUR + 30 * MINUTE), watch.now().saturating_add(3 * DAY));
        let thread = graph.thread("t");
        let pause = asked(&thread).await;
        assert_eq!(pause.due(), Some(hour));
        assert_eq!((pause.approve().unwrap().due, pause.remark().unwrap().due), (Some(days), Some(hour)));
        watch.advance(HOUR);
        // Nobody who looks, and nothing that happens on the way, makes it later.
        let again = thread.resume().await.unwrap().paused().unwrap();
        assert_eq!((again.due(), again.moment()), (Some(hour), pause.moment()));
        assert_eq!(thread.state().await.unwrap().unwrap().due, Some(hour));
        let questions = thread.questions().await.unwrap();
        let leave::Question::Approve(approve) = &questions[0] else { panic!("another order") };
        assert_eq!(approve.due, Some(days));
    }

    async fn nothing_happens_before_its_time(store) {
        let watch = Watch::new();
        let graph = leaves(&store, &watch).await;
        let thread = graph.thread("t");
        let pause = asked(&thread).await;
        watch.set(Timestamp::from_micros(pause.due().unwrap().as_micros() - 1));
        assert_eq!(ids(&graph, watch.now()).await, []);
        for outcome in [thread.wake().await, thread.resume().await] {
            let same = outcome.unwrap().paused().unwrap();
            assert_eq!((same.moment(), same.questions().len()), (pause.moment(), 2));
        }
        assert_eq!(thread.history().with_inputs().await.unwrap().len(), 2);
    }

    async fn when_the_time_has_come_the_field_stays_empty_or_takes_what_else_says(store) {
        let watch = Watch::new();
        let pause = asked(&leaves(&store, &watch).await.thread("t")).await;
        let remark = pause.remark().unwrap().answer("too late");
        watch.set(pause.due().unwrap());
        // Some other process comes by.
        let graph = leaves(&store, &watch).await;
        assert_eq!(ids(&graph, watch.now()).await, [("t".to_owned(), watch.now())]);
        let (thread, _) = graph.due(watch.now()).await.unwrap().remove(0);
        let rest = thread.wake().await.unwrap().paused().unwrap();
        let [leave::Question::Approve(approve)] = rest.questions() else { panic!("not one question") };
        assert_eq!((rest.due(), rest.remark().is_none()), (approve.due, true));
        assert!(matches!(thread.answer(remark).await, Err(Error::Stale { .. })));
        assert_eq!(ids(&graph, watch.now()).await, []);
        watch.advance(3 * DAY);
        assert_eq!(ids(&graph, watch.now()).await.len(), 1);
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.filed, ["Some(true) None"]);
        let late = approve.answer(false);
        assert!(matches!(thread.answer(late).await, Err(Error::Stale { .. })));
        assert_eq!(ids(&graph, watch.now()).await, []);
    }

    async fn an_answer_counts_until_somebody_lets_the_time_take_effect(store) {
        let watch = Watch::new();
        let thread = leaves(&store, &watch).await.thread("t");
        let pause = asked(&thread).await;
        watch.advance(4 * DAY);
        let late = pause.approve().unwrap().answer(false);
        let done = thread.answer(late).await.unwrap().done().unwrap();
        assert_eq!(done.filed, ["Some(false) None"]);
    }

    async fn a_new_input_after_its_time_finds_nobody_waiting(store) {
        let watch = Watch::new();
        let thread = leaves(&store, &watch).await.thread("t");
        asked(&thread).await;
        let error = thread.invoke(leave::Input::new()).await.unwrap_err();
        assert!(error.to_string().contains("until 2026-01-01T01:30:00.000000Z"), "{error}");
        watch.advance(4 * DAY);
        let outcome = thread.invoke(leave::Input::new().fallback(false)).await.unwrap();
        assert_eq!(outcome.done().unwrap().filed, ["Some(true) None"]);
    }

    async fn of_several_people_those_who_have_answered_keep_their_answers(store) {
        let watch = Watch::new();
        let thread = polls(&store, &watch).await.thread("t");
        let pause = thread.invoke(people().rounds(0)).await.unwrap().paused().unwrap();
        let of = |name: &str| pause.questions().iter().find_map(|question| {
            let poll::Question::Vote(vote) = question;
            (vote.question == format!("{name}?")).then(|| vote.clone())
        });
        let rest = thread.answer(of("barbara").unwrap().answer(false)).await.unwrap().paused().unwrap();
        assert_eq!((pause.questions().len(), rest.questions().len()), (3, 2));
        watch.advance(2 * DAY);
        let votes = thread.wake().await.unwrap().done().unwrap().votes;
        let expected = [("ada", false), ("barbara", false), ("cy", false)];
        assert_eq!(votes, expected.map(|(name, vote)| (name.to_owned(), vote)).into());
        assert!(matches!(thread.answer(of("cy").unwrap().answer(true)).await, Err(Error::Stale { .. })));
        // What was taken in is still known for the same.
        thread.answer(of("barbara").unwrap().answer(false)).await.unwrap().done().unwrap();
    }

    async fn time_takes_effect_while_others_work(store) {
        let watch = Watch::new();
        let thread = polls(&store, &watch).await.thread("t");
        let done = thread.invoke(people().rounds(8)).await.unwrap().done().unwrap();
        assert_eq!(done.votes.len(), 3);
        assert!(done.votes["barbara"]);
        let history = thread.history().await.unwrap();
        let voted = history.iter().rposition(|moment| moment.ran.contains(&poll::Node::Vote) && moment.step > 2).unwrap();
        assert!(history[voted].ran.contains(&poll::Node::Work), "{:?}", history[voted].ran);
        assert!(history[voted].state.rounds > 0);
    }

    async fn what_else_says_may_fail_and_nothing_is_lost(store) {
        let watch = Watch::new();
        let thread = polls(&store, &watch).await.thread("t");
        let pause = thread.invoke(people().broken(true).rounds(0)).await.unwrap().paused().unwrap();
        watch.advance(DAY);
        for _ in 0..2 {
            let error = thread.wake().await.unwrap_err();
            assert!(error.to_string().contains("node `vote` (item 0)") && error.to_string().contains("no fallback"), "{error}");
        }
        let answers = pause.questions().iter().map(|question| {
            let poll::Question::Vote(vote) = question;
            vote.answer(true)
        });
        assert_eq!(thread.answers(answers).await.unwrap().done().unwrap().votes.len(), 3);
    }

    async fn who_begins_again_is_not_woken_for_what_was(store) {
        let watch = Watch::new();
        let graph = leaves(&store, &watch).await;
        let thread = graph.thread("t");
        let old = asked(&thread).await;
        watch.advance(HOUR);
        thread.from_start(leave::Input::new()).await.unwrap();
        assert_eq!(ids(&graph, old.due().unwrap()).await, []);
        thread.reset().await.unwrap();
        watch.advance(9 * DAY);
        assert_eq!(ids(&graph, watch.now()).await, []);
    }

    async fn those_to_be_woken_come_earliest_first(store) {
        let watch = Watch::new();
        let graph = leaves(&store, &watch).await;
        for name in ["b", "c", "a"] {
            asked(&graph.thread(name)).await;
            watch.advance(MINUTE);
        }
        watch.advance(DAY);
        let names: Vec<_> = ids(&graph, watch.now()).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(names, ["b", "c", "a"]);
    }

    async fn waking_is_no_word_on_a_pause(store) {
        let watch = Watch::new();
        let thread = polls(&store, &watch).await.thread("t");
        let pause = thread.invoke(people().rounds(1)).pause_before([poll::Node::Rest]).await.unwrap().paused().unwrap();
        assert_eq!(pause.before(), [poll::Node::Rest]);
        watch.advance(DAY);
        let still = thread.wake().await.unwrap().paused().unwrap();
        assert_eq!((still.before(), still.moment()), (&[poll::Node::Rest][..], pause.moment()));
        assert!(thread.resume().await.unwrap().done().is_some());
    }
}

/// Lets somebody answer in the very moment in which the time takes effect.
struct AtTheLastMoment {
    inner: graph_runtime::MemorySaver,
    answer: std::sync::Mutex<Option<graph_runtime::Write>>,
}

#[async_trait::async_trait]
impl graph_tests::between::Between for AtTheLastMoment {
    fn inner(&self) -> &dyn graph_runtime::Checkpointer {
        &self.inner
    }

    async fn commit(
        &self,
        thread: &graph_runtime::ThreadKey,
        commit: graph_runtime::Commit,
    ) -> Result<(), graph_runtime::StoreError> {
        use graph_runtime::Checkpointer as _;
        let closing = commit.records.is_empty() && !commit.writes.is_empty();
        let answer = self.answer.lock().unwrap().take_if(|_| closing);
        if let Some(write) = answer {
            let before = graph_runtime::Commit {
                expected: commit.expected,
                writes: vec![write],
                ..graph_runtime::Commit::default()
            };
            self.inner.commit(thread, before).await?;
        }
        self.inner.commit(thread, commit).await
    }
}

// Whichever is stored first counts, and nothing of the other is left.
#[tokio::test]
async fn an_answer_and_its_time_may_come_at_once() {
    use graph_runtime::{Checkpointer as _, ThreadKey};

    for answered_late in [false, true] {
        let watch = Watch::new();
        let saver = Arc::new(graph_tests::between::Over(AtTheLastMoment {
            inner: MemorySaver::new(),
            answer: std::sync::Mutex::default(),
        }));
        let graph = Leave::graph().clock(watch.clone());
        let graph = graph.checkpointer(Arc::clone(&saver)).build();
        let thread = graph.thread("t");
        let pause = asked(&thread).await;
        let no = pause.approve().unwrap().answer(false);
        let key = ThreadKey::new("leave", "t").unwrap();
        if answered_late {
            // The answer as it would be stored: taken from another thread's answer at the same place.
            let copy = saver
                .inner
                .load(&key, graph_runtime::At::Head)
                .await
                .unwrap();
            let other = MemorySaver::new();
            let records = copy.unwrap().records;
            let commit = graph_runtime::Commit {
                expected: graph_runtime::Expect::Head(None),
                records,
                ..graph_runtime::Commit::default()
            };
            other.commit(&key, commit).await.unwrap();
            let other = Arc::new(other);
            let twin = Leave::graph().checkpointer(Arc::clone(&other)).build();
            let _ = twin.thread("t").answer(no.clone()).step_limit(0).await;
            let write = other.writes(&key).await.unwrap().remove(0);
            *saver.answer.lock().unwrap() = Some(write);
        }
        watch.advance(4 * DAY);
        let done = thread.wake().await.unwrap().done().unwrap();
        let expected = if answered_late {
            "Some(false) None"
        } else {
            "Some(true) None"
        };
        assert_eq!(done.filed, [expected]);
        assert_eq!(saver.inner.writes(&key).await.unwrap(), []);
        let again = thread.answer(no).await;
        assert_eq!(again.is_ok(), answered_late);
    }
}
