//! What is promised about runs: what is stored when, who may run, how a run is watched, stopped and gone on with.
//! A named test each, on every backend.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod busy;
mod cancelling;
mod changed;
mod damage;
mod determinism;
mod draining;
mod dropping;
mod durability;
mod edges;
mod encoding;
mod erased;
mod events;
mod evolution;
mod exit;
mod golden;
mod keeping;
mod leases;
mod nodes;
mod parallel;
mod running;
mod saving;
mod schedules;
mod shelves;
mod sizes;
mod stranded;
mod streaming;
