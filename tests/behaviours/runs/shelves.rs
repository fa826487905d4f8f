//! Memory across threads, as nodes use it.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{MemoryStore, Run, Shelf};

use graph_tests::store::on_every_backend;

/// Remembers who it has met.
#[graph(id = "host")]
mod host {
    use super::*;

    #[state]
    pub struct Host {
        #[input]
        pub guest: String,
        pub visits: u32,
    }

    edges! { start -> greet -> end; }

    #[node(writes(visits))]
    async fn greet(
        guest: &str,
        run: &Run,
    ) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        let guests = run.store()?.under(["guests"]);
        let visits = guests.get::<u32>(guest).await?.unwrap_or(0) + 1;
        guests.put(guest, &visits).await?;
        Ok(visits)
    }
}

use host::{Host, Input};

on_every_backend! {
    async fn what_one_thread_has_put_away_another_one_finds(store) {
        let memory = Arc::new(MemoryStore::new());
        let graph = Host::graph().store(Arc::clone(&memory)).checkpointer(store.open().await).build();
        for (thread, visits) in [("a", 1), ("b", 2), ("c", 3)] {
            let done = graph.thread(thread).invoke(Input::new().guest("ada")).await.unwrap();
            assert_eq!(done.done().unwrap().visits, visits);
        }
        let shelf = Shelf::new(memory).under(["guests"]);
        assert_eq!(shelf.get::<u32>("ada").await.unwrap(), Some(3));
    }
}

#[tokio::test]
async fn a_graph_without_a_store_says_what_is_missing_rather_than_forget() {
    let graph = Host::graph().build();
    let error = graph.invoke(Input::new().guest("ada")).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("node `greet` asks for the store"), "{told}");
    assert!(told.contains("`.store(..)`"), "{told}");
}
