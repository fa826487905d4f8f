//! Graphs that make it hard for the expansion.

pub mod cfg;
pub mod derived;
pub mod forms;
pub mod private;
pub mod raw;
pub mod secrets;
#[allow(dead_code)] // what is there is only there to be stumbled over
pub mod shadows;
pub mod two;
pub mod written;
