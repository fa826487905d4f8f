#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> {b if state.x.is_some(), c if state.x.is_none()};
        b | c -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}
}

fn main() {}
