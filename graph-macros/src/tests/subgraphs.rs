//! Nodes that are other graphs.

use graph_topology::NodeKind;

use super::{messages, only};
use crate::findings::Findings;
use crate::model::Graph;
use crate::{parse, topology};

fn module(node: &str, edges: &str) -> String {
    format!(
        "mod test {{
            #[state] pub struct Test {{
                #[input] pub topic: String,
                #[reduce(append)] pub notes: Vec<other::Output>,
                #[reduce(append)] pub log: Vec<String>,
                #[unsaved] pub cache: Option<u32>,
                #[cfg(test)] pub extra: u32,
                #[input] pub list: Vec<u32>,
            }}
            edges! {{ {edges} }}
            {node}
        }}"
    )
}

fn about(node: &str) -> Vec<String> {
    messages("id = \"test\"", &module(node, "start -> web -> end;"))
}

const INPUT: &str = "fn web(topic: &str) -> other::Input {}";

#[test]
fn the_whole_of_it_can_be_written_in_any_order() {
    for arguments in [
        "other::Other",
        "Other, memory",
        "crate::other::Other, share(log), into = notes,",
        "other::Other, memory, into = notes, share(log, topic)",
    ] {
        let said = about(&format!("#[subgraph({arguments})] async {INPUT}"));
        assert_eq!(said, Vec::<String>::new(), "{arguments}");
    }
}

#[test]
fn the_other_graph_has_to_be_named() {
    let said = "`subgraph` needs the state of the other graph; write `#[subgraph(module::State)]`";
    for attribute in [
        "subgraph",
        "subgraph()",
        "subgraph(into = notes)",
        "subgraph(share(log))",
        "subgraph(memory)",
    ] {
        assert_eq!(
            only(about(&format!("#[{attribute}] {INPUT}"))),
            said,
            "{attribute}"
        );
    }
    assert_eq!(
        only(about(&format!("#[subgraph(other::)] {INPUT}"))),
        "a name is missing after `::`; write the rest of the path"
    );
}

#[test]
fn what_it_names_has_to_be_ours() {
    assert_eq!(
        only(about(&format!(
            "#[subgraph(other::Other, into = note)] {INPUT}"
        ))),
        "`Test` has no field `note`; did you mean `notes`?"
    );
    assert_eq!(
        only(about(&format!(
            "#[subgraph(other::Other, share(logs))] {INPUT}"
        ))),
        "`Test` has no field `logs`; did you mean `log`?"
    );
    for twice in ["share(log, log)", "into = log, share(log)"] {
        assert_eq!(
            only(about(&format!(
                "#[subgraph(other::Other, {twice})] {INPUT}"
            ))),
            "`log` is named twice; leave one of them out"
        );
    }
    assert_eq!(
        only(about(&format!(
            "#[subgraph(other::Other, writes(log))] {INPUT}"
        ))),
        "`subgraph` has no argument `writes`; it takes `share`, `into`, `memory`, `on_error` or `alias`"
    );
}

#[test]
fn what_is_done_about_a_node_is_done_about_those_in_there() {
    for (argument, said) in [
        (
            "retry(times = 3)",
            "a graph isn't tried again as a whole: it goes on at the node that failed; give that node `retry`",
        ),
        (
            "timeout = \"3s\"",
            "a graph takes as long as its steps and its answers do; give its nodes `timeout`, or the run a deadline",
        ),
        (
            "cache",
            "a graph may ask and share, which no cache can give back; give its nodes `cache`",
        ),
        (
            "effect",
            "a graph stands where its nodes have left it; say which of them has the effect, there",
        ),
        (
            "at_most_once",
            "a graph stands where its nodes have left it; say which of them has the effect, there",
        ),
    ] {
        assert_eq!(
            only(about(&format!(
                "#[subgraph(other::Other, {argument})] {INPUT}"
            ))),
            said
        );
    }
}

#[test]
fn its_failure_leads_on_like_that_of_any_node() {
    let node = |arguments: &str| {
        format!("#[subgraph(other::Other, {arguments})] {INPUT} #[node] fn rescue() {{}}")
    };
    let about =
        |arguments: &str, edges: &str| messages("id = \"test\"", &module(&node(arguments), edges));
    let edges = "start -> web -> end; rescue -> end;";
    let nothing = Vec::<String>::new();
    assert_eq!(about("on_error = rescue", edges), nothing);
    assert_eq!(about("on_error = rescue, share(log)", edges), nothing);
    assert_eq!(
        only(about("on_error = rescu", edges)),
        "there is no node `rescu`; did you mean `rescue`?"
    );
    assert_eq!(
        only(about("on_error = rescue", "start -> {web, rescue} -> end;")),
        only(messages(
            "id = \"test\"",
            &module(
                "#[node(on_error = rescue)] fn web(topic: &str) {} #[node] fn rescue() {}",
                "start -> {web, rescue} -> end;"
            )
        )),
        "what is proved of it is proved of any node"
    );
}

#[test]
fn it_may_have_had_other_names() {
    let nothing = Vec::<String>::new();
    let about = |arguments: &str| about(&format!("#[subgraph(other::Other, {arguments})] {INPUT}"));
    assert_eq!(about("alias = \"search\""), nothing);
    assert_eq!(about("alias(\"search\", \"browse\"), memory"), nothing);
    assert_eq!(
        only(about("alias = \"web\"")),
        "`web` is a node of this graph; an alias is a name that a node had before"
    );
}

#[test]
fn what_is_not_always_there_is_not_shared() {
    assert_eq!(
        only(about(&format!(
            "#[subgraph(other::Other, share(cache))] {INPUT}"
        ))),
        "`cache` isn't stored, so what another graph did to it can't be told after a restart; leave `unsaved` out, or don't share it"
    );
    assert_eq!(
        only(about(&format!(
            "#[subgraph(other::Other, share(extra))] {INPUT}"
        ))),
        "`extra` may be missing, by its `cfg`, so it can't be shared"
    );
}

#[test]
fn it_is_given_an_input() {
    assert_eq!(
        only(about("#[subgraph(research::other::Other)] fn web() {}")),
        "`web` gives its graph no input; return it, `-> research::other::Input`"
    );
}

#[test]
fn a_graph_is_no_node_of_itself() {
    for path in ["Test", "self::Test"] {
        assert_eq!(
            only(about(&format!("#[subgraph({path})] {INPUT}"))),
            "`Test` can't be a node of itself: its questions and events would hold themselves without end; let an edge lead back instead"
        );
    }
}

#[test]
fn there_is_one_memory_for_all_calls() {
    let node = "#[subgraph(other::Other, memory)] fn web(part: u32) -> other::Input {}";
    let edges = "start -> for part in &state.list { web(part) } -> end;";
    assert_eq!(
        only(messages("id = \"test\"", &module(node, edges))),
        "the graph is called for each `part` at once, and has one memory; leave `memory` out"
    );
}

#[test]
fn it_reads_what_it_shares_and_writes_that_and_its_output() {
    let node = format!("#[subgraph(other::Other, share(log), into = notes)] {INPUT}");
    let source = module(&node, "start -> web -> end;");
    let mut findings = Findings::default();
    let args = "id = \"test\"".parse().unwrap();
    let module = parse::module(args, source.parse().unwrap(), &mut findings).unwrap();
    let lowered = Graph::new(&module, &mut findings).map(|graph| topology::lower(&graph));
    assert!(findings.into_error().is_none());
    let node = &lowered.unwrap().nodes[0];
    assert_eq!(node.kind, NodeKind::Subgraph);
    assert_eq!((&*node.reads, &*node.writes), (&[0, 2][..], &[1, 2][..]));
}
