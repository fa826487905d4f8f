//! What the tests of several programs share: graphs to run, places to keep moments in, checkpointers that go wrong.
//! The behaviours that users of such systems are promised are in `behaviours`, by subject; here is none of them, but
//! for the README's code, which is a test.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(missing_docs, clippy::missing_panics_doc)] // nobody but tests uses it
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)] // what helps a test may fail it

pub mod bench;
pub mod between;
pub mod bodies;
pub mod errand;
pub mod graphs;
pub mod nested;
pub mod office;
pub mod slow;
pub mod store;
pub mod talk;
pub mod watch;
pub mod workshop;

#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
struct Readme;
