#![allow(unused)]

use graph_runtime::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub struct Mood(u32);

#[graph(id = "test")]
mod test {
    use super::*;

    #[state]
    pub struct Test {
        pub mood: Mood,
        #[default(Mood(3))]
        pub fine: Mood,
        #[default("three")]
        pub wrong: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a(mood: &Mood) {}
}

fn main() {}
