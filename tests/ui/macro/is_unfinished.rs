#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> match state. { Some(_) => b, None => c };
        b -> ;
        c -> match state.x { Some(Level::) => d, _ => };
        d -> if state.x.is_some() {} else { end }
        a
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn d() {}
}

fn main() {}
