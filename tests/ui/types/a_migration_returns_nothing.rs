#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> end;
    }

    #[node(writes(x))]
    fn a() -> Option<u32> {
        None
    }

    #[migrate]
    fn upgrade(state: &mut serde_json::Map<String, serde_json::Value>) -> bool {
        true
    }
}

fn main() {}
