#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: u32,
        pub y: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(writes(x))]
    fn a() -> update::A {
        update::A::new().x(1).y(2)
    }
}

fn main() {}
