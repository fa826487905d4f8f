#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub topic: Option<String>,
        #[reduce(append)]
        pub list: Vec<u32>,
        #[reduce(sum)]
        pub total: u32,
    }

    edges! {
        start -> one -> fallible -> many -> two -> none -> nothing -> end;
    }

    #[node(writes(topic))]
    fn one() -> Vec<u32> {
        Vec::new()
    }

    #[node(writes(topic))]
    async fn fallible() -> Result<u32, std::io::Error> {
        Ok(1)
    }

    #[node(writes(list))]
    fn many() -> &'static str {
        ""
    }

    #[node(writes(list, total))]
    fn two() -> (Vec<u32>, String) {
        (Vec::new(), String::new())
    }

    #[node]
    fn none() -> u32 {
        1
    }

    #[node(writes(total))]
    fn nothing() {}
}

fn main() {}
