#![allow(unused)]

use graph_runtime::prelude::*;

#[derive(Clone, Default)]
pub struct Plain;

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub plain: Plain,
        pub list: Vec<u32>,
        pub answer: Option<u32>,
        #[unsaved]
        pub fine: Plain,
    }

    edges! {
        start -> ask -> for item in vec![Plain] { each(item) } -> end;
    }

    #[ask(into = answer)]
    fn ask() -> Plain {
        Plain
    }

    #[node]
    fn each(item: &Plain) {}
}

fn main() {}
