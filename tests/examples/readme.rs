//! What the README says is so. Its code is a doctest.

use std::fs;

#[test]
fn its_messages_are_those_of_the_compiler() {
    trybuild::TestCases::new().compile_fail("examples/readme/*.rs");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let readme = fs::read_to_string(format!("{root}/README.md")).unwrap();
    let messages = fs::read_to_string("examples/readme/order.stderr").unwrap();
    assert!(
        readme.contains(messages.trim()),
        "the README says something else than\n{messages}"
    );
    let source = fs::read_to_string("examples/readme/order.rs").unwrap();
    let (_, edges) = source.split_once("edges! {").unwrap();
    let (edges, _) = edges.split_once("\n    }").unwrap();
    for edge in edges.lines() {
        assert!(
            readme.contains(edge.trim()),
            "the README doesn't show {edge}"
        );
    }
}
