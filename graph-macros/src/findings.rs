//! What was found wrong so far, in the order in which it was found.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

/// Collects every mistake of a module, so that all are reported at once.
///
/// Has to end in [`Findings::into_error`]: a collector that is dropped would hide mistakes.
#[must_use = "findings that nobody reports are lost"]
#[derive(Debug, Default)]
pub(crate) struct Findings {
    errors: Vec<Error>,
}

impl Findings {
    /// Adds a mistake that covers all tokens of `place`.
    pub(crate) fn at(&mut self, place: impl ToTokens, message: impl Display) {
        self.errors.push(Error::new_spanned(place, message));
    }

    /// Adds a mistake at a span.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.errors.push(Error::new(span, message));
    }

    /// Adds what the parser had to say.
    pub(crate) fn add(&mut self, error: Error) {
        self.errors.push(error);
    }

    /// Keeps the value of a step, or what was wrong with it.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// How many mistakes were found; a step that compares two counts knows whether it went well.
    pub(crate) fn count(&self) -> usize {
        self.errors.len()
    }

    /// All mistakes as one error, or nothing.
    pub(crate) fn into_error(mut self) -> Option<Error> {
        self.errors.drain(..).reduce(|mut all, error| {
            all.combine(error);
            all
        })
    }
}

impl Drop for Findings {
    fn drop(&mut self) {
        debug_assert!(
            self.errors.is_empty() || std::thread::panicking(),
            "findings were dropped without being reported"
        );
    }
}
