//! A graph with secrets in everything that a graph has, and one within it that shares them.

/// Opens a door with what it is shared.
#[graph_runtime::graph(id = "door")]
pub mod door {
    use graph_runtime::prelude::*;

    #[state]
    pub struct Door {
        #[default(String::new())]
        #[secret]
        pub token: String,
        #[secret]
        #[reduce(append)]
        pub keys: Vec<String>,
        #[input]
        pub number: u32,
        pub is_open: bool,
    }

    edges! {
        start -> open -> end;
    }

    #[node(writes(keys, is_open))]
    fn open(token: &str, number: u32, run: &Run) -> update::Open {
        run.emit(format!("opening {number}"));
        update::Open::new()
            .keys([format!("{token}/{number}")])
            .is_open(true)
    }
}

/// Takes secrets in, makes more of them, asks for one, and fails the first time that it may.
#[graph_runtime::graph(id = "vault")]
pub mod vault {
    use std::collections::BTreeMap;

    use graph_runtime::prelude::*;

    use super::door::{self, Door};
    use crate::{FAILED, PIN};

    #[state]
    pub struct Vault {
        #[input(required)]
        #[secret]
        pub token: String,
        #[input]
        #[secret]
        #[reduce(append)]
        pub keys: Vec<String>,
        #[secret]
        pub pin: Option<u64>,
        #[secret]
        #[reduce(merge)]
        pub found: BTreeMap<String, u64>,
        #[secret]
        #[unsaved]
        pub hint: String,
        #[input]
        pub rooms: Vec<u32>,
        #[input]
        pub steady: bool,
        #[reduce(sum)]
        pub seen: u32,
        #[reduce(append)]
        pub doors: Vec<door::Output>,
    }

    edges! {
        start -> for room in &state.rooms { search(room) };
        search -> {hide, wander} -> enter -> ask_pin -> check -> end;
    }

    /// In a batch: what one has set is kept beside the records while the others run.
    #[node(writes(found, seen))]
    async fn search(room: u32, token: &str) -> update::Search {
        for _ in 0..room {
            tokio::task::yield_now().await;
        }
        update::Search::new()
            .found([(format!("{token} in room {room}"), PIN)])
            .seen(1)
    }

    #[node(writes(keys, hint))]
    async fn hide(token: &str) -> (Vec<String>, String) {
        (vec![format!("{token} under the mat")], token.to_owned())
    }

    #[node(writes(token))]
    async fn wander(token: &str, run: &Run) -> String {
        run.emit("wandering");
        format!("{token}, worn")
    }

    #[subgraph(Door, share(token, keys), into = doors)]
    fn enter() -> door::Input {
        door::Input::new().number(7)
    }

    #[ask(into = pin)]
    fn ask_pin(seen: u32) -> String {
        format!("what is the pin, after {seen} rooms?")
    }

    #[node(writes(seen))]
    fn check(steady: bool, pin: Option<u64>, found: &BTreeMap<String, u64>) -> Result<u32, String> {
        match pin {
            Some(PIN) if steady => Ok(u32::try_from(found.len()).unwrap_or_default()),
            _ => Err(FAILED.to_owned()),
        }
    }
}

/// What an earlier version of the vault took for a token.
#[graph_runtime::graph(id = "vault")]
pub mod later {
    #[state]
    pub struct Later {
        #[secret]
        pub token: u64,
        pub seen: u32,
    }

    edges! {
        start -> ask_pin -> end;
    }

    #[node]
    fn ask_pin() {}
}

/// A graph that shows its secret because its author wants it so.
#[graph_runtime::graph(id = "open")]
pub mod open {
    use graph_runtime::prelude::*;

    #[state]
    pub struct Open {
        #[input(required)]
        #[secret]
        pub token: String,
        pub copy: String,
    }

    edges! {
        start -> show -> end;
    }

    #[node(writes(copy))]
    fn show(token: &str, run: &Run) -> String {
        run.emit(token);
        token.to_owned()
    }
}

/// A graph whose secret is never stored.
#[graph_runtime::graph(id = "passing")]
pub mod passing {
    #[state]
    pub struct Passing {
        #[secret]
        #[unsaved]
        pub hint: String,
        pub length: usize,
    }

    edges! {
        start -> measure -> end;
    }

    #[node(writes(length))]
    fn measure(hint: &str) -> usize {
        hint.len()
    }
}
