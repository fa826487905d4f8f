//! Turns an annotated module into a state graph that the compiler has checked.
//!
//! The way of a module: its tokens are read into an `ast`, names are looked up in it to make a `model`,
//! which is lowered to a topology and checked; then it is expanded, whatever was found.

mod ast;
mod expand;
mod findings;
mod model;
mod names;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod topology;

use proc_macro::TokenStream;

/// Turns a module into a state graph that the compiler has checked: `#[graph(id = "support")] mod support { .. }`.
///
/// It is used from `graph_runtime`, where its whole language is told.
#[proc_macro_attribute]
pub fn graph(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::graph(args.into(), &item.into()).into()
}
