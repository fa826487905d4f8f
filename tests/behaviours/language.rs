//! What the forms of the language mean when they run.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use graph_runtime::prelude::*;

/// Every form of an edge, chosen by the input.
#[graph(id = "forms")]
mod forms {
    #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub enum Way {
        #[default]
        Straight,
        Both,
        Guarded(bool),
        Each(Vec<u32>),
        Nested(Option<u32>),
    }

    #[state]
    pub struct Forms {
        #[input]
        pub way: Way,
        #[input]
        pub fast: bool,
        #[scope(run)]
        pub tries: u32,
        #[scope(run)]
        #[reduce(append)]
        pub path: Vec<String>,
    }

    edges! {
        start -> pick -> match &state.way {
            Way::Straight => last,
            Way::Both => {left, right},
            Way::Guarded(_) => {left, right if state.way == Way::Guarded(true)},
            Way::Each(items) => for item in items, limit = 2 { each(item) },
            Way::Nested(inner) => match inner {
                Some(n) if *n > 10 => last,
                Some(_) => if state.fast { each_done } else { last },
                None => end,
            },
        };
        // `left` takes its time: it goes round until it may arrive.
        left -> if state.tries < 3 { again } else { meet };
        again -> left;
        {left, right} -> meet -> last;
        each | each_done -> last;
        last -> end;
    }

    #[node(writes(path))]
    fn pick() -> String {
        "pick".to_owned()
    }

    #[node(writes(path))]
    fn left() -> String {
        "left".to_owned()
    }

    #[node(writes(tries))]
    fn again(tries: u32) -> u32 {
        tries + 1
    }

    #[node(writes(path))]
    fn right() -> String {
        "right".to_owned()
    }

    #[node(writes(path))]
    fn meet() -> String {
        "meet".to_owned()
    }

    #[node(writes(path))]
    fn each(item: u32) -> String {
        format!("each {item}")
    }

    #[node(writes(path))]
    fn each_done() -> String {
        "each_done".to_owned()
    }

    #[node(writes(path))]
    fn last() -> String {
        "last".to_owned()
    }
}

use forms::{Forms, Way};

async fn path(way: Way, fast: bool) -> String {
    let graph = Forms::graph().checkpointer(MemorySaver::new()).build();
    let input = forms::Input::new().way(way).fast(fast);
    graph
        .thread("t")
        .invoke(input)
        .await
        .unwrap()
        .done()
        .unwrap()
        .path
        .join(" ")
}

#[tokio::test]
async fn every_form_of_an_edge_leads_where_it_says() {
    assert_eq!(path(Way::Straight, false).await, "pick last");
    // The join waits for `left`, however many rounds that takes.
    assert_eq!(
        path(Way::Both, false).await,
        "pick left right left left left meet last"
    );
    assert_eq!(
        path(Way::Guarded(true), false).await,
        "pick left right left left left meet last"
    );
    // Skipped, `right` fills its slot.
    assert_eq!(
        path(Way::Guarded(false), false).await,
        "pick left left left left meet last"
    );
    assert_eq!(
        path(Way::Each(vec![3, 1, 2]), false).await,
        "pick each 3 each 1 each 2 last"
    );
    assert_eq!(path(Way::Each(vec![]), false).await, "pick last");
    assert_eq!(path(Way::Nested(Some(11)), true).await, "pick last");
    assert_eq!(
        path(Way::Nested(Some(1)), true).await,
        "pick each_done last"
    );
    assert_eq!(path(Way::Nested(Some(1)), false).await, "pick last");
    assert_eq!(path(Way::Nested(None), false).await, "pick");
}

#[tokio::test]
async fn routes_can_be_called_by_themselves() {
    let graph = Forms::graph().checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("t");
    thread.invoke(forms::Input::new()).await.unwrap();
    let mut state = thread.state().await.unwrap().unwrap().state;
    state.way = Way::Both;
    assert_eq!(
        forms::Node::Pick.route(&state),
        [forms::Node::Left, forms::Node::Right]
    );
    state.way = Way::Nested(None);
    assert_eq!(forms::Node::Pick.route(&state), []);
}

/// Slots with alternatives, and a node that is both a member and the target of its own route.
#[graph(id = "slots")]
mod slots {
    #[state]
    pub struct Slots {
        #[input]
        pub short: bool,
        #[reduce(append)]
        #[scope(run)]
        pub path: Vec<String>,
    }

    edges! {
        start -> {a, c};
        a -> if state.short { x } else { b };
        {b | x, c} -> d -> end;
    }

    #[node(writes(path))]
    fn a() -> String {
        "a".to_owned()
    }
    #[node(writes(path))]
    fn b() -> String {
        "b".to_owned()
    }
    #[node(writes(path))]
    fn c() -> String {
        "c".to_owned()
    }
    #[node(writes(path))]
    fn x() -> String {
        "x".to_owned()
    }
    #[node(writes(path))]
    fn d() -> String {
        "d".to_owned()
    }
}

#[tokio::test]
async fn one_of_the_alternatives_fills_a_slot() {
    let thread = slots::Slots::graph()
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    for (short, expected) in [(true, "a c x d"), (false, "a c b d")] {
        let done = thread
            .invoke(slots::Input::new().short(short))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!(done.path.join(" "), expected);
    }
}

/// Parameters in all their forms.
#[graph(id = "forms_of_parameters")]
mod parameters {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    pub trait Voice: Send + Sync {
        fn say(&self) -> String;
    }

    pub struct Loud;

    impl Voice for Loud {
        fn say(&self) -> String {
            "LOUD".to_owned()
        }
    }

    #[state]
    pub struct Parameters {
        #[default("name".to_owned())]
        pub name: String,
        #[default(vec![1, 2])]
        pub list: Vec<u32>,
        #[default(PathBuf::from("/tmp"))]
        pub place: PathBuf,
        #[default(Some("maybe".to_owned()))]
        pub maybe: Option<String>,
        #[default(Some(7))]
        pub number: Option<u32>,
        pub map: BTreeMap<String, u32>,
        pub seen: String,
    }

    #[context]
    pub struct Tools {
        pub shared: Arc<String>,
        pub voice: Arc<dyn Voice>,
        pub boxed: Box<dyn Voice>,
        pub plain: Loud,
        pub count: u32,
    }

    edges! { start -> look -> look_again -> end; }

    #[expect(clippy::too_many_arguments)]
    #[node(writes(seen))]
    fn look(
        name: &str,
        list: &[u32],
        place: &Path,
        maybe: Option<&str>,
        number: Option<&u32>,
        map: &BTreeMap<String, u32>,
        shared: &String,
        voice: &dyn Voice,
        boxed: &dyn Voice,
        plain: &dyn Voice,
        count: u32,
    ) -> String {
        format!(
            "{name} {list:?} {} {maybe:?} {number:?} {map:?} {shared} {} {} {} {count}",
            place.display(),
            voice.say(),
            boxed.say(),
            plain.say()
        )
    }

    #[node(writes(seen))]
    async fn look_again(
        state: &Parameters,
        run: &graph_runtime::Run,
        seen: String,
        number: Option<u32>,
    ) -> String {
        assert_eq!(state.seen, seen);
        format!("{seen} | {} in step {} {number:?}", run.node(), run.step())
    }
}

#[tokio::test]
async fn parameters_are_found_by_name_in_all_their_forms() {
    use parameters::{Loud, Parameters, Tools};
    let tools = |count| Tools {
        shared: Arc::new("shared".to_owned()),
        voice: Arc::new(Loud),
        boxed: Box::new(Loud),
        plain: Loud,
        count,
    };
    let graph = Parameters::graph()
        .context(tools(1))
        .checkpointer(MemorySaver::new())
        .build();
    let done = graph
        .thread("t")
        .invoke(parameters::Input::new())
        .await
        .unwrap()
        .done()
        .unwrap();
    let expected = "name [1, 2] /tmp Some(\"maybe\") Some(7) {} shared LOUD LOUD LOUD 1 | look_again in step 3 Some(7)";
    assert_eq!(done.seen, expected);
    // Another context for one run.
    let done = graph
        .thread("u")
        .invoke(parameters::Input::new())
        .context(tools(2))
        .await
        .unwrap()
        .done()
        .unwrap();
    assert!(done.seen.contains("LOUD 2 |"), "{}", done.seen);
}

/// An ask for each item, answered in any order.
#[graph(id = "votes")]
mod votes {
    use std::collections::BTreeMap;

    #[state]
    pub struct Votes {
        #[input]
        pub people: Vec<String>,
        pub votes: BTreeMap<String, bool>,
        pub passed: bool,
    }

    edges! {
        start -> for person in &state.people { vote(person) };
        vote -> count -> end;
    }

    #[ask(into = votes)]
    fn vote(person: &String) -> Option<String> {
        (person != "nobody").then(|| format!("{person}, for or against?"))
    }

    #[node(writes(passed))]
    fn count(votes: &BTreeMap<String, bool>) -> bool {
        votes.values().filter(|vote| **vote).count() * 2 > votes.len()
    }
}

#[tokio::test]
async fn an_ask_for_each_item_waits_for_all_answers() {
    use votes::{Input, Question, Votes};
    let thread = Votes::graph()
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    let people = ["ada", "nobody", "bob", "cleo"].map(str::to_owned);
    let pause = thread
        .invoke(Input::new().people(people.to_vec()))
        .await
        .unwrap()
        .paused()
        .unwrap();
    let asked: Vec<_> = pause
        .questions()
        .iter()
        .map(|Question::Vote(vote)| vote.question.clone())
        .collect();
    assert_eq!(
        asked,
        [
            "ada, for or against?",
            "bob, for or against?",
            "cleo, for or against?"
        ]
    );
    let answer = |place: usize, yes| {
        let Question::Vote(vote) = &pause.questions()[place];
        vote.answer(yes)
    };
    let still = thread
        .answer(answer(2, true))
        .await
        .unwrap()
        .paused()
        .unwrap();
    assert_eq!(still.questions().len(), 2);
    let done = thread
        .answers([answer(0, true), answer(1, false)])
        .await
        .unwrap()
        .done()
        .unwrap();
    let votes: Vec<_> = done
        .votes
        .iter()
        .map(|(person, vote)| (person.as_str(), *vote))
        .collect();
    assert_eq!(votes, [("ada", true), ("bob", false), ("cleo", true)]);
    assert!(done.passed);
}

/// Nodes on other threads, and how many of a batch run at once.
#[graph(id = "threads")]
mod threads {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[derive(Default)]
    pub struct Gauge {
        pub now: AtomicUsize,
        pub most: AtomicUsize,
    }

    #[state]
    pub struct Threads {
        #[input]
        pub items: u32,
        #[reduce(append)]
        #[scope(run)]
        pub names: Vec<String>,
    }

    #[context]
    pub struct Shared {
        pub gauge: Arc<Gauge>,
    }

    edges! {
        start -> {spawned, blocked} -> gather;
        gather -> for item in 0..state.items, limit = 3 { measured(item) };
        measured -> end;
    }

    #[node(writes(names), spawn)]
    async fn spawned(names: &[String]) -> String {
        tokio::task::yield_now().await;
        format!("spawned after {}", names.len())
    }

    #[node(writes(names), blocking)]
    fn blocked(names: &[String]) -> String {
        std::thread::sleep(Duration::from_millis(1));
        format!("blocked after {}", names.len())
    }

    #[node]
    fn gather() {}

    #[node]
    async fn measured(item: u32, gauge: &Arc<Gauge>) {
        let now = gauge.now.fetch_add(1, Ordering::SeqCst) + 1;
        gauge.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(u64::from(item % 3))).await;
        gauge.now.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_run_on_other_threads_and_a_limit_is_kept() {
    let gauge = Arc::new(threads::Gauge::default());
    let graph = threads::Threads::graph()
        .context(threads::Shared {
            gauge: Arc::clone(&gauge),
        })
        .build();
    let done = graph
        .invoke(threads::Input::new().items(20))
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.names, ["spawned after 0", "blocked after 0"]);
    assert_eq!(gauge.most.load(Ordering::SeqCst), 3);
}

/// What is given in, what is seen outside, and what a run forgets.
#[graph(id = "narrow")]
mod narrow {
    #[state]
    pub struct Narrow {
        #[input(required)]
        pub question: String,
        #[input(required)]
        #[reduce(append)]
        pub log: Vec<String>,
        #[scope(run)]
        #[default(10)]
        pub budget: u32,
        #[output]
        pub answer: String,
    }

    edges! { start -> answer_it -> end; }

    #[node(writes(answer, budget))]
    fn answer_it(question: &str, log: &[String], budget: u32) -> (String, u32) {
        (
            format!("{question} after {} at {budget}", log.len()),
            budget - 1,
        )
    }
}

#[tokio::test]
async fn inputs_and_outputs_are_as_narrow_as_they_are_declared() {
    let thread = narrow::Narrow::graph()
        .checkpointer(MemorySaver::new())
        .build()
        .thread("t");
    for turn in 1..=2 {
        let input = narrow::Input::new("why?", ["said".to_owned()]);
        let narrow::Output { answer } = thread.invoke(input).await.unwrap().done().unwrap();
        assert_eq!(answer, format!("why? after {turn} at 10"));
    }
}

/// A panic in a node, in a route, and in the tasks of a batch.
#[graph(id = "panics")]
mod panics {
    #[state]
    pub struct Panics {
        #[input]
        pub at: String,
        #[reduce(append)]
        pub path: Vec<String>,
    }

    edges! {
        start -> node -> if route(&state.at) { last } else { end };
        last -> end;
    }

    fn route(at: &str) -> bool {
        assert_ne!(at, "route", "the route is torn");
        true
    }

    #[node(writes(path))]
    async fn node(at: &str) -> String {
        assert_ne!(at, "node", "the node is torn");
        "node".to_owned()
    }

    #[node(writes(path), spawn)]
    async fn last(at: String) -> String {
        assert_ne!(at, "thread", "the thread is torn");
        "last".to_owned()
    }
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_step_before_it_stands() {
    for (at, text, kept) in [
        (
            "node",
            "node `node` failed in step 2 of thread `node` of graph `panics`: panicked:",
            0,
        ),
        (
            "route",
            "the route after `node` of thread `route` of graph `panics` panicked",
            0,
        ),
        (
            "thread",
            "node `last` failed in step 3 of thread `thread` of graph `panics`: panicked:",
            1,
        ),
    ] {
        let thread = panics::Panics::graph()
            .checkpointer(MemorySaver::new())
            .build()
            .thread(at);
        let error = thread
            .invoke(panics::Input::new().at(at))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(text) && error.contains("is torn"), "{error}");
        assert_eq!(
            thread.state().await.unwrap().unwrap().state.path.len(),
            kept
        );
        // A router that failed after its node wrote is not skipped when the run goes on.
        let done = thread
            .invoke(panics::Input::new().at("nowhere"))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!(done.path, ["node", "last"]);
    }
}

/// A plain future that isn't ready at once and counts how often it was begun, to see what is begun together.
#[graph(id = "together")]
mod together {
    use std::sync::Arc;

    use tokio::sync::Barrier;

    #[state]
    pub struct Together {
        #[reduce(sum)]
        pub met: u32,
    }

    #[context]
    pub struct Meeting {
        pub barrier: Arc<Barrier>,
    }

    edges! { start -> {one, two, three} -> over -> end; }

    #[node(writes(met))]
    async fn one(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node(writes(met))]
    async fn two(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node(writes(met))]
    async fn three(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node]
    fn over() {}
}

#[tokio::test]
async fn parallel_branches_really_run_together() {
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let graph = together::Together::graph()
        .context(together::Meeting { barrier })
        .build();
    let run = graph.invoke(together::Input::new()).into_future();
    // One after the other they would wait for each other for ever.
    let done = tokio::time::timeout(Duration::from_secs(10), run)
        .await
        .unwrap()
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.met, 3);
}
