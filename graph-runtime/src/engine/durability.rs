//! When what a run does is stored.

use serde::{Deserialize, Serialize};

/// When a step counts as taken. Whatever is chosen, the input is stored before the first node runs, and everything
/// before the run ends or pauses.
///
/// What the death of the process can cost, then, is time: nodes run again whose results weren't stored.
///
/// | | a killed process loses | what a step waits for |
/// |---|---|---|
/// | [`Sync`](Self::Sync) | the step that is under way | its own commit |
/// | [`Async`](Self::Async) | up to 8 steps, 8 MiB or 250 ms before that too | nothing, unless the writer is that far behind |
/// | [`Exit`](Self::Exit) | all steps of the run since its input, or since the last flush | nothing |
///
/// A node that must not lose what was done before it says so: `run.idempotency_key()` (and whatever else hands something
/// out that a crash must not take back) stores everything first, in each of them. What the store itself can lose
/// then (a power cut, a failover) is told at each checkpointer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Durability {
    /// When its moment is stored: the next step starts after that.
    Sync,
    /// At once: one ordered writer follows, at most 8 steps, 8 MiB or 250 ms behind, and has stored everything
    /// before a pause and before `invoke` returns. Its errors are the run's.
    #[default]
    Async,
    /// At once, and nothing is stored while the run goes well: only when it ends, pauses, fails, is cancelled or
    /// drained, and where a node asks for it, all in one commit. For short runs on a store that is slow. A run that is
    /// dropped, rather than cancelled, is forgotten back to its input. What is held is stored before it
    /// grows above 8 MiB.
    Exit,
}
