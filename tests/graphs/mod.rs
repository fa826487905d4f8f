//! Real graphs, as somebody would write them: what they need drives the language, and the tests of
//! several crates run them.

pub mod agent;
pub mod approval;
pub mod conversation;
pub mod files;
pub mod order;
