#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub list: Vec<String>,
        pub topic: Option<String>,
    }

    #[context]
    pub struct App {
        pub client: String,
    }

    edges! {
        start -> a -> b -> c -> d -> end;
    }

    #[node]
    fn a(list: &Vec<u32>) {}

    #[node]
    fn b(topic: String) {}

    #[node]
    fn c(client: &u32, state: &App) {}

    #[node]
    fn d(list: Option<&str>) {}
}

fn main() {}
