#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<u32>,
    }

    edges! {
        start -> a -> if state.list.is_empty() { each } else { for item in &state.list { each(item) } };
        each -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn each(item: &u32) {}
}

fn main() {}
