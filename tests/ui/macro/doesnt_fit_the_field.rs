#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[reduce(append)]
        pub a: u32,
        #[reduce(sum)]
        pub b: String,
        #[reduce(merge)]
        pub c: Vec<u32>,
        #[reduce(upsert(key = id))]
        pub d: Option<u32>,
    }

    edges! {
        start -> set -> end;
    }

    #[node(writes(a, b, c, d))]
    fn set() -> update::Set {
        update::Set::new().a([1]).b(2).c("it is said once").d(4)
    }
}

fn main() {}
