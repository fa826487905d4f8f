//! What is promised about failing: what is tried again, what is never done twice, what is left after a crash.
//! A named test each, on every backend.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod cache;
mod crashing;
mod effects;
mod handlers;
mod once;
mod panics;
mod pending;
mod poison;
mod retry;
mod timeouts;
