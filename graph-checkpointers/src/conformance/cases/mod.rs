//! The cases, by subject. Each takes a new store and panics where the store breaks the contract; its name
//! says what must hold.

#![allow(missing_docs, reason = "the names say it")]

pub mod branches;
pub mod conflicts;
pub mod deletion;
pub mod due;
pub mod fences;
pub mod futures;
pub mod heads;
pub mod histories;
pub mod idle;
pub mod inbox;
pub mod isolation;
pub mod leases;
pub mod listing;
pub mod names;
pub mod paths;
pub mod payloads;
pub mod pointers;
pub mod reopening;
pub mod reopening_inbox;
pub mod reopening_leases;
pub mod reopening_upkeep;
pub mod repeats;
pub mod rewriting;
pub mod rewriting_races;
pub mod sizes;
pub mod users;
pub mod without;
pub mod writes;
