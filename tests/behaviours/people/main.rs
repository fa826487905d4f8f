//! What is promised about people and time: questions, answers, pauses, deadlines, going back.
//! A named test each, on every backend.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod answers;
mod asleep;
mod branches;
mod deadlines;
mod drawings;
mod interrupts;
mod people;
mod restart;
mod updates;
mod votes;
mod waiting;
mod waits;
mod walks;
