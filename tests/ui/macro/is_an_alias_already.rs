#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    pub struct Values;

    edges! {
        start -> a -> b -> c -> d -> end;
    }

    #[node(alias = "b")]
    fn a() {}

    #[node(alias("old", "older"))]
    fn b() {}

    #[ask(into = x, alias = "older")]
    fn c() -> String {
        String::new()
    }

    #[node(alias)]
    fn d() {}

    #[migrate(twice)]
    async fn upgrade(state: &mut u32) {}

    #[migrate]
    struct Upgrade;
}

fn main() {}
