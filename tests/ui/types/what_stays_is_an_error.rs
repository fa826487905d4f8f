#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {}

    pub struct NoError;

    edges! {
        start -> a -> end;
    }

    #[node(retry(times = 3, not(std::fmt::Error, NoError)))]
    async fn a() -> Result<(), std::fmt::Error> {
        Ok(())
    }
}

fn main() {}
