//! A thread with a past: inputs, answers, branches, values by hand, in an order that a number decides.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Graph, MomentId};

use crate::office::desk::{Desk, Values};
use crate::office::{answer, topics};
use crate::store::Hands;

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, count: usize) -> usize {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count as u64).unwrap()
    }
}

pub fn graph(saver: Arc<dyn Checkpointer>, clock: &Hands) -> Graph<Desk> {
    let builder = Desk::graph().clock(clock.clone());
    builder.checkpointer(saver).build()
}

/// Something that is done to a thread. What is refused is refused: it is part of the past too.
pub async fn go(thread: &Thread<Desk>, random: &mut Random, known: &[MomentId]) {
    let subjects = ["rain", "snow?", "wind", "fog?", "hail", "sun??"];
    let subject = subjects[random.below(subjects.len())];
    let other = subjects[random.below(subjects.len())];
    let limit = 1 + random.below(9);
    let said = ["ada", "bob"][random.below(2)];
    let past = (!known.is_empty()).then(|| known[random.below(known.len())]);
    let came = match (random.below(8), past) {
        (0..=2, _) | (_, None) => {
            let input = topics(&[subject, other]);
            let run = thread.invoke(input).metadata("by", said);
            run.step_limit(limit).await.map(drop)
        }
        (3..=5, _) => {
            let open = thread.questions().await.unwrap();
            match open.first() {
                Some(question) => {
                    let yes = random.below(2) == 0;
                    let run = thread.answer(answer(question, yes));
                    run.step_limit(limit).await.map(drop)
                }
                None => thread.resume().step_limit(limit).await.map(drop),
            }
        }
        (6, Some(past)) => {
            let run = thread.at(past).replay().metadata("by", said);
            run.step_limit(limit).await.map(drop)
        }
        (_, Some(past)) => {
            let values = Values::new().log(["by hand".to_owned()]);
            thread.at(past).fork(values).await.map(drop)
        }
    };
    match came {
        // A graph within that may take no more steps fails its node.
        Ok(()) | Err(Error::StepLimit { .. } | Error::Paused { .. } | Error::Node { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Does so much to it.
pub async fn travel(thread: &Thread<Desk>, random: &mut Random, steps: usize) {
    for _ in 0..steps {
        let known = match thread.state().await.unwrap() {
            Some(_) => crate::picture::ids(thread).await,
            None => Vec::new(),
        };
        go(thread, random, &known).await;
    }
}
