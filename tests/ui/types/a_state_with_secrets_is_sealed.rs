#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "vault")]
pub mod vault {
    #[state]
    pub struct Vault {
        #[secret]
        pub token: String,
        #[secret]
        pub pin: Option<u32>,
        pub open: bool,
        #[secret]
        pub key: String,
    }

    edges! {
        start -> enter -> end;
    }

    #[node]
    fn enter() {}
}

#[graph(id = "around")]
pub mod around {
    use super::vault::{self, Vault};

    #[state]
    pub struct Around {
        #[secret]
        pub open: bool,
        pub token: String,
        #[secret]
        pub key: String,
    }

    edges! {
        start -> go -> end;
    }

    #[subgraph(vault::Vault, share(token, open, key))]
    fn go() -> vault::Input {
        vault::Input::new()
    }
}

#[graph(id = "outside")]
pub mod outside {
    use super::vault::{self, Vault};

    #[state]
    pub struct Outside {
        pub open: bool,
    }

    edges! {
        start -> go -> end;
    }

    #[subgraph(vault::Vault, share(open))]
    fn go() -> vault::Input {
        vault::Input::new()
    }
}

fn main() {
    let _ = outside::Outside::graph().checkpointer(MemorySaver::new()).build();
    let _ = vault::Vault::graph().build();
    let _ = vault::Vault::graph().checkpointer(MemorySaver::new()).build();
}
