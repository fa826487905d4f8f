#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[cfg(unix)]
        pub fine: u32,
    }

    edges! {
        start -> a -> b -> end;
        #[cfg(unix)]
        b -> end;
    }

    #[node]
    #[cfg(unix)]
    fn a() {}

    #[node]
    fn b() {}
}

fn main() {}
