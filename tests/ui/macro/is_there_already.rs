#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: u32,
    }

    #[state]
    pub struct Second {
        pub y: u32,
    }

    edges! {
        start -> a -> b -> end;
        a -> c;
        c -> end;
    }

    edges! {
        c -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    #[ask(into = x)]
    fn c() {}
}

fn main() {}
