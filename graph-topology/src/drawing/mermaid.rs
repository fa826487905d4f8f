//! Mermaid flowcharts.

use std::fmt::Write;

use super::picture::{Line, Mark, Picture, Place, Point, Shape, Stroke};

pub(super) fn write(picture: &Picture<'_>) -> String {
    let mut text = "flowchart TD\n".to_owned();
    for point in &picture.points {
        let _ = writeln!(text, "    {}", declare(point));
    }
    for line in &picture.lines {
        let _ = writeln!(text, "    {}", draw(line));
    }
    if picture.is_run {
        marks(picture, &mut text);
    }
    text
}

fn declare(point: &Point) -> String {
    let (key, label) = (key(point.place), label(point));
    match point.shape {
        Shape::Terminal => format!("{key}([{label}])"),
        Shape::Task => format!("{key}[{label}]"),
        Shape::Ask => format!("{key}{{{{{label}}}}}"),
        Shape::Wait => format!("{key}>{label}]"),
        Shape::Subgraph => format!("{key}[[{label}]]"),
        Shape::Join => format!("{key}(({label}))"),
    }
}

fn label(point: &Point) -> String {
    let label = match point.shape {
        Shape::Join => "+",
        _ => &point.label,
    };
    match point.note.as_str() {
        "" => format!("\"{}\"", escape(label)),
        note => format!("\"{}<br/>{}\"", escape(label), escape(note)),
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
        format!("|\"{}\"|", escape(&line.label))
    };
    format!("{} {arrow}{label} {}", key(line.from), key(line.to))
}

/// What a run did, as classes of points and styles of lines.
fn marks(picture: &Picture<'_>, text: &mut String) {
    let looks = [
        (Mark::None, "untaken", "opacity:0.4"),
        (Mark::Passed, "passed", "stroke-width:2px"),
        (Mark::Active, "active", "stroke:#2da44e,stroke-width:3px"),
        (Mark::Waiting, "waiting", "stroke:#bf8700,stroke-width:3px"),
        (Mark::Failed, "failed", "stroke:#cf222e,stroke-width:3px"),
    ];
    for (mark, class, look) in looks {
        let points = picture.points.iter().filter(|point| point.mark == mark);
        let keys: Vec<String> = points.map(|point| key(point.place)).collect();
        if !keys.is_empty() {
            let _ = writeln!(text, "    classDef {class} {look}");
            let _ = writeln!(text, "    class {} {class}", keys.join(","));
        }
    }
    for (mark, look) in [
        (Mark::None, "opacity:0.3"),
        (Mark::Passed, "stroke-width:3px"),
    ] {
        let lines = picture.lines.iter().enumerate();
        let marked = lines.filter(|(_, line)| line.mark == mark);
        let numbers: Vec<String> = marked.map(|(index, _)| index.to_string()).collect();
        if !numbers.is_empty() {
            let _ = writeln!(text, "    linkStyle {} {look}", numbers.join(","));
        }
    }
}

/// `end` closes a block in Mermaid.
fn key(place: Place) -> String {
    match place {
        Place::End => "finish".to_owned(),
        place => place.key(),
    }
}

fn escape(text: &str) -> String {
    let text = text
        .replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
