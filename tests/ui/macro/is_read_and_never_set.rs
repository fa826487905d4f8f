#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[input]
        pub question: String,
        pub notes: Vec<String>,
        pub done: bool,
    }

    edges! {
        start -> a -> if state.done { end } else { b };
        b -> end;
    }

    #[node]
    fn a(question: &str, notes: &[String]) {}

    #[node]
    fn b() {}
}

fn main() {}
