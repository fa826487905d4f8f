//! A copy stands where the original stands, and goes its own way from there.

use graph_runtime::prelude::*;
use graph_runtime::{Keep, Usage};
use graph_tests::office::scale;

use crate::journey::{Random, graph, travel};
use crate::office::{answer, see_through, topics};
use crate::picture::{Picture, asked, ids, replayed};
use crate::store::{Hands, on_every_backend};

on_every_backend! {
    async fn a_copy_is_the_same_thread_under_another_name(store) {
        for seed in 1..=3 * scale() {
            let (clock, mut random) = (Hands::new(), Random::new(seed + 300));
            let desk = graph(store.open().await, &clock);
            let thread = desk.thread(format!("t{seed}"));
            travel(&thread, &mut random, 12).await;
            if random.below(2) == 0 {
                thread.prune(Keep::last(4)).await.unwrap();
            }
            let before = Picture::of(&thread).await;
            let copy = thread.copy_to(format!("copy {seed}")).await.unwrap();
            assert_eq!(copy.id(), format!("copy {seed}"));
            let copied = graph(store.open().await, &clock).thread(copy.id());
            assert_eq!(Picture::of(&copied).await, before);
            let (one, other) = (thread.usage().await.unwrap(), copied.usage().await.unwrap());
            assert_eq!(
                (one.records, one.writes, one.bytes),
                (other.records, other.writes, other.bytes)
            );
            // What comes of the one is nothing to the other.
            let id = ids(&copied).await[0];
            let outcome = replayed(&desk, &thread, id, "elsewhere").await;
            travel(&thread, &mut random, 4).await;
            thread.prune(Keep::last(0)).await.unwrap();
            thread.reset().await.unwrap();
            assert_eq!(Picture::of(&copied).await, before);
            assert_eq!(replayed(&desk, &copied, id, "elsewhere").await, outcome);
            travel(&copied, &mut random, 5).await;
        }
    }

    async fn what_is_open_is_answered_on_each_by_itself(store) {
        let desk = graph(store.open().await, &Hands::new());
        let thread = desk.thread("t");
        thread.invoke(topics(&["snow?"])).await.unwrap();
        let open = thread.questions().await.unwrap();
        let copy = thread.copy_to("copy").await.unwrap();
        assert_eq!(asked(&copy.questions().await.unwrap()), asked(&open));
        let yes = thread.answer(answer(&open[0], true)).await.unwrap();
        assert_eq!(asked(&copy.questions().await.unwrap()), asked(&open));
        let no = copy.answer(answer(&open[0], false)).await.unwrap();
        let (yes, no) = (see_through(&thread, yes).await, see_through(&copy, no).await);
        assert_eq!(yes.notes.unwrap().approved, Some(true));
        assert_eq!(no.notes.unwrap().approved, Some(false));
    }

    async fn answers_that_were_not_taken_and_finished_siblings_go_along(store) {
        let desk = graph(store.open().await, &Hands::new());
        let thread = desk.thread("t");
        thread.invoke(topics(&["snow?"])).await.unwrap();
        let open = thread.questions().await.unwrap();
        thread.answer(answer(&open[0], true)).step_limit(0).await.unwrap_err();
        let used = thread.usage().await.unwrap();
        assert!(used.writes > 0);
        let copy = thread.copy_to("copy").await.unwrap();
        assert_eq!(copy.usage().await.unwrap().writes, used.writes);
        let outcome = copy.resume().await.unwrap();
        let output = see_through(&copy, outcome).await;
        assert_eq!(output.notes.unwrap().approved, Some(true));
    }

    async fn only_a_thread_without_moments_takes_a_copy(store) {
        let desk = graph(store.open().await, &Hands::new());
        let (one, other) = (desk.thread("one"), desk.thread("other"));
        let nothing = one.copy_to("other").await;
        assert!(matches!(nothing, Err(Error::NothingToResume { .. })), "{nothing:?}");
        for thread in [&one, &other] {
            let outcome = thread.invoke(topics(&["rain"])).await.unwrap();
            see_through(thread, outcome).await;
        }
        let before = Picture::of(&other).await;
        for name in ["other", "one"] {
            let refused = one.copy_to(name).await;
            assert!(matches!(refused, Err(Error::NotEmpty { .. })), "{refused:?}");
        }
        assert_eq!(Picture::of(&other).await, before);
        // An id that can't be one is no thread.
        assert!(matches!(one.copy_to("").await, Err(Error::InvalidId(_))));
    }

    async fn a_user_who_leads_to_the_other_thread_is_left(store) {
        let desk = graph(store.open().await, &Hands::new());
        let mine = desk.thread_of("ada").await.unwrap();
        let thread = desk.thread("t");
        let outcome = thread.invoke(topics(&["rain"])).await.unwrap();
        see_through(&thread, outcome).await;
        thread.copy_to(mine.id()).await.unwrap();
        assert_eq!(desk.thread_of("ada").await.unwrap().id(), mine.id());
        assert_eq!(Picture::of(&mine).await, Picture::of(&thread).await);
        mine.reset().await.unwrap();
        assert_eq!(mine.usage().await.unwrap(), Usage::default());
        assert_ne!(desk.thread_of("ada").await.unwrap().id(), mine.id());
    }

    async fn it_is_so_without_types_too(store) {
        let desk = graph(store.open().await, &Hands::new());
        let thread = desk.thread("t");
        let outcome = thread.invoke(topics(&["rain", "snow?"])).await.unwrap();
        see_through(&thread, outcome).await;
        let erased = desk.erased().thread("t");
        let copy = erased.copy_to("copy").await.unwrap();
        assert_eq!(copy.state().await.unwrap(), erased.state().await.unwrap());
        assert_eq!(copy.usage().await.unwrap().records, erased.usage().await.unwrap().records);
        assert!(!copy.prune(Keep::last(1)).await.unwrap().is_empty());
        assert_eq!(copy.history().await.unwrap().len(), 1);
        let run = erased.history().await.unwrap().pop().unwrap()["run"].clone();
        let pruned = erased.delete_runs([run.as_str().unwrap()]).await.unwrap();
        assert!(!pruned.is_empty());
    }
}
