#![allow(unused)]

use std::cell::Cell;
use std::rc::Rc;

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Shared by nobody.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct Mood(Rc<u32>);

impl From<u32> for Mood {
    fn from(mood: u32) -> Self {
        Self(Rc::new(mood))
    }
}

impl From<Mood> for u32 {
    fn from(mood: Mood) -> Self {
        *mood.0
    }
}

#[graph(id = "fields")]
mod fields {
    use super::*;

    #[state]
    pub struct Fields {
        pub cell: Cell<u32>,
        pub mood: Mood,
    }

    edges! {
        start -> set -> wait -> end;
    }

    #[node(writes(mood), spawn)]
    fn set(cell: &Cell<u32>) -> Mood {
        Mood::default()
    }

    #[wait(time = "1s")]
    fn wait() {}
}

#[graph(id = "others", emits = Mood)]
mod others {
    use super::*;

    #[state]
    pub struct Others {
        pub answer: Option<u32>,
    }

    #[context]
    pub struct App {
        pub client: Rc<str>,
    }

    edges! {
        start -> ask -> for item in vec![Cell::new(1)] { each(item) } -> end;
    }

    #[ask(into = answer)]
    fn ask() -> Mood {
        Mood::default()
    }

    #[node]
    async fn each(item: &Cell<u32>, client: &str, run: &Run<Mood>) {
        run.emit(Mood::default());
    }
}

fn sent(future: impl Future + Send) {}

fn main() {
    let graph = fields::Fields::graph().checkpointer(MemorySaver::new()).build();
    sent(async move {
        let outcome = graph.thread("a").invoke(fields::Input::new()).await;
    });
}
