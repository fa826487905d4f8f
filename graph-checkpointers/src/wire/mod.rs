//! What a moment server and its client say to each other: the same types on both sides.
//!
//! `frame` is a body that carries payloads as they are, `moments` what such bodies say, `small` the bodies that
//! are JSON alone, `problem` what went wrong.

mod frame;
mod moments;
mod problem;
mod small;
#[cfg(test)]
mod tests;

pub(crate) use frame::{FRAMES, Frame};
#[cfg(feature = "http")]
pub(crate) use problem::BadId;
pub(crate) use problem::{Kind, Problem};
pub(crate) use small::{
    About, OneThread, Paths, Sent, Stored, Taken, Taking, Threads, TimedThreads,
};

/// The key under which a server remembers the outcome of a change.
pub(crate) const KEY: &str = "idempotency-key";

/// In each reply: how far the server's memory of outcomes has come.
pub(crate) const MARK: &str = "moment-mark";

/// In a request that may have arrived before: the mark from before that.
pub(crate) const REPEATS: &str = "moment-repeats-since";

/// The content type of what is JSON alone.
pub(crate) const JSON: &str = "application/json";

/// The content type of a message on its way into an inbox.
pub(crate) const BYTES: &str = "application/octet-stream";

/// The content type of what went wrong (RFC 9457).
#[cfg(feature = "server")]
pub(crate) const PROBLEM: &str = "application/problem+json";
