//! What is kept beside the records, and what was answered, after pruning.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Keep, StoreError};

use crate::journey::graph;
use crate::office::{answer, see_through, topics};
use crate::picture::asked;
use crate::store::{Hands, on_every_backend};

/// One effect that may happen only once, one sub-step that is remembered, one node that fails until it is told not to.
#[graph(id = "careful")]
mod careful {
    use std::sync::atomic::{AtomicU32, Ordering};

    use graph_runtime::Run;

    #[state]
    pub struct Careful {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Outside {
        pub calls: std::sync::Arc<AtomicU32>,
        pub works: std::sync::Arc<AtomicU32>,
    }

    edges! { start -> warm -> up -> {left, right} -> end_it; end_it -> end; }

    #[node(writes(log))]
    fn warm() -> String {
        "warm".to_owned()
    }

    #[node(writes(log))]
    fn up() -> String {
        "up".to_owned()
    }

    #[node(writes(log))]
    async fn left(calls: &AtomicU32) -> String {
        format!("left {}", calls.fetch_add(1, Ordering::SeqCst))
    }

    #[node(writes(log))]
    async fn right(
        run: &Run,
        calls: &AtomicU32,
        works: &AtomicU32,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let paid = run
            .once("pay", async {
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(
                    calls.fetch_add(10, Ordering::SeqCst),
                )
            })
            .await?;
        if works.load(Ordering::SeqCst) == 0 {
            return Err("not yet".into());
        }
        Ok(format!("right {paid}"))
    }

    #[node(writes(log))]
    fn end_it() -> String {
        "end".to_owned()
    }
}

/// A failure waits at the join until a person has spoken.
#[graph(id = "mended")]
mod mended {
    use graph_runtime::Run;

    #[state]
    pub struct Mended {
        #[reduce(append)]
        pub log: Vec<String>,
        pub fine: Option<bool>,
    }

    edges! {
        start -> warm -> {fetch, look};
        look -> fine;
        {fetch, fine} -> decide -> end;
    }

    #[node(writes(log))]
    fn warm() -> String {
        "warm".to_owned()
    }

    #[node(on_error = decide)]
    fn fetch() -> Result<(), String> {
        Err("no such page".to_owned())
    }

    #[node]
    fn look() {}

    #[ask(into = fine)]
    fn fine() -> String {
        "fine?".to_owned()
    }

    #[node(writes(log))]
    fn decide(run: &Run) -> String {
        let failures = run.failures().iter().map(|failure| failure.error.clone());
        failures.collect()
    }
}

on_every_backend! {
    async fn a_failure_that_waits_is_taken_on(store) {
        let make = async || {
            let builder = mended::Mended::graph().checkpointer(store.open().await);
            builder.build().thread("t")
        };
        let thread = make().await;
        thread.invoke(mended::Input::new()).await.unwrap();
        assert!(!thread.prune(Keep::last(0)).await.unwrap().is_empty());
        let thread = make().await;
        let mended::Question::Fine(open) = &thread.questions().await.unwrap()[0];
        let outcome = thread.answer(open.answer(true)).await.unwrap();
        assert_eq!(outcome.done().unwrap().log, ["warm", "no such page"]);
    }

    /// No moment names it yet: what it did since the last one is all that there is of it.
    async fn a_call_that_was_cut_off_in_the_middle_goes_on_there(store) {
        use graph_runtime::{At, ThreadKey};
        let saver = store.open().await;
        let thread = graph(saver.clone(), &Hands::new()).thread("t");
        let cut = thread.invoke(topics(&["sun"])).step_limit(2).await;
        assert!(matches!(cut, Err(Error::Node { .. })), "{cut:?}");
        let stood = thread.state().await.unwrap().unwrap();
        assert!(stood.children.is_empty());
        let key = ThreadKey::new("desk", "t").unwrap();
        let call = saver.paths(&key).await.unwrap();
        let call = call.iter().find(|path| path.starts_with("search@")).unwrap();
        let within = key.at_path(call).unwrap();
        let before = saver.load(&within, At::Head).await.unwrap().unwrap();
        thread.prune(Keep::last(0)).await.unwrap();
        let after = saver.load(&within, At::Head).await.unwrap().unwrap();
        assert_eq!(after.head, before.head);
        assert_eq!(after.rewrites, 1, "what came before in it went");
        let outcome = thread.resume().await.unwrap();
        let output = see_through(&thread, outcome).await;
        assert_eq!(output.notes.unwrap().pages.len(), 3);
    }

    async fn what_siblings_have_finished_and_sub_steps_are_not_done_again(store) {
        use std::sync::atomic::{AtomicU32, Ordering};
        let (calls, works) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let make = async || {
            let outside = careful::Outside { calls: Arc::clone(&calls), works: Arc::clone(&works) };
            let builder = careful::Careful::graph().context(outside);
            builder.checkpointer(store.open().await).build().thread("t")
        };
        let thread = make().await;
        thread.invoke(careful::Input::new()).await.unwrap_err();
        let done = calls.load(Ordering::SeqCst);
        assert_eq!(done, 11);
        thread.prune(Keep::last(0)).await.unwrap();
        assert_eq!(thread.history().with_inputs().await.unwrap().len(), 1);
        works.store(1, Ordering::SeqCst);
        let outcome = make().await.resume().await.unwrap();
        let log = outcome.done().unwrap().log;
        assert_eq!(log.len(), 5);
        assert_eq!(calls.load(Ordering::SeqCst), done, "neither was called again");
    }

    async fn an_answer_that_waits_is_taken(store) {
        let desk = graph(store.open().await, &Hands::new());
        let thread = desk.thread("t");
        thread.invoke(topics(&["snow?", "wind"])).await.unwrap();
        let open = thread.questions().await.unwrap();
        assert_eq!(open.len(), 1);
        // Given, and no step taken.
        thread.answer(answer(&open[0], true)).step_limit(0).await.unwrap_err();
        thread.prune(Keep::last(1)).await.unwrap();
        let outcome = thread.resume().await.unwrap();
        let log = see_through(&thread, outcome).await.log;
        assert!(log.contains(&"3 pages, Some(true)".to_owned()), "{log:?}");
    }

    async fn a_question_that_is_open_stays_so_under_its_id(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        thread.invoke(topics(&["fogs", "rain"])).await.unwrap();
        let open = thread.questions().await.unwrap();
        thread.prune(Keep::last(0)).await.unwrap();
        assert_eq!(asked(&thread.questions().await.unwrap()), asked(&open));
        let outcome = thread.answer(answer(&open[0], false)).await.unwrap();
        see_through(&thread, outcome).await;
    }

    async fn an_answer_given_twice_is_one_answer_whatever_went(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        let mut outcome = thread.invoke(topics(&["snow?", "fogs", "hail", "hail?"])).await.unwrap();
        let mut given = Vec::new();
        while let Outcome::Paused(pause) = outcome {
            let question = pause.questions()[0].clone();
            given.push(question.clone());
            outcome = thread.answer(answer(&question, true)).await.unwrap();
        }
        assert!(given.len() >= 4);
        for kept in [6, 3, 1, 0] {
            thread.prune(Keep::last(kept)).await.unwrap();
            let head = thread.state().await.unwrap().unwrap().id;
            for question in &given {
                let again = thread.answer(answer(question, true)).await;
                assert!(matches!(again, Ok(Outcome::Done(_))), "{kept}: {again:?}");
                let other = thread.answer(answer(question, false)).await;
                assert!(matches!(other, Err(Error::Stale { .. })), "{other:?}");
            }
            assert_eq!(thread.state().await.unwrap().unwrap().id, head);
        }
    }

    async fn a_moment_that_went_is_unknown_and_says_so(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        let outcome = thread.invoke(topics(&["rain", "wind"])).await.unwrap();
        see_through(&thread, outcome).await;
        let oldest = thread.history().await.unwrap().pop().unwrap().id;
        thread.prune(Keep::last(1)).await.unwrap();
        let gone = thread.moment(oldest).await;
        assert!(matches!(gone, Err(Error::UnknownMoment { .. })));
        let gone = thread.at(oldest).replay().await;
        assert!(matches!(gone, Err(Error::UnknownMoment { .. })));
        let gone = thread.history().before(oldest).await;
        assert!(matches!(gone, Err(Error::UnknownMoment { .. })));
        // What is left of the line is a line.
        let line = thread.history().line().with_inputs().await.unwrap();
        assert_eq!(line.len(), thread.history().with_inputs().await.unwrap().len());
    }
}

#[tokio::test]
async fn a_store_without_upkeep_is_told_apart() {
    use async_trait::async_trait;
    use graph_runtime::{
        At, Chain, Checkpointer, Commit, MemorySaver, Page, Query, Record, ThreadKey,
    };

    /// What has only what it must have.
    #[derive(Default)]
    struct Plain(MemorySaver);

    #[async_trait]
    impl Checkpointer for Plain {
        async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
            self.0.commit(thread, commit).await
        }
        async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
            self.0.load(thread, at).await
        }
        async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
            self.0.list(thread, query).await
        }
        async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
            self.0.threads(namespace, page).await
        }
        async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
            self.0.delete(thread).await
        }
        async fn thread_of(
            &self,
            space: &str,
            user: &str,
            new: &str,
        ) -> Result<String, StoreError> {
            self.0.thread_of(space, user, new).await
        }
    }

    let thread = graph(Arc::new(Plain::default()), &Hands::new()).thread("t");
    let outcome = thread.invoke(topics(&["rain"])).await.unwrap();
    see_through(&thread, outcome).await;
    let refused = [
        thread.prune(Keep::last(1)).await.map(drop),
        thread.copy_to("u").await.map(drop),
        thread.usage().await.map(drop),
    ];
    for refused in refused {
        let unsupported = |error: &Error| {
            matches!(
                error,
                Error::Store {
                    source: StoreError::Unsupported(_),
                    ..
                }
            )
        };
        assert!(refused.as_ref().is_err_and(unsupported), "{refused:?}");
    }
}
