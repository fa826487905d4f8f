#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> if state.x == (Limit { low: 1 }).value() { b } else { end };
        b -> if state.limit() == Limit { low: 1 } { c } else { end };
        c -> match Limit {} { _ => end };
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}
}

fn main() {}
