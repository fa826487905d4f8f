#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
pub mod test {
    #[state]
    pub struct Test {
        pub at: String,
        pub approved: Option<bool>,
    }

    edges! {
        start -> a -> b -> end;
    }

    #[wait(until = &state.at)]
    fn a() {}

    #[ask(into = approved, within = "1h", else = "no")]
    fn b() -> String {
        String::new()
    }
}

#[graph(id = "quiet")]
pub mod quiet {
    #[state]
    pub struct Quiet {
        pub x: u32,
    }

    edges! {
        start -> a -> end;
    }

    #[wait(time = "1h")]
    fn a() {}
}

fn main() {
    let _ = quiet::Quiet::graph().build();
}
