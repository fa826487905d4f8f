#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<u32>,
    }

    edges! {
        start -> for item in &state.list { a };
        a -> for (i, item) in state.list.iter().enumerate() { b(item) };
        b -> for item in &state.list, max = 3 { c(item) };
        c -> for item in &state.list { d(item, 2) };
        d -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn d() {}
}

fn main() {}
