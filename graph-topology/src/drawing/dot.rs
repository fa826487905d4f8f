//! The dot language of Graphviz.

use std::fmt::Write;

use super::{Drawing, Line, Point, Shape, Stroke};

pub(super) fn write(drawing: &Drawing<'_>) -> String {
    let mut text = format!("digraph {} {{\n", quote(drawing.title));
    text.push_str("    node [shape=box, style=rounded]\n");
    for point in &drawing.points {
        let _ = writeln!(text, "    {}", declare(point));
    }
    for line in &drawing.lines {
        let _ = writeln!(text, "    {}", draw(line));
    }
    text.push_str("}\n");
    text
}

fn declare(point: &Point) -> String {
    let more = match point.shape {
        Shape::Terminal => ", shape=oval",
        Shape::Task => "",
        Shape::Ask => ", shape=hexagon, style=solid",
        Shape::Wait => ", shape=octagon, style=solid",
        Shape::Subgraph => ", shape=box, peripheries=2, style=solid",
        Shape::Join => ", shape=circle, width=0.15, style=filled, fillcolor=black",
    };
    format!(
        "{} [label={}{more}]",
        quote(&point.key),
        quote(&point.label)
    )
}

fn draw(line: &Line) -> String {
    let mut attributes = Vec::new();
    if !line.label.is_empty() {
        attributes.push(format!("label={}", quote(&line.label)));
    }
    match line.stroke {
        Stroke::Plain => {}
        Stroke::Dashed => attributes.push("style=dashed".to_owned()),
        Stroke::Bold => attributes.push("style=bold".to_owned()),
    }
    let arrow = format!("{} -> {}", quote(&line.from), quote(&line.to));
    if attributes.is_empty() {
        arrow
    } else {
        format!("{arrow} [{}]", attributes.join(", "))
    }
}

fn quote(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!(
        "\"{}\"",
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    )
}
