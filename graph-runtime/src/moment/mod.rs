//! Moments: what was the case after a step, and how it is stored and read back.

mod body;
mod carry;
mod copy;
mod evolve;
mod format;
mod json;
mod leftover;
mod letter;
#[cfg(feature = "msgpack")]
mod msgpack;
mod payload;
mod read;
mod replay;
mod rewrite;
#[cfg(feature = "testing")]
mod stored_turns;
mod trail;

pub(crate) use body::{
    Body, Left, RunHeader, StoredActivation, StoredCall, StoredChild, StoredQuestion,
    StoredQuestions, move_on,
};
pub(crate) use carry::{Luggage, Placed, rename};
pub(crate) use copy::Renamed;
pub(crate) use evolve::fingerprint;
pub use format::Format;
pub(crate) use leftover::Leftover;
pub(crate) use letter::{Letter, LetterInput};
pub(crate) use payload::{ThreadSeal, draft};
pub use read::{Child, Moment};
pub(crate) use read::{PAGE, Reader, Stand, Wanted, thread_text};
pub(crate) use replay::{Replay, answers_of, header_of, is_at_rest, left_of};
pub(crate) use rewrite::{as_snapshot, based_on, moved, moved_write};
#[cfg(feature = "testing")]
pub(crate) use stored_turns::StoredTurn;
