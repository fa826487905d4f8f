//! A graph that goes round a loop, through a `for`, and waits at an ask, by a clock that its nodes move.

use graph_runtime::Graph;
use graph_runtime::prelude::*;

pub use self::errand::{Errand, Input, Node};
use crate::store::Store;
use crate::watch::{HOUR, MINUTE, Watch};

#[graph(id = "errand")]
pub mod errand {
    use super::*;

    #[state]
    pub struct Errand {
        #[input]
        pub stops: Vec<String>,
        #[scope(run)]
        #[reduce(sum)]
        pub bags: u32,
        #[output]
        #[reduce(append)]
        pub visited: Vec<String>,
        #[output]
        pub signed: Option<bool>,
    }

    #[context]
    pub struct Pocket {
        pub watch: Watch,
    }

    edges! {
        start -> pack -> if state.bags < 3 { pack } else { leave };
        leave -> for stop in &state.stops { visit(stop) };
        visit -> sign -> if state.signed == Some(true) { close } else { complain };
        close | complain -> end;
    }

    #[node(writes(bags))]
    fn pack(watch: &Watch) -> u32 {
        watch.advance(MINUTE);
        1
    }

    #[node]
    fn leave() {}

    #[node(writes(visited))]
    fn visit(stop: &str, watch: &Watch) -> String {
        watch.advance(HOUR);
        stop.to_owned()
    }

    #[ask(into = signed, within = "1d", else = false)]
    fn sign(visited: &[String]) -> String {
        format!("{} visits?", visited.len())
    }

    #[node]
    fn close() {}

    #[node]
    fn complain() {}
}

pub async fn errands(store: &Store, watch: &Watch) -> Graph<Errand> {
    let graph = Errand::graph().clock(watch.clone());
    let graph = graph.context(errand::Pocket {
        watch: watch.clone(),
    });
    graph.checkpointer(store.open().await).build()
}

pub fn stops() -> Vec<String> {
    ["bank", "post"].map(str::to_owned).to_vec()
}
