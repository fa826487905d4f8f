#![allow(unused)]

use graph_runtime::Reducer;
use graph_runtime::prelude::*;

/// Reduces nothing.
pub struct Nothing;

/// Reduces something else.
pub struct Longest;

impl Reducer<Vec<u32>> for Longest {
    type Delta = Vec<u32>;
    fn reduce(value: &mut Vec<u32>, delta: Vec<u32>) {}
}

/// Takes what can't be stored.
pub struct Odd;

pub struct Plain;

impl Reducer<u32> for Odd {
    type Delta = Plain;
    fn reduce(value: &mut u32, delta: Plain) {}
}

/// Takes something else than the node returns.
pub struct Count;

impl Reducer<u32> for Count {
    type Delta = String;
    fn reduce(value: &mut u32, delta: String) {}
}

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Mood;

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        #[reduce(Nothing)]
        pub a: String,
        #[reduce(Longest)]
        pub b: String,
        #[reduce(Odd)]
        pub c: u32,
        #[reduce(sum)]
        pub d: Mood,
        #[reduce(append)]
        pub e: Vec<u32>,
    }

    edges! {
        start -> set -> end;
    }

    #[node(writes(a, b, c, d, e))]
    fn set() -> update::Set {
        update::Set::new().a("a".to_owned()).b("b".to_owned()).e([1])
    }
}

#[graph(id = "counted")]
mod counted {
    use super::*;

    #[state]
    pub struct Counted {
        #[reduce(Count)]
        pub count: u32,
    }

    edges! {
        start -> set -> end;
    }

    #[node(writes(count))]
    fn set() -> u32 {
        1
    }
}

fn main() {
    let graph = test::Test::graph().build();
    let run = graph.invoke(test::Input::new().a("a".to_owned()));
}
