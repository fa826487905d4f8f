//! A graph that a macro of the user's writes: what it is given is looked up where it stands, the rest where the macro
//! is, and neither is in the way of what the graph is expanded to.

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks};
use serde::{Deserialize, Serialize};

/// A question of a node while it runs.
#[derive(Serialize, Deserialize)]
pub struct Which;

impl Asks for Which {
    type Answer = u32;
}

macro_rules! written {
    ($field:ident: $ty:ty, $many:ty, $one:ty, $given:expr, $asked:ty, $node:ident) => {
        /// A graph.
        #[graph(id = "written")]
        pub mod written {
            use super::*;

            /// Its state.
            #[state]
            pub struct Written {
                /// Given.
                #[input(required)]
                pub $field: $ty,
                /// Gathered.
                #[reduce(append)]
                pub many: $many,
                /// Answered.
                pub answer: Option<$one>,
                /// What was answered, kept as it came.
                #[reduce(append)]
                pub answers: Vec<Answer>,
            }

            edges! {
                start -> for item in $given { each(item) } -> $node -> asks -> ask -> end;
            }

            #[node(writes(many))]
            fn each(item: &$one) -> $many {
                vec![*item]
            }

            #[node(writes(many))]
            fn $node($field: $ty, many: &$many, state: &Written, run: &Run) -> Option<$one> {
                assert_eq!((&$field, many), (&state.$field, &state.many));
                Some(many.iter().sum::<$one>() * run.attempt())
            }

            #[node(writes(many), asks($asked))]
            async fn asks(run: &Asking<$asked>) -> $one {
                run.interrupt("which", Which).await
            }

            #[ask(into = answer)]
            fn ask(many: &[$one]) -> $many {
                many.to_vec()
            }
        }
    };
}

written!(name: String, Vec<u32>, u32, [1u32, 2], Which, set);
