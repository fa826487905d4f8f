//! One mistake, one message: what a graph needs of the user's types is asked once, at the place where each stands,
//! before all generated code that relies on it.
//!
//! The generated `__SOUND` is a constant that names each type in a call of a function from here. Generated code
//! names a type as [`Sound<T, __SOUND>`](Sound), which is `T`. Where a type lacks something there is no such constant,
//! and so no such type; as that was said, the compiler says nothing about whatever depends on it.

use serde::{Deserialize, Serialize};

use crate::interrupt::Asks;
use crate::state::Reducer;

/// `T`, if all types are sound.
pub type Sound<T, const SOUND: bool> = <T as If<SOUND>>::Sound;

/// The way to [`Sound`]: only a type that a trait names is looked for after the constant is known.
pub trait If<const SOUND: bool> {
    /// The type itself.
    type Sound;
}

impl<T, const SOUND: bool> If<SOUND> for T {
    type Sound = T;
}

/// The type of a field of the state.
pub const fn a_field<T>()
where
    T: Serialize + for<'de> Deserialize<'de> + Clone + Send + Sync,
{
}

/// The type of a field that is `#[unsaved]`, and that no node sets.
pub const fn an_unsaved_field<T: Clone + Send + Sync>() {}

/// A reducer of a field.
pub const fn a_reducer<R, T>()
where
    R: Reducer<T>,
    R::Delta: Serialize + for<'de> Deserialize<'de> + Clone + Send + Sync,
{
}

/// The type of a field of the context.
pub const fn a_part_of_the_context<T: Send + Sync>() {}

/// What a `for` gives to a node.
pub const fn an_item<T: Serialize + for<'de> Deserialize<'de> + Send + Sync>() {}

/// What an ask asks.
pub const fn a_question<T: Serialize + for<'de> Deserialize<'de> + Send>() {}

/// What a node asks while it runs: the rest is asked of the trait.
pub const fn a_question_with_its_answer<Q: Asks>() {}

/// What such a question is answered: where [`Asks`] is named, what it demands is held against the question once more.
pub trait Answered {
    /// The type of the answer.
    type Answer;
}

impl<Q: Asks> Answered for Q {
    type Answer = Q::Answer;
}

/// What nodes show while they run.
pub const fn an_emitted_value<T: Serialize + Send>() {}
