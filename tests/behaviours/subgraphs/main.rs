//! What is promised about graphs within graphs.
//! A named test each, on every backend.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod branches;
mod calls;
mod crashes;
mod drains;
mod failures;
mod memory;
mod questions;
mod renamed;
mod requeue;
mod shares;
mod times;
