//! Edges as the topology has them.

use graph_topology::{Source, Topology};

use crate::findings::Findings;
use crate::model::Graph;
use crate::{parse, topology};

fn lowered(edges: &str) -> Topology {
    let source = format!(
        "mod test {{
            #[state] pub struct Test {{ #[input] pub x: Option<u32>, #[reduce(sum)] pub n: u32 }}
            edges! {{ {edges} }}
            #[node(writes(n))] fn a(x: Option<u32>) -> u32 {{ 1 }}
            #[node] fn b() {{}}
            #[node] fn c() {{}}
            #[node] fn d(item: &u32) {{}}
        }}"
    );
    let mut findings = Findings::default();
    let args = "id = \"test\"".parse().unwrap();
    let module = parse::module(args, source.parse().unwrap(), &mut findings).unwrap();
    let lowered = Graph::new(&module, &mut findings).map(|graph| topology::lower(&graph));
    assert!(findings.into_error().is_none());
    lowered.unwrap()
}

#[test]
fn a_chain_is_a_route_for_each_arrow() {
    let graph = lowered("/// First.\nstart -> a -> b -> end;");
    let from: Vec<Source> = graph.routes.iter().map(|route| route.from[0]).collect();
    assert_eq!(from, [Source::Start, Source::Node(0), Source::Node(1)]);
    assert_eq!(graph.routes[0].doc, "First.");
    assert_eq!(graph.routes[1].doc, "");
    assert!(graph.routes[2].arms[0].to.is_empty());
}

#[test]
fn a_group_in_a_chain_is_started_and_joined() {
    let graph = lowered("start -> {a, b if state.x.is_some()} -> c;");
    let members = &graph.routes[0].arms[0].to;
    assert_eq!(members[1].guard.as_deref(), Some("state.x.is_some()"));
    assert_eq!(graph.joins[0].to, 2);
    assert_eq!(graph.joins[0].slots.len(), 2);
}

#[test]
fn an_arm_tells_the_conditions_that_lead_there() {
    let graph = lowered(
        "start -> match state.x { Some(n) if n > state.n => if state.n == 0 { a } else { end }, _ => b };",
    );
    let when: Vec<String> = graph.routes[0]
        .arms
        .iter()
        .map(|arm| arm.when.join(" / "))
        .collect();
    assert_eq!(
        when,
        [
            "Some(n) if n > state.n / state.n == 0",
            "Some(n) if n > state.n / else",
            "_"
        ]
    );
    assert_eq!(*graph.routes[0].reads, [0, 1]);
}

#[test]
fn fields_and_nodes_say_what_they_read_and_write() {
    let graph = lowered("start -> a -> for item in state.x { d(item) } -> end;");
    assert_eq!(
        (&*graph.nodes[0].reads, &*graph.nodes[0].writes),
        (&[0][..], &[1][..])
    );
    assert_eq!(graph.fields[1].reducer.as_deref(), Some("sum"));
    assert!(graph.fields[0].given && !graph.fields[1].given);
    assert_eq!(
        graph.routes[1].arms[0].to[0].each.as_deref(),
        Some("item in state.x")
    );
}
