#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> {bb, wait};
        wait -> classify -> end;
        {b, c} -> reply -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    fn reply() {}

    #[node]
    fn clasify() {}
}

fn main() {}
