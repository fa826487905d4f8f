#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub messages: Vec<String>,
        pub topic: Option<String>,
    }

    #[context]
    pub struct App {
        pub client: u32,
    }

    edges! {
        start -> a -> b -> for word in &state.messages { each(word) } -> end;
    }

    #[node]
    fn a(mesages: &[String], _topic: Option<&str>, weather: u32) {}

    #[node(writes(topik, price, topic))]
    fn b(clinet: u32) -> update::B {
        update::B::new().topik(Some("it is one mistake".to_owned())).price(3)
    }

    #[node]
    fn each(word: &str, tpic: Option<&str>) {}
}

fn main() {}
