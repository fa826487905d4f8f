#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub total: u32,
        pub list: Vec<u32>,
        pub last: Option<u32>,
    }

    edges! {
        start -> a -> {b, c};
        {b, c} -> d -> for item in &state.list { each(item) } -> end;
    }

    #[node(writes(list))]
    fn a() -> Vec<u32> {
        vec![1]
    }

    #[node(writes(total))]
    fn b() -> u32 {
        1
    }

    #[node(writes(total))]
    fn c() -> u32 {
        2
    }

    #[node]
    fn d() {}

    #[node(writes(last))]
    fn each(item: u32) -> Option<u32> {
        Some(item)
    }
}

fn main() {}
