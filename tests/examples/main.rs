//! The examples as the programs that they are: real input through pipes, killed in the middle, started again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

mod digest;
mod handover;
mod model;
mod orders;
mod payments;
mod program;
mod readme;
mod research;
mod server;
mod sessions;
mod support;
mod ward;
