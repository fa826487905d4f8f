#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[secret]
        pub token: String,
    }

    edges! {
        start -> c -> end;
    }

    #[subgraph(other::Other, into = token)]
    fn c() -> other::Input {
        other::Input::new()
    }
}

fn main() {}
