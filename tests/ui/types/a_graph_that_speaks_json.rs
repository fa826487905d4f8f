#![allow(unused)]

use graph_runtime::prelude::*;

use serde::Serialize;

/// What can be given, and comes from nowhere else.
#[derive(Clone, Default, Serialize)]
pub struct Live;

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        #[input]
        #[unsaved]
        pub live: Live,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a(live: &Live) {}
}

#[graph(id = "forgetful")]
mod forgetful {
    #[state]
    pub struct Forgetful {
        #[input]
        pub count: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a(count: u32) {}
}

use forgetful::Forgetful;
use test::Test;

fn main() {
    Test::graph().checkpointer(MemorySaver::new()).build().erased();
    Forgetful::graph().build().erased();
}
