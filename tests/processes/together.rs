//! Graphs of one process that know nothing of each other: as processes are, but for the memory that they share.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Running};

use crate::desk::desk::{Desk, Graph, Node};
use crate::desk::{Folder, PATIENCE, builder, say};

/// What a process has, on any store.
pub fn process(saver: &Arc<impl Checkpointer>, folder: &Folder) -> Graph {
    builder(folder)
        .shared()
        .checkpointer(Arc::clone(saver))
        .build()
}

/// A run that is at its work, whose door is shut.
pub async fn at_work(thread: &Thread<Desk>, text: &str) -> Running<Desk> {
    let mut running = thread
        .invoke(say(text))
        .durability(Durability::Sync)
        .spawn();
    loop {
        if let Event::Started {
            node: Node::Work, ..
        } = running.next().await.unwrap().unwrap()
        {
            return running;
        }
    }
}

/// Waits until something is so.
pub async fn until(is_so: impl AsyncFn() -> bool) {
    let patience = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, patience)
        .await
        .expect("it never was so");
}

/// Waits until so many inputs wait.
pub async fn waiting(thread: &Thread<Desk>, count: usize) {
    until(async || thread.inbox().await.unwrap().len() == count).await;
}
