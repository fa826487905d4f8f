//! A graph that has changed since: its threads are kept up as they are stored.

use graph_runtime::prelude::*;
use graph_runtime::{Keep, Retention};

use crate::picture::asked;
use crate::store::{Hands, on_every_backend};

#[graph(id = "order")]
mod old {
    #[state]
    #[derive(PartialEq)]
    pub struct Order {
        #[input]
        pub name: String,
        #[reduce(append)]
        pub log: Vec<String>,
        pub sure: Option<bool>,
    }

    edges! { start -> open -> pack -> check -> send -> end; }

    #[node(writes(log))]
    fn open(name: &str) -> String {
        format!("open {name}")
    }

    #[node(writes(log))]
    fn pack() -> String {
        "pack".to_owned()
    }

    #[ask(into = sure)]
    fn check() -> u32 {
        7
    }

    #[node(writes(log))]
    fn send() -> String {
        "send".to_owned()
    }
}

/// Neither has the node at which the thread stands, nor the field, nor the type of another.
#[graph(id = "order")]
mod new {
    #[state]
    pub struct Order {
        #[input]
        pub name: u32,
    }

    edges! { start -> close -> end; }

    #[node]
    fn close() {}
}

on_every_backend! {
    async fn what_this_version_cannot_read_can_be_pruned_and_copied(store) {
        let clock = Hands::new();
        let before = old::Order::graph().clock(clock.clone()).checkpointer(store.open().await).build();
        let thread = before.thread("t");
        thread.invoke(old::Input::new().name("ada")).await.unwrap();
        let stood = thread.state().await.unwrap().unwrap();
        let open = thread.questions().await.unwrap();
        let after = new::Order::graph().clock(clock).checkpointer(store.open().await).build();
        let changed = after.thread("t");
        assert!(changed.state().await.is_err());
        assert_eq!(changed.prune(Keep::last(1)).await.unwrap().moments, 3);
        changed.copy_to("copy").await.unwrap();
        assert_eq!(changed.usage().await.unwrap().records, 1);
        let swept = after.sweep(&Retention::new().keep(Keep::last(1))).await.unwrap();
        assert!(swept.failed.is_empty());
        for name in ["t", "copy"] {
            let thread = before.thread(name);
            let stands = thread.state().await.unwrap().unwrap();
            assert!(stands.state == stood.state && stands.next == stood.next);
            assert_eq!(asked(&thread.questions().await.unwrap()), asked(&open));
            let old::Question::Check(question) = &open[0];
            let outcome = thread.answer(question.answer(true)).await.unwrap();
            assert_eq!(outcome.done().unwrap().log, ["open ada", "pack", "send"]);
        }
    }
}
