#![allow(unused)]

use graph_runtime::prelude::*;

use std::rc::Rc;

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(writes(x))]
    async fn a() -> u32 {
        let shared = Rc::new(1);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
