//! What the tests of this crate share.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses its part"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "test support"
)]

pub mod generate;
pub mod notation;
pub mod oracle;
pub mod print;
pub mod shrink;
