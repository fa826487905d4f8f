//! The points of an image: their words, their size, their shape.

use std::fmt::Write;

use super::text::{Wrapped, columns, escape, wrap};
use super::{SMALL, class, group, number, size_of};
use crate::drawing::layout::{Rect, Size};
use crate::drawing::picture::{Point, Shape};

/// The columns and lines of a name.
const NAME: (usize, usize) = (24, 2);
/// The width of a column and the height of a line.
const LETTERS: (i32, i32) = (8, 17);
/// The room above and below the words, and the least at their sides.
const PADDING: (i32, i32) = (7, 14);
/// How far pointed sides reach.
const POINT: i32 = 10;
/// How much is cut off a corner.
const CORNER: i32 = 7;
/// The size of a join.
const DOT: i32 = 14;

/// A point as it is drawn.
pub(super) struct Figure {
    pub(super) size: Size,
    words: Wrapped,
}

impl Figure {
    pub(super) fn of(point: &Point) -> Self {
        let words = wrap(&point.label, NAME.0, NAME.1);
        let size = match point.shape {
            Shape::Join => Size {
                width: DOT,
                height: DOT,
                aside: SMALL.0 * number(columns(&point.note)),
            },
            shape => frame(point, shape, &words),
        };
        Self { size, words }
    }

    pub(super) fn write(&self, text: &mut String, point: &Point, rect: Rect, mark: &str) {
        let mut within = outline(point.shape, rect);
        if point.shape == Shape::Join {
            beside(&mut within, &point.note, rect);
        } else {
            self.within(&mut within, &point.note, rect);
        }
        let whole = self.words.is_shortened.then_some(point.label.as_str());
        text.push_str(&group(&class([mark]), whole, &within));
    }

    fn within(&self, text: &mut String, note: &str, rect: Rect) {
        let lines = LETTERS.1 * number(self.words.lines.len());
        let all = lines + if note.is_empty() { 0 } else { SMALL.1 };
        let (x, top) = (rect.middle(), rect.top + (rect.height - all) / 2);
        for (index, words) in self.words.lines.iter().enumerate() {
            let y = top + LETTERS.1 * number(index + 1) - 4;
            let _ = write!(text, "<text x=\"{x}\" y=\"{y}\">{}</text>", escape(words));
        }
        if !note.is_empty() {
            let y = top + all - 3;
            let _ = write!(
                text,
                "<text class=\"s\" x=\"{x}\" y=\"{y}\">{}</text>",
                escape(note)
            );
        }
    }
}

/// The room of a point with its words within.
fn frame(point: &Point, shape: Shape, words: &Wrapped) -> Size {
    let side = match shape {
        Shape::Ask => PADDING.1 + POINT / 2,
        _ => PADDING.1,
    };
    let (name, note) = (
        size_of(words, LETTERS),
        SMALL.0 * number(columns(&point.note)),
    );
    let more = if point.note.is_empty() { 0 } else { SMALL.1 };
    Size {
        // Even, so that its middle is a whole number.
        width: (name.width.max(note) + 2 * side + 1) / 2 * 2,
        height: name.height + more + 2 * PADDING.0,
        aside: 0,
    }
}

/// The words of a join stand at its right.
fn beside(text: &mut String, note: &str, rect: Rect) {
    if !note.is_empty() {
        let (x, y) = (rect.right() + 4, rect.top + DOT - 3);
        let _ = write!(
            text,
            "<text class=\"s\" text-anchor=\"start\" x=\"{x}\" y=\"{y}\">{}</text>",
            escape(note)
        );
    }
}

fn outline(shape: Shape, rect: Rect) -> String {
    match shape {
        Shape::Terminal => frame_of(rect, rect.height / 2),
        Shape::Task => frame_of(rect, 6),
        Shape::Subgraph => {
            let inner = Rect {
                left: rect.left + 3,
                top: rect.top + 3,
                width: rect.width - 6,
                height: rect.height - 6,
            };
            frame_of(rect, 2) + &frame_of(inner, 0)
        }
        Shape::Ask => {
            let (flat, upper) = (rect.width - 2 * POINT, rect.height / 2);
            let lower = rect.height - upper;
            format!(
                "<path d=\"M{} {}h{flat}l{POINT} {upper}-{POINT} {lower}h-{flat}l-{POINT}-{lower}z\"/>",
                rect.left + POINT,
                rect.top
            )
        }
        Shape::Wait => {
            let (across, down) = (rect.width - 2 * CORNER, rect.height - 2 * CORNER);
            format!(
                "<path d=\"M{} {}h{across}l{CORNER} {CORNER}v{down}l-{CORNER} {CORNER}h-{across}l-{CORNER}-{CORNER}v-{down}z\"/>",
                rect.left + CORNER,
                rect.top
            )
        }
        Shape::Join => format!(
            "<circle class=\"j\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            rect.middle(),
            rect.top + rect.height / 2,
            DOT / 2
        ),
    }
}

fn frame_of(rect: Rect, round: i32) -> String {
    let Rect {
        left,
        top,
        width,
        height,
    } = rect;
    let round = if round > 0 {
        format!(" rx=\"{round}\"")
    } else {
        String::new()
    };
    format!("<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"{round}/>")
}
