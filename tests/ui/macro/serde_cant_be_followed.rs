#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    #[serde(rename_all = "camelCase")]
    pub struct Test {
        #[serde(skip)]
        pub a: u32,
        #[serde(with = "hex")]
        pub b: u32,
        #[serde(flatten)]
        pub c: u32,
        #[serde(rename(serialize = "x"))]
        pub d: u32,
        #[serde(rename = "old", alias = "older", default)]
        pub e: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a() {}
}

fn main() {}
