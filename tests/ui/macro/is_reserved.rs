#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    use std::collections::BTreeMap as Update;

    #[state]
    pub struct Test {
        pub run: u32,
        pub shared: u32,
    }

    #[context]
    pub struct App {
        pub state: u32,
        pub shared: u32,
    }

    pub struct Input;

    edges! {
        start -> step_1 -> step1 -> end;
    }

    #[node]
    fn step_1() {}

    #[node]
    fn step1() {}

    #[node]
    fn update() {}

    #[node]
    fn _9() {}
}

fn main() {}
