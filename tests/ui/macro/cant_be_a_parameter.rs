#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<u32>,
        pub pair: (u32, u32),
    }

    edges! {
        start -> a -> b -> c -> d -> e -> end;
    }

    #[node]
    fn a(list: &mut Vec<u32>) {}

    #[node]
    fn b(list: impl Iterator<Item = u32>) {}

    #[node]
    fn c((left, right): (u32, u32)) {}

    #[node]
    fn d<T>(list: &[u32]) {}

    #[node(blocking)]
    async fn e(pair: (u32, u32)) {}
}

fn main() {}
