#![allow(unused)]

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Which;

impl Asks for Which {
    type Answer = u32;
}

#[graph(id = "test")]
pub mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> b -> end;
    }

    #[node(asks(Which))]
    async fn a(run: &Asking<Which>) {}

    #[node]
    async fn b(run: &Run) {
        run.interrupt("which", Which).await;
    }
}

#[graph(id = "other")]
pub mod other {
    use super::*;

    #[state]
    pub struct Other {
        pub x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(asks(Which))]
    async fn a(run: &Asking<Which>) {
        let wrong: String = run.interrupt("which", Which).await;
    }
}

fn main() {
    let _ = other::Other::graph().build();
}
