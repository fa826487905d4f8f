//! The moments of single runs go, and the others are what they were.

use graph_tests::office::scale;
use std::collections::{BTreeMap, HashSet};

use crate::journey::{Random, graph, travel};
use crate::office::{see_through, topics};
use crate::picture::Picture;
use crate::store::{Hands, on_every_backend};

on_every_backend! {
    async fn a_run_in_the_middle_goes_with_its_inputs(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        for subject in ["rain", "wind", "hail"] {
            let outcome = thread.invoke(topics(&[subject])).await.unwrap();
            see_through(&thread, outcome).await;
        }
        let all = thread.history().with_inputs().await.unwrap();
        let mut by_run: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for moment in &all {
            by_run.entry(moment.run.clone()).or_default().push(moment.id);
        }
        // An answer goes on under an id of its own, so there are three or more.
        let head_run = all[0].run.clone();
        let middle = all[all.len() / 2].run.clone();
        assert_ne!(middle, head_run);
        let before = Picture::of(&thread).await;
        let pruned = thread.delete_runs([middle.as_str()]).await.unwrap();
        assert!(pruned.moments >= by_run[&middle].len());
        let after = Picture::of(&thread).await;
        assert_eq!(after, before.as_far_as(&after));
        let left = thread.history().with_inputs().await.unwrap();
        assert!(left.iter().all(|moment| moment.run != middle));
        assert_eq!(left.len(), all.len() - by_run[&middle].len());
        // The line closes over the gap.
        assert_eq!(thread.history().with_inputs().line().await.unwrap().len(), left.len());
        let outcome = thread.invoke(topics(&["snow"])).await.unwrap();
        see_through(&thread, outcome).await;
    }

    async fn any_runs_may_go_and_what_stays_is_whole(store) {
        for seed in 1..=3 * scale() {
            let (clock, mut random) = (Hands::new(), Random::new(seed + 70));
            let thread = graph(store.open().await, &clock).thread(format!("t{seed}"));
            travel(&thread, &mut random, 14).await;
            let all = thread.history().with_inputs().await.unwrap();
            let runs: HashSet<_> = all.iter().map(|moment| moment.run.clone()).collect();
            let gone: HashSet<_> = runs.into_iter().filter(|_| random.below(2) == 0).collect();
            let before = Picture::of(&thread).await;
            thread.delete_runs(gone.clone()).await.unwrap();
            let after = Picture::of(&thread).await;
            assert_eq!(after, before.as_far_as(&after), "seed {seed}");
            let left = thread.history().with_inputs().await.unwrap();
            let expected = all.iter().filter(|moment| moment.id == all[0].id || !gone.contains(&moment.run));
            assert_eq!(left.len(), expected.count());
            assert!(thread.delete_runs(gone).await.unwrap().is_empty());
            travel(&thread, &mut random, 5).await;
        }
    }

    async fn the_head_stays_whosever_it_is(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        let outcome = thread.invoke(topics(&["rain"])).await.unwrap();
        see_through(&thread, outcome).await;
        let head = thread.state().await.unwrap().unwrap();
        let runs: Vec<_> = thread.history().with_inputs().await.unwrap();
        let runs: HashSet<_> = runs.into_iter().map(|moment| moment.run).collect();
        thread.delete_runs(runs).await.unwrap();
        let left = thread.history().with_inputs().await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].id, left[0].parent), (head.id, None));
        assert_eq!(left[0].state.log, head.state.log);
    }

    async fn a_run_that_nobody_knows_takes_nothing_along(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        let outcome = thread.invoke(topics(&["rain"])).await.unwrap();
        see_through(&thread, outcome).await;
        let before = Picture::of(&thread).await;
        assert!(thread.delete_runs(["nobody", ""]).await.unwrap().is_empty());
        assert!(thread.delete_runs([""; 0]).await.unwrap().is_empty());
        assert_eq!(Picture::of(&thread).await, before);
    }
}
