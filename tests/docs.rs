//! What `cargo doc` shows of a graph.

use std::path::Path;
use std::process::Command;

/// Cargo says things of this test to this test that would be news to build scripts, which would run again.
fn is_about_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

#[test]
fn the_graph_is_drawn_at_its_type() {
    // Where the rest of the workspace is built, so that what macros need is there already.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it lies in the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars().filter(|(name, _)| is_about_this_package(name)) {
        cargo.env_remove(name);
    }
    let done = cargo
        .args(["doc", "--no-deps", "--package", "graph-renamed"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("RUSTDOCFLAGS", "-D warnings")
        .status();
    assert!(
        done.expect("cargo runs").success(),
        "the docs can't be built"
    );

    let page = target.join("doc/graph_renamed/greeter/type.Graph.html");
    let page = std::fs::read_to_string(page).expect("`Graph` has a page");
    let (_, drawing) = page
        .split_once("\n<div style=\"overflow-x:auto\">\n<svg ")
        .expect("a drawing begins");
    let (drawing, _) = drawing
        .split_once("\n</svg>\n</div>")
        .expect("the drawing ends");
    // What Markdown doesn't take as HTML it puts into paragraphs, and escapes.
    for foreign in ["<p>", "<pre", "<code", "&lt;svg", "&lt;path"] {
        assert!(!drawing.contains(foreign), "`{foreign}` in {drawing}");
    }
    for word in ["start", "choose", "ask_each", "done", "end", "else"] {
        let text = format!(">{word}</text>");
        assert!(drawing.contains(&text), "no `{word}` in {drawing}");
    }
}
