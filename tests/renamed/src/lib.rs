//! A graph where the runtime has another name, the prelude is missing, and every lint is an error.
#![no_implicit_prelude]
#![deny(
    warnings,
    clippy::pedantic,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    single_use_lifetimes,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results
)]
#![allow(clippy::unnecessary_wraps, clippy::unused_async)] // nodes are written in every form here, needed or not

/// Greets, and asks whom.
#[::stategraph::graph(id = "greeter", crate = ::stategraph)]
pub mod greeter {
    // Once more, as a macro sees nothing of the crate.
    #![no_implicit_prelude]

    use ::std::collections::BTreeMap;
    use ::std::option::Option;
    use ::std::string::String;
    use ::std::vec::Vec;

    /// What is known.
    #[state]
    pub struct Greeter {
        /// Who is there.
        #[input(required)]
        pub names: Vec<String>,
        /// Whom to greet.
        pub chosen: Option<String>,
        /// How each of them is.
        pub answers: BTreeMap<usize, String>,
        /// The greetings.
        #[reduce(append)]
        #[output]
        pub greetings: Vec<String>,
        /// How many.
        #[reduce(sum)]
        #[default(0)]
        pub count: u32,
    }

    edges! {
        /// Asks only where there is a choice.
        start -> look -> if state.names.len() > 1 { choose } else { greet, note };
        choose -> for name in &state.names, limit = 2 { ask_each(name) };
        ask_each -> {greet, note if state.count == 0} -> done -> end;
    }

    #[node]
    fn look() {}

    /// Whom?
    #[ask(into = chosen)]
    fn choose(names: &[String]) -> Vec<String> {
        ::std::clone::Clone::clone(&::std::borrow::ToOwned::to_owned(names))
    }

    /// How?
    #[ask(into = answers)]
    fn ask_each(name: &str) -> Option<String> {
        ::std::option::Option::Some(::std::convert::From::from(name))
    }

    #[node(writes(greetings, count))]
    async fn greet(chosen: Option<&str>, answers: &BTreeMap<usize, String>) -> update::Greet {
        let _ = answers;
        update::Greet::new()
            .greetings(::std::option::Option::map(
                chosen,
                ::std::convert::From::from,
            ))
            .count(1)
    }

    #[node(writes(count))]
    fn note() -> ::std::result::Result<u32, ::std::fmt::Error> {
        ::std::result::Result::Ok(1)
    }

    #[node]
    fn done(run: &::stategraph::Run) {
        run.emit("done");
    }
}
