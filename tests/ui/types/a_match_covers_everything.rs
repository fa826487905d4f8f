#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> match state.x {
            Some(0) => end,
            None => b,
        };
        b -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}
}

fn main() {}
