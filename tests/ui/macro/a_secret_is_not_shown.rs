#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    #[derive(Clone, Debug, PartialEq)]
    pub struct Test {
        #[secret]
        #[output]
        pub token: String,
        #[secret(always)]
        pub pin: u32,
        #[secrets]
        pub other: u32,
        pub length: usize,
    }

    edges! {
        start -> a -> b -> c -> end;
    }

    #[node(writes(length), cache)]
    async fn a(token: &str) -> usize {
        token.len()
    }

    #[node(writes(length), cache)]
    async fn b(state: &Test) -> usize {
        state.token.len()
    }

    #[node(writes(length, pin), cache)]
    async fn c(length: usize) -> (usize, u32) {
        (length, 0)
    }
}

fn main() {}
