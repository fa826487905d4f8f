//! JSON as `MessagePack` and back, to the byte: what was stored is compared and summed up by its text.
//!
//! Every value becomes what `MessagePack` has for it, an integer an integer, a key a string, in their order. What
//! would come back in other words (a number that isn't written as its value would be or that no machine has, an escape that
//! needn't be one, a value with spaces in it) is kept as the JSON that it is, in an extension of type [`VERBATIM`].

mod pack;
#[cfg(test)]
mod tests;
mod unpack;

pub(super) use pack::pack;
pub(super) use unpack::unpack;

/// The type of the extension that holds JSON as it was written: `J`.
const VERBATIM: u8 = b'J';

/// How deep values may lie in each other.
const DEPTH: usize = 1024;
