#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Graph {
        pub new: u32,
        pub x: u32,
        pub set_x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a() {}
}

fn main() {}
