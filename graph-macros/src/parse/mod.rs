//! Tokens to ast. What can't be read is reported and left out; the rest is read all the same.

mod args;
mod attrs;
mod duration;
mod edges;
mod fields;
mod items;
mod mend;
mod module;
mod nodes;
mod policy;
mod serde;
mod structs;
mod subgraphs;
mod targets;
mod waits;

pub(crate) use mend::{PLACEHOLDER, is_mended};
pub(crate) use module::module;
