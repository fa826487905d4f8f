#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub topic: Option<String>,
        pub answer: Option<bool>,
    }

    edges! {
        start -> a -> b -> c -> end;
    }

    #[node(writes(topik))]
    fn a() -> Option<String> {
        None
    }

    #[ask(into = anser)]
    fn b() -> String {
        String::new()
    }

    #[node(writes(price))]
    fn c() -> u32 {
        1
    }
}

fn main() {}
