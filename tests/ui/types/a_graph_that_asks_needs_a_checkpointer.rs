#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
pub mod test {
    #[state]
    pub struct Test {
        pub approved: Option<bool>,
    }

    edges! {
        start -> approve -> end;
    }

    #[ask(into = approved)]
    fn approve() -> String {
        String::new()
    }
}

#[graph(id = "uses")]
pub mod uses {
    #[state]
    pub struct Uses {
        pub x: u32,
    }

    #[context]
    pub struct App {
        pub y: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(writes(x))]
    fn a(y: u32) -> u32 {
        y
    }
}

fn main() {
    let _ = test::Test::graph().build();
    let _ = uses::Uses::graph().build();
    let graph = uses::Uses::graph().context(uses::App { y: 1 }).build();
    let _ = graph.thread("x");
}
