//! What a run tells: to whom, in which order, in which form, and what a slow listener costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use graph_runtime::prelude::*;
use graph_runtime::{Busy, Checkpointer, Kind, Run, Running, ThreadKey};
use serde_json::json;

use graph_tests::graphs::batch::{self, Batch, Tally};
use graph_tests::graphs::row::{self, Row};
use graph_tests::office::{Desk, builder, input, polls};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

/// Three nodes of every kind that show a row of tokens side by side, and count how many there are.
#[graph(id = "tokens", emits = Token)]
mod tokens {
    use super::*;

    #[derive(Clone, Debug, PartialEq, serde::Serialize)]
    pub struct Token {
        pub word: u32,
    }

    #[state]
    pub struct Tokens {
        #[input]
        pub count: u32,
        #[reduce(sum)]
        pub shown: u32,
    }

    edges! { start -> {plain, spawned, blocked} -> last -> end; }

    #[node(writes(shown))]
    async fn plain(count: u32, run: &Run<Token>) -> u32 {
        for word in 0..count {
            run.emit(Token { word });
            tokio::task::yield_now().await;
        }
        count
    }

    #[node(spawn, writes(shown))]
    async fn spawned(count: u32, run: &Run<Token>) -> u32 {
        for word in 0..count {
            run.emit(Token { word });
            tokio::task::yield_now().await;
        }
        count
    }

    #[node(blocking, writes(shown))]
    fn blocked(count: u32, run: &Run<Token>) -> u32 {
        for word in 0..count {
            run.emit(Token { word });
        }
        count
    }

    /// All of them in one go.
    #[node]
    fn last(count: u32, run: &Run<Token>) {
        for word in 0..count {
            run.emit(Token { word });
        }
    }
}

use tokens::{Token, Tokens};

fn count(count: u32) -> tokens::Input {
    tokens::Input::new().count(count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_pass_through_in_the_order_in_which_each_node_shows_them() {
    let mut stream = Tokens::graph()
        .build()
        .stream(count(300))
        .only([Kind::Emitted]);
    let mut words = std::collections::BTreeMap::<&str, Vec<u32>>::new();
    let mut done = None;
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            Event::Emitted(emitted) => {
                let Token { word } = emitted.value;
                assert_eq!(emitted.step, if emitted.node == "last" { 3 } else { 2 });
                words.entry(emitted.node).or_default().push(word);
            }
            Event::Done(output) => done = Some(output.shown),
            other => panic!("nobody asked for {other:?}"),
        }
    }
    let expected: Vec<u32> = (0..300).collect();
    assert_eq!(words.len(), 4);
    assert!(words.values().all(|words| *words == expected));
    assert_eq!(done, Some(900));
}

fn kinds(events: &[Event<Row>]) -> Vec<Kind> {
    events.iter().map(Event::kind).collect()
}

async fn heard(thread: &Thread<Row>, only: Option<&[Kind]>) -> Vec<Event<Row>> {
    let stream = thread.stream(row::Input::new());
    let stream = match only {
        Some(only) => stream.only(only.iter().copied()),
        None => stream,
    };
    stream.map(Result::unwrap).collect().await
}

on_every_backend! {
    async fn a_listener_hears_what_it_asks_for_and_how_the_run_ends(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        for only in [Kind::Updates, Kind::Tasks, Kind::Moments, Kind::Values, Kind::Emitted] {
            let events = heard(&thread, Some(&[only])).await;
            let (last, rest) = events.split_last().unwrap();
            assert!(matches!(last, Event::Done(_)), "{only:?}");
            assert!(kinds(rest).iter().all(|kind| *kind == only), "{only:?}");
            let expected = match only {
                Kind::Updates => 3,
                Kind::Tasks => 6,
                Kind::Moments | Kind::Values => 4,
                _ => 0,
            };
            assert_eq!(rest.len(), expected, "{only:?}");
        }
        let all = kinds(&heard(&thread, None).await);
        assert!(!all.contains(&Kind::Values) && !all.contains(&Kind::Debug));
        let debug = kinds(&heard(&thread, Some(&[Kind::Debug])).await);
        assert_eq!(debug.iter().filter(|kind| **kind == Kind::Debug).count(), 4, "a record a step");
        assert!(debug.contains(&Kind::Values) && debug.contains(&Kind::Updates));
    }

    async fn an_invocation_can_say_what_is_told_too(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let stream = thread.invoke(row::Input::new()).only([Kind::Updates]).stream();
        assert_eq!(stream.count().await, 4);
    }

    async fn values_are_the_states_of_the_moments(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let events = heard(&thread, Some(&[Kind::Values])).await;
        let history = thread.history().with_inputs().await.unwrap();
        let told: Vec<_> = events.iter().filter_map(|event| match event {
            Event::Values { moment, step, state } => Some((moment.unwrap(), *step, state.ran.clone())),
            _ => None,
        }).collect();
        let stored: Vec<_> = history.into_iter().rev().map(|moment| (moment.id, moment.step, moment.state.ran)).collect();
        assert_eq!(told, stored);
    }

    async fn every_event_has_a_form_in_json(store) {
        let tally = Tally { calls: Arc::default() };
        let thread = Batch::graph().context(tally).checkpointer(store.open().await).build().thread("t");
        let items = vec!["a".to_owned(), "bad".to_owned()];
        let input = batch::Input::new().items(items).strict(true);
        let mut stream = thread.stream(input).only([Kind::Debug]);
        let (mut told, mut error) = (Vec::new(), None);
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => told.push(event.to_json().unwrap()),
                Err(failure) => error = Some(failure),
            }
        }
        assert!(matches!(error, Some(Error::Node { .. })));
        let started = told.iter().find(|event| event["event"] == "started" && event["item"] == 0).unwrap();
        let step = started["step"].as_u64().unwrap();
        assert_eq!(*started, json!({"event": "started", "node": "work", "item": 0, "step": step}));
        let failed = told.iter().find(|event| event["event"] == "failed").unwrap();
        assert_eq!((&failed["node"], &failed["item"]), (&json!("work"), &json!(1)));
        assert!(failed["error"].is_string());
        let again = batch::Input::new().strict(false);
        let stream = thread.stream(again).only([Kind::Debug]);
        let told: Vec<_> = stream.map(|event| event.unwrap().to_json().unwrap()).collect().await;
        let kept = json!({"event": "kept", "node": "work", "item": 0, "step": step + 1});
        assert!(told.contains(&kept), "{told:#?}");
        let last = told.last().unwrap();
        assert_eq!((&last["event"], &last["went_on"]), (&json!("done"), &json!(true)));
        assert_eq!(last["output"]["total"], json!(2));
        let updated = told.iter().find(|event| event["event"] == "updated").unwrap();
        assert!(updated["update"].is_object());
        for name in ["step", "values", "recorded", "finished"] {
            assert!(told.iter().any(|event| event["event"] == name), "{name}");
        }
    }

    async fn a_pause_in_json_says_what_is_asked(store) {
        let desk = Arc::<Desk>::default();
        let thread = builder(&desk).checkpointer(store.open().await).build().thread("t");
        let events: Vec<_> = thread.stream(input()).map(Result::unwrap).collect().await;
        let paused = events.last().unwrap().to_json().unwrap();
        let question = &thread.questions().await.unwrap()[0];
        assert_eq!(paused["event"], "paused");
        assert_eq!(paused["questions"][0]["node"], "consent");
        assert_eq!(paused["questions"][0]["id"], question.id().to_string());
    }

    async fn a_run_goes_on_by_itself_while_nobody_listens(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let running = thread.invoke(row::Input::new()).spawn();
        while thread.state().await.unwrap().is_none_or(|moment| !moment.next.is_empty()) {
            tokio::task::yield_now().await;
        }
        let told: Vec<_> = running.map(Result::unwrap).collect().await;
        let driven = heard(&thread, None).await;
        assert_eq!(kinds(&told), kinds(&driven), "it is the same run");
    }

    async fn a_run_of_its_own_is_cancelled_with_its_handle_unless_it_is_let_go(store) {
        let desk = Arc::<Desk>::default();
        desk.hold(&["plan"]);
        let thread = builder(&desk).checkpointer(store.open().await).build().thread("t");
        let begun = async |running: &mut Running<_>| {
            while !matches!(running.next().await.unwrap().unwrap(), Event::Started { .. }) {}
        };
        let mut running = thread.invoke(input()).spawn();
        begun(&mut running).await;
        drop(running);
        // The first one goes in its own time.
        let mut running = thread.resume().if_busy(Busy::Enqueue).spawn();
        begun(&mut running).await;
        running.detach();
        desk.hold(&[]);
        while thread.questions().await.unwrap().is_empty() {
            polls(1).await;
        }
        let plans = desk.begun().iter().filter(|name| *name == "plan").count();
        assert_eq!(plans, 2, "the first one was cancelled in it");
    }
}

#[tokio::test]
async fn an_outcome_can_be_waited_for_without_listening() {
    let graph = Row::graph().build();
    let outcome = graph.invoke(row::Input::new()).spawn().outcome().await;
    assert_eq!(outcome.unwrap().done().unwrap().ran.len(), 3);
}

#[test]
fn nothing_goes_on_by_itself_outside_of_a_runtime() {
    let mut running = Row::graph().build().invoke(row::Input::new()).spawn();
    let next = futures_util::FutureExt::now_or_never(running.next());
    assert!(matches!(next, Some(Some(Err(Error::NoRuntime { .. })))));
}

/// All that is heard of a run, counted, with what was missed.
async fn counted(mut running: Running<Tokens>) -> (u64, u64, bool) {
    let (mut events, mut missed, mut done) = (0, 0, false);
    while let Some(event) = running.next().await {
        match event.unwrap() {
            Event::Missed { count } => missed += count,
            Event::Done(_) => done = true,
            _ => events += 1,
        }
    }
    (events, missed, done)
}

// The clock stands still and jumps, so waiting takes no time.
#[tokio::test(start_paused = true)]
async fn a_slow_listener_holds_a_run_up_for_its_patience_and_then_misses_the_oldest_events() {
    let graph = Tokens::graph().build();
    let all = {
        let stream = graph.stream(count(20));
        stream.count().await as u64 - 1
    };
    let (queue, patience) = (8, Duration::from_mins(1));
    let began = tokio::time::Instant::now();
    let running = graph
        .invoke(count(20))
        .queue(queue)
        .patience(patience)
        .spawn();
    tokio::time::sleep(Duration::from_hours(1)).await;
    let (events, missed, done) = counted(running).await;
    assert!(done, "the end is never missed");
    assert_eq!((events, events + missed), (queue as u64, all));
    // One that never comes waits no longer than once.
    let impatient = graph.invoke(count(20)).queue(queue).patience(patience);
    let (waited, outcome) = {
        let began = tokio::time::Instant::now();
        let mut running = impatient.spawn();
        tokio::time::sleep(patience * 3 / 2).await;
        let over = tokio::time::Instant::now() - began;
        let mut last = None;
        while let Some(event) = running.next().await {
            last = Some(event.unwrap());
        }
        (over, last)
    };
    assert!(waited >= patience && matches!(outcome, Some(Event::Done(_))));
    assert!(tokio::time::Instant::now() - began < Duration::from_hours(2));
}

#[tokio::test]
async fn a_burst_within_a_step_is_bounded_for_a_listener_that_drives_the_run() {
    let graph = Tokens::graph().build();
    let stream = graph
        .invoke(count(1_000))
        .queue(10)
        .only([Kind::Emitted])
        .stream();
    let (mut heard, mut missed) = (0u64, 0u64);
    let mut last = None;
    let mut stream = stream;
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            Event::Emitted(emitted) => {
                heard += 1;
                last = Some((emitted.node, emitted.value.word));
            }
            Event::Missed { count } => missed += count,
            _ => {}
        }
    }
    assert_eq!(heard + missed, 4_000);
    assert!(missed >= 990, "the last node shows all at once");
    assert_eq!(
        last,
        Some(("last", 999)),
        "it is the oldest that are missed"
    );
}

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Shows what counts how often it is made.
#[graph(id = "counted", emits = Shown)]
mod counted {
    use super::{MADE, Ordering, Run};

    #[derive(serde::Serialize)]
    pub struct Shown;

    pub struct Cheap;

    impl From<Cheap> for Shown {
        fn from(_: Cheap) -> Self {
            MADE.fetch_add(1, Ordering::SeqCst);
            Self
        }
    }

    #[state]
    pub struct Counted {}

    edges! { start -> show -> end; }

    #[node]
    fn show(run: &Run<Shown>) {
        run.emit(Cheap);
    }
}

// What isn't wanted isn't made: nobody clones an update, encodes a value or keeps a state.
#[tokio::test]
async fn what_nobody_wants_is_not_even_made() {
    let graph = counted::Counted::graph().build();
    graph.invoke(counted::Input::new()).await.unwrap();
    let deaf = graph.stream(counted::Input::new()).only([Kind::Tasks]);
    assert_eq!(deaf.count().await, 3);
    assert_eq!(MADE.load(Ordering::SeqCst), 0);
    let stream = graph.stream(counted::Input::new());
    stream.for_each(|_| async {}).await;
    assert_eq!(MADE.load(Ordering::SeqCst), 1);
}

// In sync, whoever hears that something was done can rely on it: it is stored.
#[tokio::test]
async fn in_sync_what_is_told_as_done_is_stored() {
    let saver = Slow::new(7);
    let desk = Desk::seeded(3);
    let graph = builder(&desk).durability(Durability::Sync);
    let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
    let key = ThreadKey::new("office", "t").unwrap();
    let mut stream = thread.stream(input());
    let mut finished = 0;
    while let Some(event) = stream.next().await {
        if let Event::Finished { step, .. } = event.unwrap() {
            finished += 1;
            let stands = thread.state().await.unwrap().unwrap();
            let kept = saver.inner.writes(&key).await.unwrap().len();
            let in_step = stands.step + 1 == step && kept > 0;
            assert!(
                stands.step >= step || in_step,
                "step {step} of {}",
                stands.step
            );
            let done = stands.state.log.len() + kept;
            assert!(
                done >= finished,
                "{finished} were told, and {done} are stored"
            );
        }
    }
    assert_eq!(finished, 6);
}

#[tokio::test]
async fn another_context_serves_one_run_streamed_or_resumed_and_no_other() {
    let (ours, theirs) = (Arc::<Desk>::default(), Arc::<Desk>::default());
    let thread = builder(&ours)
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    theirs.fail(&["review"]);
    let borrowed = || graph_tests::office::office::Table {
        desk: Arc::clone(&theirs),
    };
    let stream = thread.invoke(input()).context(borrowed()).stream();
    let events: Vec<_> = stream.collect().await;
    assert!(matches!(
        events.last(),
        Some(Err(Error::Node { node: "review", .. }))
    ));
    assert!(ours.begun().is_empty());
    let before = theirs.begun().len();
    thread.resume().await.unwrap();
    assert!(ours.begun().contains(&"review".to_owned()));
    assert_eq!(theirs.begun().len(), before);
}
