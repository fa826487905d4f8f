#![allow(unused)]

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Plain;

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub plain: Plain,
        #[reduce(append)]
        pub list: Vec<Plain>,
    }

    edges! {
        start -> set -> for item in vec![Plain] { each(item) } -> end;
    }

    #[node(writes(plain, list))]
    fn set() -> (Plain, Plain) {
        (Plain, Plain)
    }

    #[node]
    fn each(item: &Plain) {}
}

fn main() {
    let graph = test::Test::graph().build();
    let run = graph.invoke(test::Input::new().plain(Plain));
}
