#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "hidden")]
mod hidden {
    #[state]
    struct Hidden {
        x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a() {}
}

#[graph(id = "half")]
pub mod half {
    #[state]
    pub struct Half {
        pub x: u32,
    }

    #[context]
    struct App {
        x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a(x: u32) {}
}

fn main() {}
