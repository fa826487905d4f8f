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

    #[node]
    fn c() {}
}

fn main() {}
