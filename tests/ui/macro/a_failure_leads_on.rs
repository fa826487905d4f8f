#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {}

    edges! {
        start -> {a, b};
        {a, b} -> c -> end;
        sorry -> end;
    }

    #[node(on_error = sorry)]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn sorry() {}
}

fn main() {}
