//! What is read and what is said about it, without a compiler around it.

mod attributes;
mod edges;
mod editing;
mod lowering;
mod nodes;
mod policies;
mod state;
mod subgraphs;
mod waits;

use crate::findings::Findings;
use crate::model::Graph;
use crate::parse;

/// Everything that is said about a module.
fn messages(args: &str, module: &str) -> Vec<String> {
    let mut findings = Findings::default();
    let module = parse::module(
        args.parse().unwrap(),
        module.parse().unwrap(),
        &mut findings,
    );
    if let Some(module) = &module {
        let _ = Graph::new(module, &mut findings);
    }
    let error = findings.into_error();
    error
        .into_iter()
        .flatten()
        .map(|error| error.to_string())
        .collect()
}

/// Everything that is said about edges between the nodes `a` to `e`, an item's node `f`, and a state with `x` and `list`.
fn about_edges(edges: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub x: Option<u32>, pub list: Vec<u32> }}
                edges! {{ {edges} }}
                #[node] fn a() {{}}
                #[node] fn b() {{}}
                #[node] fn c() {{}}
                #[node] fn d() {{}}
                #[node] fn e() {{}}
                #[node] fn f(item: &u32) {{}}
            }}"
        ),
    )
}

/// Everything that is said about items around a graph that is well.
fn about_items(items: &str) -> Vec<String> {
    messages(
        "id = \"test\"",
        &format!(
            "mod test {{
                #[state] pub struct Test {{ pub x: Option<u32>, #[reduce(append)] pub list: Vec<u32> }}
                #[context] pub struct App {{ pub client: Client }}
                edges! {{ start -> a -> end; }}
                #[node] fn a() {{}}
                {items}
            }}"
        ),
    )
}

/// The one message, which has to be all of it.
#[track_caller]
fn only(messages: Vec<String>) -> String {
    match <[String; 1]>::try_from(messages) {
        Ok([message]) => message,
        Err(messages) => panic!("expected one message, got {messages:#?}"),
    }
}
