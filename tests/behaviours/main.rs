//! The behaviours that users of such systems are promised, a named test each, on every backend.
//!
//! The numbers in the names' comments are those of the list of behaviours that this library answers to.

mod answers;
mod cancelling;
mod changed;
mod damage;
mod determinism;
mod dropping;
mod durability;
mod encoding;
mod graphs;
mod keeping;
mod language;
mod office;
mod parallel;
mod people;
mod restart;
mod running;
mod saving;
mod sizes;
mod slow;
mod store;
mod streaming;
