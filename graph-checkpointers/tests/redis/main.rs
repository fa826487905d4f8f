//! What is Redis's own: servers that are killed, keep little, refuse, or are several; what lies in them, and who shares
//! them. Each test has a server of its own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod cluster;
mod crash;
mod damage;
mod keys;
mod model;
mod persistence;
mod refusals;
mod replicas;
mod run;
mod server;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "tls")]
mod tls;
mod walk;
