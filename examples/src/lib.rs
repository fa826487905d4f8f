//! What the examples share, beside the library: the terminal, walking a directory, taking words apart.

pub mod files;
pub mod terminal;
pub mod words;
