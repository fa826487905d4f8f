//! The suite of several processes on one store, over Redis.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

mod child;
mod crashes;
mod desk;
mod fences;
mod line;
mod messages;
mod place;
mod queue;
mod schedulers;
mod stops;
mod together;
