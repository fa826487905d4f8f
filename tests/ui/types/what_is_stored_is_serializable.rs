#![allow(unused)]

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default)]
pub struct Plain;

#[derive(Clone, Default, Deserialize)]
pub struct Read;

#[derive(Clone, Default, Serialize)]
pub struct Written;

#[graph(id = "fields")]
mod fields {
    use super::*;

    #[state]
    pub struct Fields {
        pub plain: Plain,
        pub read: Read,
        pub written: Written,
        #[reduce(append)]
        #[scope(run)]
        pub list: Vec<Read>,
        pub answer: Option<Written>,
        #[unsaved]
        pub fine: Plain,
        #[unsaved]
        pub set: Read,
    }

    edges! {
        start -> set -> ask -> end;
    }

    #[node(writes(read, list, set))]
    fn set() -> (Read, Vec<Read>, Read) {
        (Read, vec![Read], Read)
    }

    #[ask(into = answer)]
    fn ask() -> String {
        String::new()
    }
}

#[graph(id = "others", emits = Plain)]
mod others {
    use super::*;

    #[state]
    pub struct Others {
        pub list: Vec<u32>,
        pub answer: Option<u32>,
    }

    edges! {
        start -> ask -> for item in vec![Read] { each(item) } -> show -> end;
    }

    #[ask(into = answer)]
    fn ask() -> Written {
        Written
    }

    #[node]
    fn each(item: &Read) {}

    #[node]
    fn show(run: &Run<Plain>) {
        run.emit(Plain);
    }
}

async fn runs() {
    let graph = fields::Fields::graph().checkpointer(MemorySaver::new()).build();
    let input = fields::Input::new().plain(Plain).list([Read]);
    if let Ok(Outcome::Paused(pause)) = graph.thread("a").invoke(input).await {
        pause.ask().map(|question| question.answer(Written));
    }
}

fn main() {}
