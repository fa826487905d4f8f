//! SVG: the words of a picture are measured, laid out, and written with their shapes.

mod figure;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;

use super::layout::{Course, Edge, Layout, Leg, Plan, Rect, Size, lay_out};
use super::picture::{Line, Mark, Picture, Stroke};
use figure::Figure;
use text::{Wrapped, escape, wrap};

/// The empty room around everything.
const MARGIN: i32 = 10;
/// The columns and lines of an edge's label.
const LABEL: (usize, usize) = (28, 3);
/// The width of a column and the height of a line, in small letters.
const SMALL: (i32, i32) = (7, 14);

/// Colours that can be told from a light and from a dark ground.
const TAKEN: &str = "#2f81f7";
const ACTIVE: &str = "#2da44e";
const WAITING: &str = "#bf8700";
const FAILED: &str = "#e5534b";

pub(super) fn write(picture: &Picture<'_>) -> String {
    let sheet = Sheet::of(picture);
    let layout = lay_out(&sheet.plan);
    let mut text = head(picture, &layout);
    courses(&mut text, &sheet.lines, &layout, picture.is_run);
    let points = picture.points.iter().zip(&sheet.figures);
    text.push_str("<g fill=\"currentColor\" fill-opacity=\".06\" text-anchor=\"middle\">\n");
    for ((point, figure), rect) in points.zip(&layout.boxes) {
        let mark = mark_class(point.mark, picture.is_run);
        figure.write(&mut text, point, *rect, mark);
    }
    text.push_str("</g>\n</g>\n</svg>\n");
    text
}

/// A picture with its words measured.
pub(super) struct Sheet<'a> {
    figures: Vec<Figure>,
    lines: Vec<(&'a Line, Wrapped)>,
    pub(super) plan: Plan,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(picture: &'a Picture<'_>) -> Self {
        let figures: Vec<Figure> = picture.points.iter().map(Figure::of).collect();
        let mut plan = Plan {
            boxes: figures.iter().map(|figure| figure.size).collect(),
            edges: Vec::new(),
        };
        let places = picture.points.iter().enumerate();
        let places: BTreeMap<_, usize> = places.map(|(index, it)| (it.place, index)).collect();
        let mut lines = Vec::new();
        for line in &picture.lines {
            let (Some(&from), Some(&to)) = (places.get(&line.from), places.get(&line.to)) else {
                continue;
            };
            let label = wrap(&line.label, LABEL.0, LABEL.1);
            let size = size_of(&label, SMALL);
            let label_size = (size.width > 0).then_some(size);
            plan.edges.push(Edge {
                from,
                to,
                label: label_size,
            });
            lines.push((line, label));
        }
        Self {
            figures,
            lines,
            plan,
        }
    }
}

/// The room of broken words, by the width of a column and the height of a line.
fn size_of(words: &Wrapped, (column, line): (i32, i32)) -> Size {
    Size {
        width: column * number(words.columns()),
        height: line * number(words.lines.len()),
        aside: 0,
    }
}

/// A count as a number to calculate with; words are broken long before it matters.
fn number(count: usize) -> i32 {
    i32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

fn head(picture: &Picture<'_>, layout: &Layout) -> String {
    let (width, height) = (layout.width + 2 * MARGIN, layout.height + 2 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"state-graph\" role=\"img\" width=\"{width}\" height=\"{height}\" viewBox=\"-{MARGIN} -{MARGIN} {width} {height}\">\n<title>{}</title>\n<style>\n",
        escape(picture.title)
    );
    let mut rules = vec![
        // Only a file of its own has a theme of its own.
        ":root.state-graph{color-scheme:light dark;color:#1f2328}".to_owned(),
        "@media(prefers-color-scheme:dark){:root.state-graph{color:#d1d7e0}}".to_owned(),
        ".state-graph text{fill:currentColor;fill-opacity:1;stroke:none}".to_owned(),
        ".state-graph .s{font-size:11px}".to_owned(),
        ".state-graph .j{fill-opacity:1}".to_owned(),
    ];
    if picture.is_run {
        let taken = "stroke-width:2.5;marker-end:url(#state-graph-taken)";
        rules.push(".state-graph .u{opacity:.35}".to_owned());
        rules.push(format!(".state-graph .p{{stroke:{TAKEN}}}"));
        rules.push(format!(".state-graph path.p{{{taken}}}"));
        for (class, colour) in [("a", ACTIVE), ("w", WAITING), ("f", FAILED)] {
            rules.push(format!(
                ".state-graph .{class}{{stroke:{colour};stroke-width:3}}"
            ));
        }
    }
    rules.push(".state-graph .d{stroke-dasharray:5 4}".to_owned());
    rules.push(".state-graph .b{stroke-width:4}".to_owned());
    text.push_str(&rules.join("\n"));
    text.push_str("\n</style>\n<defs>");
    arrow(&mut text, "state-graph-arrow", "currentColor");
    if picture.is_run {
        arrow(&mut text, "state-graph-taken", TAKEN);
    }
    text.push_str("</defs>\n<g fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" font-family=\"ui-monospace,monospace\" font-size=\"13\">\n");
    text
}

fn arrow(text: &mut String, id: &str, colour: &str) {
    let _ = write!(
        text,
        "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"{colour}\" stroke=\"none\"/></marker>"
    );
}

/// The ways, what was taken above the rest, and then all labels.
fn courses(text: &mut String, lines: &[(&Line, Wrapped)], layout: &Layout, is_run: bool) {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|&line| lines[line].0.mark);
    text.push_str("<g marker-end=\"url(#state-graph-arrow)\">\n");
    for index in order {
        let line = lines[index].0;
        let stroke = match line.stroke {
            Stroke::Plain => "",
            Stroke::Dashed => "d",
            Stroke::Bold => "b",
        };
        let class = class([mark_class(line.mark, is_run), stroke]);
        let _ = writeln!(text, "<path{class} d=\"{}\"/>", path(&layout.edges[index]));
    }
    text.push_str("</g>\n<g font-size=\"11\">\n");
    for ((line, words), course) in lines.iter().zip(&layout.edges) {
        if let Some(rect) = course.label {
            label(text, line, words, rect, is_run);
        }
    }
    text.push_str("</g>\n");
}

fn label(text: &mut String, line: &Line, words: &Wrapped, rect: Rect, is_run: bool) {
    let faint = match line.mark {
        Mark::None if is_run => "u",
        _ => "",
    };
    let mut within = String::new();
    for (index, words) in words.lines.iter().enumerate() {
        let y = rect.top + SMALL.1 * number(index + 1) - 4;
        let _ = write!(
            within,
            "<text x=\"{}\" y=\"{y}\">{}</text>",
            rect.left,
            escape(words)
        );
    }
    let whole = words.is_shortened.then_some(line.label.as_str());
    text.push_str(&group(&class([faint]), whole, &within));
}

/// Shapes with what they have in common, and the whole text where they show a part of it.
fn group(class: &str, whole: Option<&str>, within: &str) -> String {
    let whole = whole.map(|whole| format!("<title>{}</title>", escape(whole)));
    match (class, whole) {
        ("", None) => format!("{within}\n"),
        (_, whole) => format!("<g{class}>{}{within}</g>\n", whole.unwrap_or_default()),
    }
}

/// What a run did, as a class; nothing in the drawing of a graph.
fn mark_class(mark: Mark, is_run: bool) -> &'static str {
    match mark {
        Mark::None if is_run => "u",
        Mark::None => "",
        Mark::Passed => "p",
        Mark::Active => "a",
        Mark::Waiting => "w",
        Mark::Failed => "f",
    }
}

fn class<const N: usize>(names: [&str; N]) -> String {
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(" class=\"{}\"", names.join(" ")),
    }
}

/// The way of an edge, each leg told from where the one before ends.
fn path(course: &Course) -> String {
    let mut at = course.begin;
    let mut path = format!("M{} {}", at.x, at.y);
    for &leg in &course.legs {
        at = match leg {
            Leg::Down(to) => {
                let _ = write!(path, "v{}", to.y - at.y);
                to
            }
            Leg::Curve(one, two, to) => {
                path.push('c');
                for (index, spot) in [one, two, to].into_iter().enumerate() {
                    coordinate(&mut path, spot.x - at.x, index == 0);
                    coordinate(&mut path, spot.y - at.y, false);
                }
                to
            }
        };
    }
    path
}

/// A minus parts numbers as well as a space does.
fn coordinate(path: &mut String, value: i32, is_first: bool) {
    if !is_first && value >= 0 {
        path.push(' ');
    }
    let _ = write!(path, "{value}");
}

#[cfg(test)]
mod tests;
