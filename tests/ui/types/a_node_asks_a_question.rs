#![allow(unused)]

use graph_runtime::Asking;
use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Which;

#[graph(id = "test")]
pub mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(asks(Which))]
    async fn a(run: &Asking<Which>) {}
}

fn main() {}
