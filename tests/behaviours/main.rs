//! The behaviours that users of such systems are promised, a named test each, on every backend.
//!
//! The numbers in the names' comments are those of the list of behaviours that this library answers to.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod answers;
mod between;
mod cancelling;
mod changed;
mod crashing;
mod damage;
mod determinism;
mod dropping;
mod durability;
mod edges;
mod encoding;
mod graphs;
mod keeping;
mod nodes;
mod office;
mod panics;
mod parallel;
mod people;
mod restart;
mod running;
mod saving;
mod schedules;
mod sizes;
mod slow;
mod store;
mod stranded;
mod streaming;
mod votes;
mod waiting;
