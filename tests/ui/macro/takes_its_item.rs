#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<u32>,
        pub part: u32,
    }

    edges! {
        start -> for item in &state.list { none(item) } -> for part in &state.list { taken(part) };
        taken -> for item in &state.list { two(item) } -> for item in &state.list { other(part) } -> end;
    }

    #[node]
    fn none() {}

    #[node]
    fn taken(part: u32) {}

    #[node]
    fn two(item: u32, itme: u32) {}

    #[node]
    fn other(item: u32) {}
}

fn main() {}
