//! A graph in which everything waits: an ask with a deadline, a wait, nodes of a `for` that ask while they run.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks, Checkpointer};
use serde::{Deserialize, Serialize};

use self::workshop::{Input, Pause, Question, Workshop};
use crate::office::Desk;
use crate::watch::Watch;

/// What is asked about a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Which {
    pub part: u32,
    pub what: String,
}

impl Asks for Which {
    type Answer = u32;
}

#[graph(id = "workshop")]
pub mod workshop {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Workshop {
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        pub log: Vec<String>,
        pub approved: Option<bool>,
    }

    #[context]
    pub struct Table {
        pub desk: Arc<Desk>,
    }

    edges! {
        start -> {approve, for part in &state.parts, limit = 2 { cut(part) }, prepare};
        prepare -> dry -> paint;
        {approve, cut, paint} -> pack -> end;
    }

    #[ask(into = approved, within = "1h", else = state.parts.len() > 2)]
    fn approve() -> String {
        "as it is?".to_owned()
    }

    /// Of an even part all is known, of any other it asks twice.
    #[node(writes(log), asks(Which))]
    async fn cut(part: u32, run: &Asking<Which>, desk: &Desk) -> Result<String, String> {
        let turn = desk.turn(run).await?;
        if part.is_multiple_of(2) {
            return Ok(format!("{turn}: {part}"));
        }
        let which = |what: &str| Which {
            part,
            what: what.to_owned(),
        };
        let size = run.interrupt("size", which("size")).await;
        let colour = run.interrupt("colour", which("colour")).await;
        Ok(format!("{turn}: {part} {size} {colour}"))
    }

    #[node(writes(log))]
    async fn prepare(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.turn(run).await
    }

    #[wait(time = "30m")]
    fn dry() {}

    #[node(writes(log))]
    async fn paint(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.turn(run).await
    }

    #[node(writes(log))]
    async fn pack(run: &Run, desk: &Desk) -> Result<String, String> {
        desk.turn(run).await
    }
}

pub fn thread(
    saver: Arc<dyn Checkpointer>,
    desk: &Arc<Desk>,
    watch: &Watch,
    durability: Durability,
) -> Thread<Workshop> {
    let context = workshop::Table {
        desk: Arc::clone(desk),
    };
    let graph = Workshop::graph().clock(watch.clone()).context(context);
    let graph = graph.durability(durability).checkpointer(saver);
    graph.build().thread("t")
}

pub fn input() -> Input {
    Input::new().parts(vec![2, 3, 4, 5, 7])
}

/// What a run with that input and nothing unusual writes into its log.
pub const LOG: [&str; 8] = [
    "prepare",
    "cut 0: 2",
    "cut 1: 3 30 31",
    "cut 2: 4",
    "cut 3: 5 50 51",
    "cut 4: 7 70 71",
    "paint",
    "pack",
];

/// One answer, to the last question that is open; or the next time that somebody waits for. Nobody approves.
pub async fn next(
    thread: &Thread<Workshop>,
    watch: &Watch,
    pause: Pause,
) -> Result<Outcome<Workshop>, Error> {
    let answer = pause.questions().iter().rev().find_map(|open| match open {
        Question::Cut(cut) => {
            let colour = u32::from(cut.question.what == "colour");
            Some(cut.answer(cut.question.part * 10 + colour))
        }
        Question::Approve(_) => None,
    });
    if let Some(answer) = answer {
        thread.answer(answer).await
    } else {
        watch.set(pause.due().unwrap());
        thread.wake().await
    }
}

pub async fn to_the_end(
    thread: &Thread<Workshop>,
    watch: &Watch,
    mut outcome: Outcome<Workshop>,
) -> Result<workshop::Output, Error> {
    loop {
        match outcome {
            Outcome::Done(done) => return Ok(done.output),
            Outcome::Paused(pause) => outcome = next(thread, watch, pause).await?,
        }
    }
}
