//! Mermaid flowcharts.

use std::fmt::Write;

use super::{Drawing, Line, Point, Shape, Stroke};

pub(super) fn write(drawing: &Drawing<'_>) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for point in &drawing.points {
        let _ = writeln!(text, "    {}", declare(point));
    }
    for line in &drawing.lines {
        let _ = writeln!(text, "    {}", draw(line));
    }
    text
}

fn declare(point: &Point) -> String {
    let (key, label) = (key(&point.key), quote(&point.label));
    match point.shape {
        Shape::Terminal => format!("{key}([{label}])"),
        Shape::Task => format!("{key}[{label}]"),
        Shape::Ask => format!("{key}{{{{{label}}}}}"),
        Shape::Wait => format!("{key}>{label}]"),
        Shape::Subgraph => format!("{key}[[{label}]]"),
        Shape::Join => format!("{key}((\"+\"))"),
    }
}

fn draw(line: &Line) -> String {
    let arrow = match line.stroke {
        Stroke::Plain => "-->",
        Stroke::Dashed => "-.->",
        Stroke::Bold => "==>",
    };
    let label = if line.label.is_empty() {
        String::new()
    } else {
        format!("|{}|", quote(&line.label))
    };
    format!("{} {arrow}{label} {}", key(&line.from), key(&line.to))
}

/// `end` closes a block in Mermaid.
fn key(key: &str) -> &str {
    if key == "end" { "finish" } else { key }
}

fn quote(text: &str) -> String {
    let text = text
        .replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;");
    format!(
        "\"{}\"",
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    )
}
