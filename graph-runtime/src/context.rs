//! The context of a graph that is a node of another: found in the outer one's, field by field, by name and
//! type. Neither graph's macro sees the other's fields, so both sides are traits.

use std::any::Any;
use std::sync::Arc;

use crate::definition::StateGraph;

/// A context with a field of this type and this name, which is told by its hash.
pub trait HasField<T, const NAME: u64> {
    /// The field.
    fn field(&self) -> &T;
}

/// A context that can be made of an outer one.
#[diagnostic::on_unimplemented(
    message = "the context `{Self}` can't be made of the context `{P}`",
    label = "needs another context",
    note = "a context whose fields have a `cfg` can't be looked for in another one"
)]
pub trait FromOuter<P> {
    /// Makes it.
    fn from_outer(outer: &P) -> Self;
}

impl<P> FromOuter<P> for () {
    fn from_outer(_: &P) -> Self {}
}

/// The context of a graph within another one. One of the same type is shared as it is.
pub fn context_of<P: StateGraph, C: StateGraph>(outer: &Arc<P::Context>) -> Arc<C::Context>
where
    C::Context: FromOuter<P::Context>,
{
    let shared: Arc<dyn Any + Send + Sync> = Arc::<P::Context>::clone(outer);
    shared
        .downcast()
        .unwrap_or_else(|_| Arc::new(C::Context::from_outer(outer)))
}
