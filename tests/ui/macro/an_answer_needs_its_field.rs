#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    use std::collections::BTreeMap;

    #[state]
    pub struct Test {
        pub plain: bool,
        #[reduce(append)]
        pub list: Vec<bool>,
        pub one: Option<bool>,
        pub map: BTreeMap<usize, bool>,
    }

    edges! {
        start -> a -> b -> c -> for item in &state.list { d(item) } -> e -> end;
    }

    #[ask(into = plain)]
    fn a() -> String {
        String::new()
    }

    #[ask(into = list)]
    fn b() -> String {
        String::new()
    }

    #[ask(into = map)]
    fn c() -> String {
        String::new()
    }

    #[ask(into = one)]
    fn d(item: &bool) -> String {
        item.to_string()
    }

    #[ask(into = one)]
    fn e() {}
}

fn main() {}
