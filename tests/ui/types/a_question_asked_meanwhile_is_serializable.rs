#![allow(unused)]

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks};
use serde::{Deserialize, Serialize};

pub struct Plain;

impl Asks for Plain {
    type Answer = u32;
}

#[derive(Serialize, Deserialize)]
pub struct Which;

pub struct Answered;

impl Asks for Which {
    type Answer = Answered;
}

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> b -> end;
    }

    #[node(asks(Plain))]
    async fn a(run: &Asking<Plain>) {
        run.interrupt("plain", Plain).await;
    }

    #[node(asks(Which))]
    async fn b(run: &Asking<Which>) {
        run.interrupt("which", Which).await;
    }
}

fn main() {
    let graph = test::Test::graph().checkpointer(MemorySaver::new()).build();
}
