//! History by what runs were given to remember.

use graph_runtime::prelude::*;
use serde_json::json;

use crate::journey::graph;
use crate::office::{see_through, topics};
use crate::store::{Hands, on_every_backend};

async fn run(thread: &Thread<crate::office::desk::Desk>, given: &[(&str, &str)]) {
    let mut run = thread.from_start(topics(&["wind"]));
    for (key, value) in given {
        run = run.metadata(*key, *value);
    }
    let mut outcome = run.await.unwrap();
    while let Outcome::Paused(pause) = outcome {
        let mut run = thread.answer(crate::office::answer(&pause.questions()[0], true));
        for (key, value) in given {
            run = run.metadata(*key, *value);
        }
        outcome = run.await.unwrap();
    }
}

on_every_backend! {
    async fn a_filter_lists_the_moments_whose_runs_remember_that(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        run(&thread, &[("by", "ada"), ("for", "tests")]).await;
        run(&thread, &[("by", "bob"), ("for", "tests")]).await;
        run(&thread, &[]).await;
        run(&thread, &[("by", "ada")]).await;
        let all = thread.history().await.unwrap();
        let expect = async |given: &[(&str, &str)]| {
            let mut history = thread.history();
            for (key, value) in given {
                history = history.metadata(*key, *value);
            }
            let found = history.await.unwrap();
            let matching = all.iter().filter(|moment| {
                given.iter().all(|(key, value)| moment.metadata.get(*key).is_some_and(|found| found == value))
            });
            let ids: Vec<_> = matching.map(|moment| moment.id).collect();
            assert_eq!(found.iter().map(|moment| moment.id).collect::<Vec<_>>(), ids, "{given:?}");
            ids.len()
        };
        assert!(expect(&[("by", "ada")]).await > 3);
        assert!(expect(&[("by", "ada"), ("for", "tests")]).await > 1);
        assert_eq!(expect(&[("by", "ada"), ("by", "bob")]).await, 0);
        assert_eq!(expect(&[("by", "Ada")]).await, 0);
        assert_eq!(expect(&[("by'; --", "%")]).await, 0);
        assert_eq!(expect(&[]).await, all.len());
    }

    async fn a_limit_counts_what_is_listed_however_far_back_it_lies(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        run(&thread, &[("by", "ada")]).await;
        // More than is looked through at a time.
        for _ in 0..20 {
            run(&thread, &[("by", "bob")]).await;
        }
        let whole = thread.history().metadata("by", "ada").await.unwrap();
        assert!(whole.len() >= 3);
        let two = thread.history().metadata("by", "ada").limit(2).await.unwrap();
        assert_eq!(two.iter().map(|moment| moment.id).collect::<Vec<_>>(), [whole[0].id, whole[1].id]);
        let next = thread.history().metadata("by", "ada").before(two[1].id).limit(1).await.unwrap();
        assert_eq!(next[0].id, whole[2].id);
        assert!(thread.history().metadata("by", "ada").limit(0).await.unwrap().is_empty());
        let inputs = thread.history().metadata("by", "ada").with_inputs().await.unwrap();
        assert!(inputs.len() > whole.len());
        let line = thread.history().metadata("by", "ada").line().await.unwrap();
        assert_eq!(line.len(), whole.len());
        let line = thread.history().metadata("by", "ada").line_to(whole[1].id).limit(1).await.unwrap();
        assert_eq!(line[0].id, whole[1].id);
        // After pruning, what is left of a run remembers the same.
        thread.prune(graph_runtime::Keep::last(5)).await.unwrap();
        assert_eq!(thread.history().metadata("by", "bob").await.unwrap().len(), 5);
        assert!(thread.history().metadata("by", "ada").await.unwrap().is_empty());
    }

    async fn it_is_so_without_types_too(store) {
        let desk = graph(store.open().await, &Hands::new());
        run(&desk.thread("t"), &[("by", "ada")]).await;
        let outcome = desk.thread("t").invoke(topics(&["rain"])).metadata("by", "bob").await.unwrap();
        see_through(&desk.thread("t"), outcome).await;
        let thread = desk.erased().thread("t");
        let found = thread.history().metadata("by", "ada").limit(2).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["metadata"], json!({"by": "ada"}));
    }
}
