#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[reduce(summ)]
        pub total: u32,
        pub topic: Option<String>,
    }

    edges! {
        start -> a -> match state.topic { Some(_) => b, None => typo };
        b -> if state.total > 3 { c };
        c -> end;
    }

    #[node(writes(totl))]
    fn a(topc: Option<&str>) -> u32 {
        1
    }

    #[node(retry(times = 3))]
    fn b(self) {}

    #[node]
    fn c(total: &mut u32) {}
}

fn main() {}
