#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> if state.x.is_some() { b };
        b -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}
}

fn main() {}
