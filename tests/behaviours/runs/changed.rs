//! A thread that another version of its graph has left: an error that says what is gone, and never a guess.

use std::sync::Arc;

use graph_runtime::prelude::*;

use self::before::Before;

/// The graph as it was: it stops at whatever it is told to.
#[graph(id = "versions")]
mod before {
    #[state]
    pub struct Before {
        #[input]
        pub fail: String,
        pub approved: Option<bool>,
        #[reduce(append)]
        pub log: Vec<String>,
        pub ended: Option<u32>,
    }

    edges! {
        start -> {left, right};
        right -> more;
        {left, more} -> ask -> for item in [1u32, 2] { each(item) };
        each -> finish -> end;
    }

    fn say(fail: &str, node: &str) -> Result<String, String> {
        let told = fail == node;
        if told {
            Err(node.to_owned())
        } else {
            Ok(node.to_owned())
        }
    }

    #[node(writes(log))]
    fn left(fail: &str) -> Result<String, String> {
        say(fail, "left")
    }

    #[node(writes(log))]
    fn right(fail: &str) -> Result<String, String> {
        say(fail, "right")
    }

    #[node(writes(log))]
    fn more(fail: &str) -> Result<String, String> {
        say(fail, "more")
    }

    #[ask(into = approved)]
    fn ask() -> String {
        "may we?".to_owned()
    }

    #[node(writes(log))]
    fn each(item: u32, fail: &str) -> Result<String, String> {
        say(fail, &format!("each {item}"))
    }

    #[node(writes(log, ended))]
    fn finish(fail: &str) -> Result<(String, Option<u32>), String> {
        Ok((say(fail, "finish")?, Some(7)))
    }
}

/// The next version: a node is gone, and what is set, asked, worked on and joined is something else.
#[graph(id = "versions")]
mod after {
    #[state]
    pub struct After {
        #[input]
        pub fail: String,
        pub approved: Option<bool>,
        #[reduce(append)]
        pub log: Vec<String>,
        pub ended: Option<String>,
        #[default(5)]
        pub fresh: u32,
    }

    edges! {
        start -> {left, right};
        right -> {more, less};
        {left, more, less} -> ask -> for item in ["a", "b"] { each(item) };
        each -> end;
    }

    #[node(writes(log))]
    fn left(fail: &str) -> String {
        fail.to_owned()
    }

    #[node(writes(fresh))]
    fn right(fresh: u32) -> u32 {
        fresh
    }

    #[node(writes(ended))]
    fn more() -> Option<String> {
        None
    }

    #[node]
    fn less() {}

    #[ask(into = approved)]
    fn ask(fresh: u32) -> u32 {
        fresh
    }

    #[node(writes(log))]
    fn each(item: String) -> String {
        item
    }
}

use after::After;

/// Leaves a thread where the old version stops, and gives what the new one says to it.
async fn told(fail: &str, answer: bool) -> String {
    let saver = Arc::new(MemorySaver::new());
    let old = Before::graph()
        .checkpointer(Arc::clone(&saver))
        .build()
        .thread("t");
    let outcome = old.invoke(before::Input::new().fail(fail)).await;
    if let Ok(Outcome::Paused(pause)) = outcome
        && answer
    {
        drop(old.answer(pause.ask().unwrap().answer(true)).await);
    }
    let new = After::graph().checkpointer(saver).build().thread("t");
    let error = new.resume().await.unwrap_err();
    assert!(matches!(error, Error::GraphChanged { .. }), "{error}");
    // What the old version reads is as it was.
    assert!(old.state().await.unwrap().is_some());
    error.to_string()
}

#[tokio::test]
async fn what_is_gone_is_named() {
    for (fail, answer, text) in [
        ("left", false, "what node `right` had set can't be read"),
        ("more", false, "the join `{left, more} -> ask` is gone"),
        ("", false, "the question of node `ask` can't be read"),
        ("each 1", true, "an item of node `each` can't be read"),
        ("finish", true, "node `finish` is gone"),
        ("", true, "its state doesn't fit the state of this version"),
    ] {
        let told = told(fail, answer).await;
        assert!(told.contains(text), "{fail}: {told}");
        let whose = "thread `t` of graph `versions` was saved by another version of its graph";
        assert!(told.contains(whose), "{told}");
    }
}

#[tokio::test]
async fn a_new_field_takes_its_default() {
    let saver = Arc::new(MemorySaver::new());
    let old = Before::graph()
        .checkpointer(Arc::clone(&saver))
        .build()
        .thread("t");
    let stopped = old.invoke(before::Input::new()).step_limit(0).await;
    assert!(matches!(stopped, Err(Error::StepLimit { .. })));
    let new = After::graph().checkpointer(saver).build().thread("t");
    let pause = new.resume().await.unwrap().paused().unwrap();
    assert_eq!(pause.ask().unwrap().question, 5);
    assert_eq!(new.state().await.unwrap().unwrap().state.fresh, 5);
}
