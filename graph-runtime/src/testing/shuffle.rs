//! Another order of things for each seed.

use std::task::Context;

use crate::definition::StateGraph;
use crate::invocation::Invocation;

impl<G: StateGraph, P> Invocation<G, P> {
    /// Runs the tasks of each step in another order for each seed, as if they took their time: what is stored and
    /// what comes out has to be the same. With the feature `testing`.
    pub fn shuffled(mut self, seed: u64) -> Self {
        self.setting.shuffle = Some(seed);
        self
    }
}

/// When a task is held up: a small random generator, each task's its own.
pub(crate) struct Shuffle(u64);

impl Shuffle {
    pub(crate) fn new(seed: u64, step: u64, node: usize, item: u32) -> Self {
        let parts = [seed, step, node as u64, u64::from(item)];
        // Steele, Lea and Flood's SplitMix64.
        let mixed = parts.iter().fold(0u64, |state, part| {
            let state = state
                .wrapping_add(*part)
                .wrapping_add(0x9E37_79B9_7F4A_7C15);
            let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            state ^ (state >> 31)
        });
        Self(mixed | 1)
    }

    /// Whether the task is held up this time.
    pub(crate) fn holds(&mut self, cx: &Context<'_>) -> bool {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let holds = !self.0.is_multiple_of(3);
        if holds {
            cx.waker().wake_by_ref();
        }
        holds
    }
}
