#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
        pub y: u32,
    }

    edges! {
        start -> a -> if Some(return) == state.x { end } else { b };
        b -> if state.x? > 3 { end } else { c };
        c -> if state.ready().await { end } else { d };
        d -> if state.y { end } else { e };
        e -> match state.y { "one" => end, _ => f };
        f -> if state.z == 3 { end } else { g };
        g -> end;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn d() {}

    #[node]
    fn e() {}

    #[node]
    fn f() {}

    #[node]
    fn g() {}
}

fn main() {}
