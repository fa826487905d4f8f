//! Questions from within a node, which runs again when they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks, Graph, StateGraph};
use serde::{Deserialize, Serialize};

use self::tailor::{Input, Question, Tailor};
use graph_tests::store::{Store, on_every_backend};

/// What a tailor asks: one type for all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wish {
    Size { of: String },
    Lining,
}

impl Asks for Wish {
    /// `None` is an answer like any other.
    type Answer = Option<u32>;
}

/// A question about nothing, answered by nothing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ready;

impl Asks for Ready {
    type Answer = ();
}

/// How often nodes began, and what they are told to do.
#[derive(Default)]
pub struct Shop {
    measured: AtomicU32,
    sewn: AtomicU32,
    failing: AtomicU32,
    turned: AtomicU32,
}

#[graph(id = "tailor")]
mod tailor {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Tailor {
        #[input]
        pub customer: String,
        pub sizes: Vec<Option<u32>>,
        #[reduce(append)]
        pub work: Vec<String>,
        pub collected: bool,
    }

    #[context]
    pub struct Context {
        pub shop: Arc<Shop>,
    }

    edges! {
        start -> {measure, fetch};
        fetch -> press;
        {measure, press} -> sew -> hand_over -> end;
    }

    /// Asks one thing after the other, and turns the order around where it is told to.
    #[node(writes(sizes), asks(Wish))]
    async fn measure(
        customer: &str,
        run: &Asking<Wish>,
        shop: &Shop,
    ) -> Result<Vec<Option<u32>>, String> {
        shop.measured.fetch_add(1, Ordering::SeqCst);
        let of = customer.to_owned();
        let (size, lining) = if shop.turned.load(Ordering::SeqCst) == 0 {
            let size = size(run, of).await;
            (size, run.interrupt("lining", Wish::Lining).await)
        } else {
            let lining = run.interrupt("lining", Wish::Lining).await;
            (size(run, of).await, lining)
        };
        if shop.failing.load(Ordering::SeqCst) > 0 {
            return Err("the scissors are blunt".to_owned());
        }
        // Asked once more in the same turn, it is the same answer.
        assert_eq!(run.interrupt("lining", Wish::Lining).await, lining);
        Ok(vec![size, lining])
    }

    /// Deep in a call.
    async fn size(run: &Asking<Wish>, of: String) -> Option<u32> {
        run.interrupt("size", Wish::Size { of }).await
    }

    #[node(writes(work))]
    fn fetch() -> String {
        "fetched".to_owned()
    }

    #[node(writes(work))]
    fn press() -> String {
        "pressed".to_owned()
    }

    /// Asks two things at once, on another thread.
    #[node(spawn, writes(work), asks(Wish))]
    async fn sew(run: &Asking<Wish>, shop: &Shop) -> String {
        shop.sewn.fetch_add(1, Ordering::SeqCst);
        let buttons = run.interrupt("buttons", Wish::Lining);
        let thread = run.interrupt("thread: red/1", Wish::Lining);
        let (buttons, thread) = tokio::join!(buttons, thread);
        format!("{buttons:?} {thread:?}")
    }

    /// Asks from a task of its own, which wakes nobody here.
    #[node(writes(collected), asks(Ready))]
    async fn hand_over(run: &Asking<Ready>) -> Result<bool, tokio::task::JoinError> {
        let run = run.clone();
        let ready = tokio::spawn(async move { run.interrupt("ready", Ready).await });
        ready.await.map(|()| true)
    }
}

async fn graph(store: &Store, shop: &Arc<Shop>) -> Graph<Tailor> {
    let context = tailor::Context {
        shop: Arc::clone(shop),
    };
    let graph = Tailor::graph().context(context);
    graph.checkpointer(store.open().await).build()
}

fn ada() -> Input {
    Input::new().customer("ada")
}

fn names(pause: &tailor::Pause) -> Vec<String> {
    let name = |question: &Question| question.id().name.unwrap().to_string();
    pause.questions().iter().map(name).collect()
}

on_every_backend! {
    async fn a_node_asks_while_it_runs_and_runs_again_with_the_answer(store) {
        let shop = Arc::default();
        let thread = graph(&store, &shop).await.thread("t");
        let pause = thread.invoke(ada()).await.unwrap().paused().unwrap();
        let question = pause.measure().unwrap();
        assert_eq!((question.name(), &question.question), ("size", &Wish::Size { of: "ada".to_owned() }));
        // What doesn't depend on it has gone on.
        assert_eq!(thread.state().await.unwrap().unwrap().state.work, ["fetched", "pressed"]);
        let pause = thread.answer(question.answer(38)).await.unwrap().paused().unwrap();
        assert_eq!((names(&pause), shop.measured.load(Ordering::SeqCst)), (vec!["lining".to_owned()], 2));
        // None is an answer.
        let pause = thread.answer(pause.measure().unwrap().answer(None)).await.unwrap().paused().unwrap();
        assert_eq!(thread.state().await.unwrap().unwrap().state.sizes, [Some(38), None]);
        assert_eq!(shop.measured.load(Ordering::SeqCst), 3);
        // Two at once: it goes on when both are there.
        assert_eq!(names(&pause), ["buttons", "thread: red/1"]);
        let of = |name: &str| pause.questions().iter().find_map(|question| match question {
            Question::Sew(sew) if sew.name() == name => Some(sew.clone()),
            _ => None,
        });
        let half = thread.answer(of("thread: red/1").unwrap().answer(2)).await.unwrap().paused().unwrap();
        assert_eq!((names(&half), shop.sewn.load(Ordering::SeqCst)), (vec!["buttons".to_owned()], 1));
        let pause = thread.answer(of("buttons").unwrap().answer(6)).await.unwrap().paused().unwrap();
        assert_eq!(shop.sewn.load(Ordering::SeqCst), 2);
        // Nothing is an answer too.
        let done = thread.answer(pause.hand_over().unwrap().answer(())).await.unwrap().done().unwrap();
        assert_eq!((done.work[2].as_str(), done.collected), ("Some(6) Some(2)", true));
    }

    async fn answers_are_found_by_their_id_whatever_the_order(store) {
        let shop: Arc<Shop> = Arc::default();
        let thread = graph(&store, &shop).await.thread("t");
        let pause = thread.invoke(ada()).await.unwrap().paused().unwrap();
        shop.turned.store(1, Ordering::SeqCst);
        let pause = thread.answer(pause.measure().unwrap().answer(38)).await.unwrap().paused().unwrap();
        assert_eq!(names(&pause), ["lining"]);
        thread.answer(pause.measure().unwrap().answer(7)).await.unwrap();
        assert_eq!(thread.state().await.unwrap().unwrap().state.sizes, [Some(38), Some(7)]);
    }

    async fn answers_are_kept_over_a_failure_and_a_restart(store) {
        let shop: Arc<Shop> = Arc::default();
        let pause = graph(&store, &shop).await.thread("t").invoke(ada()).await.unwrap().paused().unwrap();
        shop.failing.store(1, Ordering::SeqCst);
        let thread = graph(&store, &shop).await.thread("t");
        let size = pause.measure().unwrap().answer(38);
        let pause = thread.answer(size.clone()).await.unwrap().paused().unwrap();
        let lining = pause.measure().unwrap().answer(7);
        let error = thread.answer(lining.clone()).await.unwrap_err();
        assert!(error.to_string().contains("blunt"), "{error}");
        // Given again in the middle of it, they are the same answers; others come too late.
        for (answer, other) in [(size, Some(1)), (lining, None)] {
            let error = thread.answer(answer.clone()).await.unwrap_err();
            assert!(error.to_string().contains("blunt"), "{error}");
            let question = serde_json::to_value(&answer).unwrap();
            let id = question["id"].as_str().unwrap().parse().unwrap();
            let other = tailor::Answer::Measure { id, value: other };
            assert!(matches!(thread.answer(other).await, Err(Error::Stale { .. })));
        }
        shop.failing.store(0, Ordering::SeqCst);
        let pause = graph(&store, &shop).await.thread("t").resume().await.unwrap().paused().unwrap();
        assert_eq!(names(&pause).len(), 2);
        assert_eq!(thread.state().await.unwrap().unwrap().state.sizes, [Some(38), Some(7)]);
    }

    async fn an_answer_is_one_when_its_turn_is_over_too(store) {
        let thread = graph(&store, &Arc::default()).await.thread("t");
        let first = thread.invoke(ada()).await.unwrap().paused().unwrap();
        let size = first.measure().unwrap();
        let second = thread.answer(size.answer(38)).await.unwrap().paused().unwrap();
        thread.answer(second.measure().unwrap().answer(7)).await.unwrap();
        assert!(thread.answer(size.answer(38)).await.unwrap().is_paused());
        for wrong in [size.answer(39), second.measure().unwrap().answer(None)] {
            assert!(matches!(thread.answer(wrong).await, Err(Error::Stale { .. })));
        }
        let moments = thread.history().await.unwrap();
        assert!(matches!(graph(&store, &Arc::default()).await.thread("other").answer(size.answer(38)).await, Err(Error::NothingToResume { .. })));
        assert_eq!(thread.history().await.unwrap().len(), moments.len());
    }

    async fn an_answer_reaches_no_question_of_another_node_thread_or_name(store) {
        let graph = graph(&store, &Arc::default()).await;
        let (ours, theirs) = (graph.thread("ours"), graph.thread("theirs"));
        let pause = ours.invoke(ada()).await.unwrap().paused().unwrap();
        theirs.invoke(ada()).await.unwrap();
        let question = pause.measure().unwrap();
        assert!(matches!(theirs.answer(question.answer(1)).await, Err(Error::Stale { .. })));
        let mut id = question.id.clone();
        let stolen = tailor::Answer::Sew { id: id.clone(), value: None };
        assert!(matches!(ours.answer(stolen).await, Err(Error::Stale { .. })));
        id.name = Some("lining".into());
        let early = tailor::Answer::Measure { id, value: None };
        assert!(matches!(ours.answer(early).await, Err(Error::Stale { .. })));
        assert_eq!(ours.questions().await.unwrap().len(), 1);
    }

    async fn a_question_goes_out_as_json_and_its_answer_comes_back(store) {
        let graph = graph(&store, &Arc::default()).await;
        let thread = graph.thread("t");
        thread.invoke(ada()).await.unwrap();
        let question = serde_json::to_value(&thread.questions().await.unwrap()[0]).unwrap();
        let id = question["id"].as_str().unwrap();
        assert_eq!(question, serde_json::json!({"node": "measure", "id": id, "question": {"Size": {"of": "ada"}}}));
        let read = |json: &str| {
            let json = serde_json::value::RawValue::from_string(json.to_owned()).unwrap();
            Tailor::read_answer(tailor::Node::Measure, id.parse().unwrap(), &json)
        };
        let error = read("\"large\"").unwrap_err();
        assert!(error.to_string().contains("expected u32"), "{error}");
        let pause = thread.answer(read("38").unwrap()).await.unwrap().paused().unwrap();
        assert_eq!(names(&pause), ["lining"]);
    }

    async fn running_again_is_no_new_beginning_to_pause_before(store) {
        let thread = graph(&store, &Arc::default()).await.thread("t");
        let before = [tailor::Node::Measure];
        let pause = thread.invoke(ada()).pause_before(before).await.unwrap().paused().unwrap();
        assert_eq!(pause.before(), before);
        let pause = thread.resume().pause_before(before).await.unwrap().paused().unwrap();
        let answer = pause.measure().unwrap().answer(38);
        let pause = thread.answer(answer).pause_before(before).await.unwrap().paused().unwrap();
        assert_eq!((names(&pause), pause.before()), (vec!["lining".to_owned()], &[][..]));
    }
}

/// A node whose question has no name.
#[graph(id = "nameless")]
mod nameless {
    use super::*;

    #[state]
    pub struct Nameless {
        #[input]
        pub name: String,
    }

    edges! { start -> ask -> end; }

    #[node(asks(Wish))]
    async fn ask(name: &str, run: &Asking<Wish>) {
        run.interrupt(name, Wish::Lining).await;
    }
}

#[tokio::test]
async fn a_question_needs_a_name_that_can_be_stored() {
    let graph = nameless::Nameless::graph().checkpointer(MemorySaver::new());
    let graph = graph.build();
    for (thread, name) in [("empty", String::new()), ("long", "x".repeat(600))] {
        let error = graph
            .thread(thread)
            .invoke(nameless::Input::new().name(name))
            .await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Node { node: "ask", .. }), "{error}");
        assert!(error.to_string().contains("question"), "{error}");
    }
}
