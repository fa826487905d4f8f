#![allow(unused)]

use graph_runtime::prelude::*;

#[graph]
mod test {
    #[state]
    pub struct Test {
        #[default]
        pub a: u32,
        #[reduce]
        pub b: Vec<u32>,
        #[reduce(upsert)]
        pub c: Vec<u32>,
        #[scope]
        pub d: u32,
        #[input]
        #[input]
        pub e: u32,
        #[input(required)]
        #[default(3)]
        pub f: u32,
        #[input(required)]
        #[unsaved]
        pub g: u32,
        #[output(x)]
        pub h: u32,
    }

    edges! {
        start -> a -> b -> end;
    }

    #[node(writes = a, spawn = 3)]
    fn a() {}

    #[ask]
    fn b() -> u32 {
        1
    }
}

fn main() {}
