//! Heights, and the ways of the edges: within a row straight down beside what stands there, between two rows
//! in a curve.

use super::grid::{Grid, LINE, LOOP};
use super::place::bounds;
use super::rank::Ranks;
use super::{Course, Layout, Leg, Plan, Rect, Spot, loops};

/// The least room between two rows.
const GAP: i32 = 24;
/// The most room that is added where edges go far to the side.
const MORE: i32 = 40;
/// How far from the middle of a box the edges that lead up begin and end.
const ASIDE: i32 = 12;
/// How far a line may be off the place of its item.
const SLACK: i32 = 2;

pub(super) fn courses(plan: &Plan, ranks: &Ranks, grid: &Grid, middles: &[i32]) -> Layout {
    let rows = heights(grid, middles);
    let boxes = boxes(plan, grid, middles, &rows);
    let way = Way {
        grid,
        middles,
        rows: &rows,
        boxes: &boxes,
    };
    let mut edges: Vec<Course> = (0..plan.edges.len())
        .map(|edge| way.course(plan, edge, ranks.back[edge]))
        .collect();
    for (index, loops) in loops(plan).iter().enumerate() {
        for (place, &edge) in loops.iter().enumerate() {
            edges[edge] = round(plan, edge, boxes[index], (place, loops.len()));
        }
    }
    let (_, width) = bounds(grid, middles);
    let height = rows.last().map_or(0, |row| row.bottom);
    Layout {
        width,
        height,
        boxes,
        edges,
    }
}

/// A row from above to below.
struct Row {
    top: i32,
    bottom: i32,
}

fn heights(grid: &Grid, middles: &[i32]) -> Vec<Row> {
    let (mut rows, mut top) = (Vec::new(), 0);
    for row in &grid.rows {
        let high = row.iter().map(|&item| grid.items[item].height).max();
        let bottom = top + high.unwrap_or_default();
        rows.push(Row { top, bottom });
        let ties = row.iter().flat_map(|&upper| {
            let below = grid.items[upper].below.iter();
            below.map(move |&lower| (middles[upper] - middles[lower]).abs())
        });
        top = bottom + GAP + (ties.max().unwrap_or_default() / 12).min(MORE);
    }
    rows
}

fn boxes(plan: &Plan, grid: &Grid, middles: &[i32], rows: &[Row]) -> Vec<Rect> {
    let rect = |(index, size): (usize, &super::Size)| {
        let item = &grid.items[index];
        let row = &rows[grid.row_of[index]];
        Rect {
            left: middles[index] - item.left,
            top: centred(row, item.height),
            width: size.width,
            height: item.height,
        }
    };
    plan.boxes.iter().enumerate().map(rect).collect()
}

fn centred(row: &Row, height: i32) -> i32 {
    i32::midpoint(row.top, row.bottom - height)
}

/// Where an edge of a box with several loops goes.
fn round(plan: &Plan, edge: usize, at: Rect, (place, of): (usize, usize)) -> Course {
    let part = |place: usize| {
        let count = |number| i32::try_from(number).unwrap_or(1);
        at.top + at.height * count(place) / count(4 * of)
    };
    let (above, below, x) = (part(4 * place + 1), part(4 * place + 3), at.right());
    let label = plan.edges[edge].label.map(|size| Rect {
        left: x + LOOP,
        top: i32::midpoint(above, below) - size.height / 2,
        width: size.width,
        height: size.height,
    });
    let far = x + LOOP + 2;
    let end = Spot { x, y: below };
    Course {
        begin: Spot { x, y: above },
        legs: vec![Leg::Curve(
            Spot { x: far, y: above },
            Spot { x: far, y: below },
            end,
        )],
        label,
    }
}

struct Way<'a> {
    grid: &'a Grid,
    middles: &'a [i32],
    rows: &'a [Row],
    boxes: &'a [Rect],
}

impl Way<'_> {
    fn course(&self, plan: &Plan, edge: usize, back: bool) -> Course {
        let chain = &self.grid.chains[edge];
        let begin = match chain.as_slice() {
            [first, next, ..] => self.border(*first, *next, back, back),
            _ => Spot { x: 0, y: 0 },
        };
        let mut pen = Pen {
            at: begin,
            legs: Vec::new(),
        };
        for (index, &item) in chain.iter().enumerate() {
            let row = &self.rows[self.grid.row_of[item]];
            let (near, far) = if back {
                (row.bottom, row.top)
            } else {
                (row.top, row.bottom)
            };
            if index == 0 {
                pen.down_to(far);
            } else if index + 1 < chain.len() {
                pen.curve_to(self.middles[item], near);
                pen.down_to(far);
            } else {
                let end = self.border(item, chain[index - 1], back, !back);
                pen.curve_to(end.x, near);
                pen.down_to(end.y);
            }
        }
        Course {
            begin,
            legs: pen.legs,
            label: self.label(plan, edge),
        }
    }

    /// Where an edge touches a box. Edges that lead up stand beside the middle, on the side on which they go on.
    fn border(&self, at: usize, other: usize, back: bool, top: bool) -> Spot {
        let rect = self.boxes[at];
        let aside = if back { ASIDE.min(rect.width / 4) } else { 0 };
        let side = if self.middles[other] < rect.middle() {
            -1
        } else {
            1
        };
        Spot {
            x: rect.middle() + side * aside,
            y: if top { rect.top } else { rect.bottom() },
        }
    }

    fn label(&self, plan: &Plan, edge: usize) -> Option<Rect> {
        let size = plan.edges[edge].label?;
        let item = self.grid.labels[edge]?;
        Some(Rect {
            left: self.middles[item] + LINE,
            top: centred(&self.rows[self.grid.row_of[item]], size.height),
            width: size.width,
            height: size.height,
        })
    }
}

/// Draws a way leg by leg.
struct Pen {
    at: Spot,
    legs: Vec<Leg>,
}

impl Pen {
    fn down_to(&mut self, y: i32) {
        let to = Spot { x: self.at.x, y };
        if to == self.at {
            return;
        }
        if let Some(Leg::Down(end)) = self.legs.last_mut() {
            *end = to;
        } else {
            self.legs.push(Leg::Down(to));
        }
        self.at = to;
    }

    /// What is all but straight is drawn straight.
    fn curve_to(&mut self, x: i32, y: i32) {
        if (x - self.at.x).abs() <= SLACK {
            return self.down_to(y);
        }
        let (from, to, half) = (self.at, Spot { x, y }, i32::midpoint(self.at.y, y));
        self.legs.push(Leg::Curve(
            Spot { x: from.x, y: half },
            Spot { x, y: half },
            to,
        ));
        self.at = to;
    }
}
