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

/// Turns a module into a state graph.
///
/// `#[graph(id = "support")]` stands on a module that is written in place. The id is what its threads are found
/// by; `crate = path` says where the runtime is, if it was renamed; `emits = Type` what its nodes show while they run. A crate with `#![no_implicit_prelude]` repeats it in
/// the module, where the macro can see it. What can't work is a compile error at its own
/// token, with what to do about it.
///
/// # The items of the module
///
/// - `#[state] pub struct ..`: what the graph knows. Each field has a `Default`, a `#[default(expr)]`, or is
///   `#[input(required)]`.
///   - `#[input]`, `#[output]`: what a run is given and what it gives; without any, all fields are both.
///   - `#[reduce(how)]`: how updates are combined: `append`, `sum`, `max`, `min`, `union`, `merge`,
///     `upsert(key = field)`, `and`, `or`, `keep_first`, `last`, or a type that implements `Reducer`.
///     Without one the new value replaces the old.
///   - `#[scope(run)]`, `#[scope(step)]`: back to the default when a run begins, or after each step.
///   - `#[unsaved]`: never stored.
/// - `#[context] pub struct ..`: clients and pools, given when the graph is built, never stored.
/// - `#[node(writes(field, ..))] fn ..`: a node. Its parameters are named like what they take: a field of the
///   state or the context, `state`, `run`, or, in a `for`, its item. It returns what it writes, a tuple of that,
///   or its update; or a `Result` of one. `spawn` runs it on the runtime's threads, `blocking` where it may wait.
///   With `asks(Question)` and `run: &Asking<Question>` it asks while it runs.
/// - `#[ask(into = field)] fn ..`: returns a question; the run waits until it is answered. With `within = "3d"`
///   it waits no longer than that, and takes what `else = expr` says, if it says anything.
/// - `#[wait(until = expr)] fn ..() {}`, `#[wait(time = "1h")] fn ..() {}`: the run waits until then, or so long.
/// - `#[subgraph(module::State, share(field), into = field, memory)] fn ..`: another graph as a node; the function
///   returns its input.
/// - `#[migrate] fn ..`: brings a state that an earlier version has stored up to date. A node that was renamed says so:
///   `#[node(alias = "old_name")]`.
/// - `edges! { .. }`: what follows what.
///
/// # Edges
///
/// | form | meaning |
/// |---|---|
/// | `a -> b -> c;` | one after the other |
/// | `a -> {b, c};` | both |
/// | `{b, c} -> d;` | `d` when both have ended; `{b \| x, c}` where either of two will do |
/// | `b \| c -> d;` | either one leads on |
/// | `a -> match state.x { P => b, _ => end };` | by a `match`: patterns, guards, any expression over `state` |
/// | `a -> if cond { b } else { end };` | by a condition |
/// | `a -> {b if cond, c};` | a member only if its guard holds |
/// | `a -> for item in items { b(item) };` | a task for each item; `, limit = 8` bounds how many at once |
/// | `start`, `end` | where runs begin and finish |
///
/// # What is generated
///
/// Beside the module's own items: `Graph` and the state's `graph()`, which builds one; `Node`, `Input`, `Output`, `Values` (what anybody may set by hand), an update for each
/// node in `update`, a question for each ask in `question`, `Question`, `Answer`, `Pause`, and `TOPOLOGY`.
#[proc_macro_attribute]
pub fn graph(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::graph(args.into(), &item.into()).into()
}
