//! What nodes are given, where they run, and what becomes of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use graph_runtime::prelude::*;

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
