//! Edges while somebody types: one message for what is unfinished, and the rest is read.

use super::{about_edges, only};

#[test]
fn dangling_ends_are_mended() {
    let member = "a name is missing after `.`; write a field or a method";
    let target = "a target is missing after `->`; write a node or `end`";
    assert_eq!(
        only(about_edges("a -> match state. { _ => b }; b -> c;")),
        member
    );
    assert_eq!(
        only(about_edges("a -> if state. == 1 { b } else { c };")),
        member
    );
    assert_eq!(only(about_edges("a -> if state.")), member);
    assert_eq!(only(about_edges("a -> match state.")), member);
    assert_eq!(only(about_edges("a -> ; b -> c;")), target);
    assert_eq!(only(about_edges("a -> -> b;")), target);
    assert_eq!(only(about_edges("b -> c; a ->")), target);
    assert_eq!(
        only(about_edges(
            "a -> match state.x { Some(Topic::) => b, _ => c };"
        )),
        "a name is missing after `::`; write the rest of the path"
    );
    assert_eq!(
        only(about_edges("a -> match state.x { Some(_) => , _ => c };")),
        "a target is missing after `=>`; write a node or `end`"
    );
}

#[test]
fn what_is_unfinished_hides_no_other_mistake() {
    let messages = about_edges("a -> match state. { _ => nobody }; b -> ; c -> a2;");
    assert_eq!(messages.len(), 4, "{messages:#?}");
}

#[test]
fn empty_places_are_missed_once() {
    let said = "a target is missing here; write a node or `end`";
    assert_eq!(
        only(about_edges("a -> if state.x.is_some() {} else { b };")),
        said
    );
    assert_eq!(
        only(about_edges("a -> if state.x.is_some() { b } else {};")),
        said
    );
    assert_eq!(
        only(about_edges("a -> match state.x { Some(_) => b, None };")),
        said
    );
    assert_eq!(about_edges("a -> {b, c, };"), Vec::<String>::new());
}

#[test]
fn ranges_and_floats_are_whole() {
    let said = about_edges("a -> if state.list[1..].len() as f32 > 1. { b } else { c };");
    assert_eq!(said, Vec::<String>::new());
}

#[test]
fn an_edge_without_an_arrow_says_so() {
    assert_eq!(
        only(about_edges("a; b -> c;")),
        "an edge needs its `->`; write `a -> b;`"
    );
}
