//! Threads that are kept up: pruned, thinned out by runs, copied, counted, swept, filtered. What stays is what it was, on
//! every backend, whenever the work is cut off.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod answers;
mod changed;
mod copying;
mod crashes;
mod filters;
mod journey;
mod office;
mod picture;
mod pruning;
mod running;
mod runs;
mod store;
mod sweeping;
