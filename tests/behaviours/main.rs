//! The behaviours that users of such systems are promised, a named test each, on every backend.
//!
//! The numbers in the names' comments are those of the list of behaviours that this library answers to.

#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used, clippy::panic)] // what helps a test may fail it

mod answers;
mod asleep;
mod bench;
mod between;
mod branches;
mod busy;
mod cache;
mod cancelling;
mod changed;
mod crashing;
mod damage;
mod deadlines;
mod determinism;
mod draining;
mod drawings;
mod dropping;
mod durability;
mod edges;
mod effects;
mod encoding;
mod erased;
mod errand;
mod events;
mod evolution;
mod exit;
mod golden;
mod graphs;
mod handlers;
mod interrupts;
mod keeping;
mod leases;
mod nested;
mod nodes;
mod office;
mod once;
mod panics;
mod parallel;
mod pending;
mod people;
mod poison;
mod restart;
mod retry;
mod running;
mod saving;
mod schedules;
mod shelves;
mod sizes;
mod slow;
mod store;
mod stranded;
mod streaming;
mod subgraph_branches;
mod subgraph_crashes;
mod subgraph_memory;
mod subgraph_questions;
mod subgraph_shares;
mod subgraph_times;
mod subgraphs;
mod talk;
mod timeouts;
mod traces;
mod updates;
mod votes;
mod waiting;
mod waits;
mod walks;
mod watch;
mod workshop;
