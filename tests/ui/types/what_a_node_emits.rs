#![allow(unused)]

use graph_runtime::prelude::*;

#[derive(serde::Serialize)]
pub struct Progress {
    pub done: u32,
}

#[graph(id = "test", emits = Progress)]
mod test {
    use super::*;

    #[state]
    pub struct Test {}

    edges! {
        start -> a -> b -> end;
    }

    #[node]
    fn a(run: &Run) {}

    #[node]
    fn b(run: &Run<Progress>) {
        run.emit("half of it");
    }
}

fn main() {}
