//! A conversation whose second node waits at a door, so that a test can find it there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use graph_runtime::prelude::*;
use graph_runtime::{Builder, Running, Unsaved};

use self::talk::{Input, Room, Talk};
use crate::office::polls;

/// Shut until somebody opens it.
#[derive(Default)]
pub struct Door(AtomicBool);

impl Door {
    pub fn open(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub async fn pass(&self) {
        while !self.0.load(Ordering::SeqCst) {
            polls(1).await;
        }
    }
}

#[graph(id = "talk")]
pub mod talk {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Talk {
        #[input]
        #[reduce(append)]
        pub said: Vec<String>,
        #[reduce(append)]
        pub heard: Vec<String>,
    }

    #[context]
    pub struct Room {
        pub door: Arc<Door>,
    }

    edges! { start -> note -> think -> end; }

    #[node(writes(heard))]
    fn note(said: &[String]) -> String {
        format!("note {}", said.join("+"))
    }

    #[node(writes(heard))]
    async fn think(said: &[String], door: &Door) -> String {
        door.pass().await;
        format!("think {}", said.join("+"))
    }
}

pub fn builder(door: &Arc<Door>) -> Builder<Talk, Unsaved, Room> {
    Talk::graph().context(Room {
        door: Arc::clone(door),
    })
}

pub fn say(text: &str) -> Input {
    Input::new().said([text.to_owned()])
}

/// A run that stands before the door.
pub async fn at_the_door(thread: &Thread<Talk>, text: &str) -> Running<Talk> {
    let mut running = thread
        .invoke(say(text))
        .durability(Durability::Sync)
        .spawn();
    loop {
        if let Event::Started {
            node: talk::Node::Think,
            ..
        } = running.next().await.unwrap().unwrap()
        {
            return running;
        }
    }
}
