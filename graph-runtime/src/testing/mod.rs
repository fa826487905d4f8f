//! What tests of a graph need: a made-up [`Run`](crate::Run) for a node, scripted answers, a clock that is held, a
//! checkpointer that fails where it is told to, and [`crash_everywhere`]. With the feature `testing`.
//!
//! A node is a plain function, so most tests need nothing of this: call it. Where a route leads on some state,
//! the generated `Node` says: `Node::Classify.route(&state)`.

mod clock;
mod crash;
mod crash_error;
mod faulty;
mod made_up;
mod play;
mod progress;
mod shuffle;

pub use clock::TestClock;
pub use crash::{CrashEverywhere, Survived, crash_everywhere};
pub use crash_error::{CrashError, Killed};
pub use faulty::{Fault, Faulty};
pub use made_up::{MadeUp, Making};
pub use play::{Play, play};
pub(crate) use shuffle::Shuffle;
