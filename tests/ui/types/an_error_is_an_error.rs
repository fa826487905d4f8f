#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    pub struct NoError;

    #[state]
    pub struct Test {
        pub x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node(writes(x))]
    fn a() -> Result<u32, NoError> {
        Err(NoError)
    }
}

fn main() {}
