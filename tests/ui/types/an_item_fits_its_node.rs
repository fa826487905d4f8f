#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<String>,
        pub number: u32,
    }

    edges! {
        start -> for item in &state.list { a(item) } -> for item in state.number { b(item) } -> end;
    }

    #[node]
    fn a(item: &u32) {}

    #[node]
    fn b(item: &u32) {}
}

fn main() {}
