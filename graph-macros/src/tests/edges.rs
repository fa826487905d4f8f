//! The grammar of `edges!` and what it says about what doesn't belong.

use super::{about_edges, only};

#[track_caller]
fn accepted(edges: &str) {
    assert_eq!(about_edges(edges), Vec::<String>::new());
}

#[test]
fn every_form_is_read() {
    accepted("start -> a -> b -> c; c -> end;");
    accepted("start -> a -> {b, c}; {b, c} -> d; d -> end;");
    accepted("start -> {a, b} -> c -> end;");
    accepted("start -> a -> {b if state.x.is_some(), c} -> d -> end;");
    accepted("{a | b, c} -> d;");
    accepted("a | b -> c;");
    accepted("start | a -> b;");
    accepted("a | b -> match state.x { Some(1 | 2) => c, Some(n) if n > 3 => {d, e}, _ => end };");
    accepted(
        "a -> match (state.x, &state.list[..]) { (None, []) => end, _ => for item in &state.list { f(item) }, };",
    );
    accepted(
        "a -> if let Some(1) = state.x && state.list.len() > 2 { b } else if state.list.is_empty() { c, d } else { end };",
    );
    accepted(
        "a -> match state.x { Some(_) => if state.list.is_empty() { b } else { c }, None => match state.list.len() { 0 => d, _ => { e } } };",
    );
    accepted("a -> for item in state.list.iter().copied(), limit = 4 { f(item) } -> b;");
    accepted("a -> {b, for item in &state.list { f(item) }} -> c;");
    accepted("/// Doc.\na -> b;\n/// More.\nb -> c;");
    accepted("a -> if state.x == Some(1) { {b, c} } else { match state.x { _ => d } };");
}

#[test]
fn several_mistakes_are_said_at_once() {
    let messages = about_edges("start -> aa; a -> x | y; b -> c d; end -> b; c -> start;");
    assert_eq!(messages.len(), 5, "{messages:#?}");
}

#[test]
fn a_name_that_is_no_node_is_said_once() {
    let message = only(about_edges("start -> wait -> a; b -> wait; c -> wait;"));
    assert_eq!(
        message,
        "there is no node `wait`; write a function of that name with `#[node]`"
    );
}

#[test]
fn a_statement_without_its_semicolon_ends_where_the_next_begins() {
    let message = only(about_edges("start -> a b -> c; c -> end;"));
    assert_eq!(
        message,
        "a `;` is missing after this edge; every edge ends with one"
    );
}

#[test]
fn the_last_semicolon_is_missed_too() {
    let message = only(about_edges("start -> a"));
    assert_eq!(
        message,
        "a `;` is missing after this edge; every edge ends with one"
    );
}

#[test]
fn a_broken_statement_costs_only_itself() {
    let messages = about_edges("start -> a => b; b -> cc2; c -> );".trim_end_matches(");"));
    assert!(
        messages.iter().any(|message| message.contains("cc2")),
        "{messages:#?}"
    );
}

#[test]
fn an_if_needs_its_else() {
    let message = only(about_edges("a -> if state.x.is_some() { b };"));
    assert_eq!(
        message,
        "this `if` needs an `else`; say where the run goes otherwise: `else { end }`"
    );
}

#[test]
fn struct_literals_need_parentheses() {
    let said = "a struct literal needs parentheses here, as in Rust; write `(Name { .. })`";
    assert_eq!(
        only(about_edges(
            "a -> if state.x == Range { low: 1 } { b } else { c };"
        )),
        said
    );
    assert_eq!(only(about_edges("a -> match Pair { } { _ => c };")), said);
    accepted("a -> if state.x == (Range { low: 1 }) { b } else { c };");
    accepted("a -> if state.x == LIMIT { b } else { c };");
}

#[test]
fn what_is_no_target_says_what_is() {
    assert_eq!(
        only(about_edges("a -> b | c;")),
        "a target says what is started, and `|` doesn't decide; write `{b, c}` for all, or `match` or `if` for one of them"
    );
    assert_eq!(
        only(about_edges("a -> {b, end};")),
        "`end` starts nothing, so it can't be in a group; leave it out"
    );
    assert_eq!(
        only(about_edges("a -> {};")),
        "a target is missing here; write a node or `end`"
    );
    assert_eq!(
        only(about_edges("a -> {b, {c, d}};")),
        "groups don't nest; write all members in one: `{a, b, c}`"
    );
    assert_eq!(
        only(about_edges("a -> {b -> c, d};")),
        "a group holds no arrows; write what follows as an edge of its own"
    );
    assert_eq!(
        only(about_edges("a -> {b, b};")),
        "`b` stands in this group twice; leave one of them out"
    );
}

#[test]
fn joins_lead_to_one_node() {
    assert_eq!(
        only(about_edges("{a, b} -> end;")),
        "`end` needs no join, several branches may reach it; write `a | b -> end;`"
    );
    assert_eq!(
        only(about_edges("{a, b} -> {c, d};")),
        "a join leads to one node; let that node lead on"
    );
    assert_eq!(
        only(about_edges("{start, b} -> c;")),
        "a join waits for nodes, and `start` is none; leave it out"
    );
    assert_eq!(
        only(about_edges("{a if state.x.is_some(), b} -> c;")),
        "a join waits for all its members; put the guard where the member is started"
    );
}

#[test]
fn a_node_leads_on_once() {
    assert_eq!(
        only(about_edges("a -> b; c -> d; a -> c;")),
        "`a` leads on in another edge already; write one edge: `a -> {b, c};`"
    );
}

#[test]
fn a_chain_ends_behind_a_choice() {
    assert_eq!(
        only(about_edges("a -> match state.x { _ => b } -> c;")),
        "a chain can't go on behind a `match`; write what follows its nodes as edges of their own"
    );
    assert_eq!(
        only(about_edges("a -> end -> b;")),
        "nothing follows `end`; let the edge finish here with `;`"
    );
}

#[test]
fn a_for_calls_one_node_with_its_item() {
    assert_eq!(
        only(about_edges("a -> for item in &state.list { f(x) };")),
        "the item is called `item`; write `f(item)`"
    );
    let said = "the body of a `for` is one node called with the item; write `f(item)`";
    assert_eq!(
        only(about_edges("a -> for item in &state.list { f };")),
        said
    );
    assert_eq!(
        only(about_edges("a -> for item in &state.list { f(item, 2) };")),
        said
    );
    assert_eq!(
        only(about_edges(
            "a -> for (i, item) in &state.list { f(item) };"
        )),
        "a `for` names its item; take it apart inside the node"
    );
    assert_eq!(
        only(about_edges(
            "a -> for item in &state.list, max = 3 { f(item) };"
        )),
        "a `for` has no `max`; it takes `limit = 8`"
    );
}

#[test]
fn attributes_on_edges_are_refused() {
    assert_eq!(
        only(about_edges("#[cfg(test)] a -> b;")),
        "`cfg` can't be evaluated on an edge; put it on a field, or decide inside a node"
    );
    assert_eq!(
        only(about_edges("#[allow(x)] a -> b;")),
        "an edge takes no attributes; only a doc comment is kept"
    );
}

#[test]
fn a_word_of_rust_can_be_a_node() {
    assert_eq!(
        only(about_edges("a -> b | type;")),
        "`type` is a word of Rust; a node of that name is written `r#type`"
    );
}
