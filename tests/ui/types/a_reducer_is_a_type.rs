#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[reduce(Longest)]
        pub d: String,
    }

    edges! {
        start -> set -> end;
    }

    #[node(writes(d))]
    fn set() -> update::Set {
        update::Set::new()
    }
}

fn main() {}
