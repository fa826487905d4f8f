//! What pruning leaves is what it was, and the rest is gone.

use graph_runtime::{Keep, Source};
use graph_tests::office::scale;

use crate::journey::{Random, go, graph, travel};
use crate::office::{see_through, topics};
use crate::picture::{Picture, ids, replayed};
use crate::store::{DAY, Hands, on_every_backend};

on_every_backend! {
    async fn what_is_kept_looks_and_goes_on_as_before(store) {
        for seed in 1..=3 * scale() {
            let (clock, mut random) = (Hands::new(), Random::new(seed));
            let desk = graph(store.open().await, &clock);
            let thread = desk.thread(format!("t{seed}"));
            travel(&thread, &mut random, 14).await;
            let before = Picture::of(&thread).await;
            let used = thread.usage().await.unwrap();
            let mut outcomes = Vec::new();
            for id in ids(&thread).await {
                outcomes.push((id, replayed(&desk, &thread, id, "copy").await));
            }
            let kept = random.below(before.moments.len());
            let pruned = thread.prune(Keep::last(kept)).await.unwrap();
            // As a process sees it that comes later.
            let desk = graph(store.open().await, &clock);
            let thread = desk.thread(format!("t{seed}"));
            let after = Picture::of(&thread).await;
            assert_eq!(after, before.as_far_as(&after), "seed {seed}, {kept} kept");
            let left = ids(&thread).await;
            for (id, outcome) in outcomes.iter().filter(|(id, _)| left.contains(id)) {
                let anew = replayed(&desk, &thread, *id, "copy").await;
                assert_eq!(anew, *outcome, "seed {seed}, {kept} kept, from {id}");
            }
            let now = thread.usage().await.unwrap();
            assert_eq!(pruned.is_empty(), now.records == used.records);
            assert!(now.records <= used.records && now.writes <= used.writes);
            // Nothing more is to be done, and the thread goes on.
            assert!(thread.prune(Keep::last(kept)).await.unwrap().is_empty());
            assert_eq!(Picture::of(&thread).await, after);
            travel(&thread, &mut random, 6).await;
        }
    }

    async fn pruned_again_and_again_it_stays_what_it_is(store) {
        for seed in 1..=2 * scale() {
            let (clock, mut random) = (Hands::new(), Random::new(seed + 900));
            let pruned = graph(store.open().await, &clock).thread("pruned");
            let desk = graph(store.open().await, &clock);
            let mut known = Vec::new();
            for _ in 0..15 {
                go(&pruned, &mut random, &known).await;
                let before = Picture::of(&pruned).await;
                pruned.prune(Keep::last(random.below(6))).await.unwrap();
                let after = Picture::of(&pruned).await;
                assert_eq!(after, before.as_far_as(&after), "seed {seed}");
                known = ids(&pruned).await;
            }
            let outcome = pruned.from_start(topics(&["rain"])).await.unwrap();
            see_through(&pruned, outcome).await;
            desk.thread("pruned").reset().await.unwrap();
            assert_eq!(pruned.usage().await.unwrap(), graph_runtime::Usage::default());
        }
    }

    async fn the_last_moments_stay_with_the_head_and_the_inputs_before_them(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        for subject in ["rain?", "snow?", "fog?"] {
            let outcome = thread.invoke(topics(&[subject])).await.unwrap();
            see_through(&thread, outcome).await;
        }
        let all = thread.history().with_inputs().await.unwrap();
        let moments: Vec<_> = all.iter().filter(|moment| moment.source != Source::Input).collect();
        for kept in (0..=moments.len()).rev() {
            thread.prune(Keep::last(kept)).await.unwrap();
            let left = thread.history().await.unwrap();
            let expected: Vec<_> = moments.iter().take(kept.max(1)).map(|moment| moment.id).collect();
            assert_eq!(left.iter().map(|moment| moment.id).collect::<Vec<_>>(), expected);
            let before = |id| all.iter().find(|moment| moment.id == id).unwrap();
            for moment in &left {
                let parent = before(before(moment.id).parent.unwrap());
                if parent.source == Source::Input {
                    assert_eq!(moment.parent, Some(parent.id), "an input stays with its step");
                }
            }
            // The oldest one says what went; an input is the beginning of what is left, or followed by what took it.
            let whole = thread.history().with_inputs().await.unwrap();
            for moment in &whole {
                let parent = moment.parent.map(|parent| whole.iter().any(|other| other.id == parent));
                assert_ne!(parent, Some(false), "no parent is named that isn't there");
                if moment.source == Source::Input {
                    assert!(whole.iter().any(|other| other.parent == Some(moment.id)));
                }
            }
        }
    }

    async fn what_is_younger_stays(store) {
        let clock = Hands::new();
        let thread = graph(store.open().await, &clock).thread("t");
        for subject in ["rain", "wind", "hail"] {
            let outcome = thread.invoke(topics(&[subject])).await.unwrap();
            see_through(&thread, outcome).await;
            clock.turn(DAY);
        }
        let all = thread.history().await.unwrap();
        let of_age = |days: u32| {
            let young = all.iter().filter(|moment| {
                graph_runtime::Clock::now(&clock).since(moment.created_at) < DAY * days
            });
            young.count()
        };
        assert!(thread.prune(Keep::younger_than(DAY * 9)).await.unwrap().is_empty());
        thread.prune(Keep::younger_than(DAY * 3)).await.unwrap();
        assert_eq!(thread.history().await.unwrap().len(), of_age(3));
        // Either is enough.
        let few = of_age(2) + 2;
        thread.prune(Keep::last(few).and_younger_than(DAY * 2)).await.unwrap();
        assert_eq!(thread.history().await.unwrap().len(), few);
        clock.turn(DAY * 100);
        thread.prune(Keep::younger_than(DAY)).await.unwrap();
        assert_eq!(thread.history().await.unwrap().len(), 1, "the head stays");
    }

    async fn calls_that_nothing_refers_to_go_and_memory_is_cut(store) {
        let saver = store.open().await;
        let thread = graph(saver.clone(), &Hands::new()).thread("t");
        for round in 0..4 {
            let outcome = thread.invoke(topics(&["rain?", "snow?"])).await.unwrap();
            let output = see_through(&thread, outcome).await;
            assert_eq!(output.kept.unwrap().words.len(), 2 * round + 2);
        }
        let key = graph_runtime::ThreadKey::new("desk", "t").unwrap();
        let calls = saver.paths(&key).await.unwrap();
        assert_eq!(calls.len(), 9, "eight calls and what remembers them: {calls:?}");
        let used = thread.usage().await.unwrap();
        let pruned = thread.prune(Keep::last(2)).await.unwrap();
        let left = saver.paths(&key).await.unwrap();
        assert_eq!(pruned.calls, 9 - left.len());
        assert!(left.len() <= 2 && left.contains(&"remember".to_owned()), "{left:?}");
        let now = thread.usage().await.unwrap();
        assert!(now.records < used.records / 4, "{used:?} -> {now:?}");
        // What is remembered is remembered.
        let outcome = thread.invoke(topics(&["wind"])).await.unwrap();
        assert_eq!(see_through(&thread, outcome).await.kept.unwrap().words.len(), 9);
    }

    async fn a_long_thread_shrinks_to_what_is_kept(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        for _ in 0..25 {
            let outcome = thread.invoke(topics(&["wind"])).await.unwrap();
            see_through(&thread, outcome).await;
        }
        let (before, state) = (thread.usage().await.unwrap(), thread.state().await.unwrap().unwrap());
        thread.prune(Keep::last(3)).await.unwrap();
        let after = thread.usage().await.unwrap();
        assert!(after.records < 20 && after.bytes < before.bytes / 3, "{before:?} -> {after:?}");
        let now = thread.state().await.unwrap().unwrap();
        assert_eq!(now.state.log, state.state.log);
        assert_eq!((now.id, now.step, now.sequence), (state.id, state.step, state.sequence));
    }

    async fn what_was_never_run_has_nothing_to_prune(store) {
        let thread = graph(store.open().await, &Hands::new()).thread("t");
        assert!(thread.prune(Keep::last(0)).await.unwrap().is_empty());
        assert!(thread.state().await.unwrap().is_none());
    }
}
