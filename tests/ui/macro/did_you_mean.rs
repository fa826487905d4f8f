#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test", crat = graph_runtime)]
mod test {
    #[state]
    pub struct Test {
        #[inputs]
        pub a: u32,
        #[reduce(apend)]
        pub b: Vec<u32>,
        #[scope(runs)]
        pub c: u32,
        #[input(require)]
        pub d: u32,
        #[reducer(sum)]
        pub e: u32,
        #[reduce(concatenate)]
        pub f: u32,
    }

    edges! {
        start -> a -> b -> end;
    }

    #[node(write(a))]
    fn a() {}

    #[nodes]
    fn b() {}
}

fn main() {}
