//! A moment server and its client, where things go wrong: connections that break, servers that go away, people who
//! ask for what isn't theirs.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod bodies;
mod endings;
mod faults;
mod forgetting;
mod openapi;
mod program;
mod proxy;
mod raw;
mod schema;
#[path = "../support/mod.rs"]
mod support;
mod tenants;
#[cfg(feature = "tls")]
mod tls;
