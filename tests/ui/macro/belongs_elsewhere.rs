#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub enum Test {
        A,
    }

    #[node]
    pub struct Node1;

    edges! {
        start -> end;
    }
}

#[graph(id = "function")]
fn function() {}

#[graph(id = "")]
mod empty {
    #[state]
    pub struct Pair(u32, u32);
}

#[graph(id = "generic")]
mod generic {
    #[state]
    pub struct State<T> {
        pub x: T,
    }

    #[context]
    pub struct App<C> {
        pub client: C,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a() {}
}

fn main() {}
