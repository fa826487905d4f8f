//! The dot language of Graphviz.

use std::fmt::Write;

use super::picture::{Line, Mark, Picture, Point, Shape, Stroke};

pub(super) fn write(picture: &Picture<'_>) -> String {
    let mut text = format!("digraph \"{}\" {{\n", escape(picture.title));
    text.push_str("    node [shape=box, style=rounded]\n");
    for point in &picture.points {
        let _ = writeln!(text, "    {}", declare(point, picture.is_run));
    }
    for line in &picture.lines {
        let _ = writeln!(text, "    {}", draw(line, picture.is_run));
    }
    text.push_str("}\n");
    text
}

fn declare(point: &Point, is_run: bool) -> String {
    let more = match point.shape {
        Shape::Terminal => ", shape=oval",
        Shape::Task => "",
        Shape::Ask => ", shape=hexagon, style=solid",
        Shape::Wait => ", shape=octagon, style=solid",
        Shape::Subgraph => ", shape=box, peripheries=2, style=solid",
        Shape::Join => ", shape=circle, width=0.15, style=filled, fillcolor=black",
    };
    // A join has no room for words within.
    let (label, note) = (escape(&point.label), escape(&point.note));
    let label = match (point.shape, note.as_str()) {
        (_, "") => format!("label=\"{label}\""),
        (Shape::Join, _) => format!("label=\"\", xlabel=\"{note}\""),
        _ => format!("label=\"{label}\\n{note}\""),
    };
    let look = if is_run { look(point.mark) } else { "" };
    format!("\"{}\" [{label}{more}{look}]", point.place.key())
}

fn draw(line: &Line, is_run: bool) -> String {
    let mut attributes = String::new();
    if !line.label.is_empty() {
        let _ = write!(attributes, ", label=\"{}\"", escape(&line.label));
    }
    attributes.push_str(match line.stroke {
        Stroke::Plain => "",
        Stroke::Dashed => ", style=dashed",
        Stroke::Bold => ", style=bold",
    });
    if is_run {
        attributes.push_str(look(line.mark));
    }
    let arrow = format!("\"{}\" -> \"{}\"", line.from.key(), line.to.key());
    match attributes.strip_prefix(", ") {
        Some(attributes) => format!("{arrow} [{attributes}]"),
        None => arrow,
    }
}

fn look(mark: Mark) -> &'static str {
    match mark {
        Mark::None => ", color=gray70, fontcolor=gray50",
        Mark::Passed => ", penwidth=2",
        Mark::Active => ", penwidth=3, color=\"#2da44e\"",
        Mark::Waiting => ", penwidth=3, color=\"#bf8700\"",
        Mark::Failed => ", penwidth=3, color=\"#cf222e\"",
    }
}

fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
