//! The state of a graph: how updates change it, how a change is written down, how it is rebuilt.

mod change;
mod fields;
mod image;
mod patch;
pub mod plain;
mod reduce;
mod shares;

pub use change::{Change, FieldLog, FieldSpec};
pub(crate) use change::{encode_into, sorted};
pub use fields::{Fields, entry};
pub(crate) use image::Image;
pub use patch::{Never, Patch};
pub use reduce::{
    And, Append, Collects, ItemKey, KeepFirst, KeyOf, Last, Max, Merge, Min, Or, Reducer, Removes,
    Sum, Union, Upsert,
};
pub use shares::{Shares, replaced};
