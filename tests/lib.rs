//! Nothing but tests; the README's code is one of them.

#[doc = include_str!("../README.md")]
#[cfg(doctest)]
struct Readme;
