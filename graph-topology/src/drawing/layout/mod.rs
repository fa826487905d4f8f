//! Where the boxes and the edges of a drawing go: rows from above to below, few crossings, straight long edges.
//!
//! It knows sizes and edges, no graph and no language. The phases are those of Sugiyama: break the cycles and
//! give each box a row (`rank`), make every edge a chain from row to row (`grid`), order the rows
//! (`order`), give each item its place within the row (`place`, after Brandes and Köpf), draw the edges
//! through the rows (`course`).

mod course;
mod grid;
mod order;
mod place;
mod rank;

/// What is to be laid out.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) boxes: Vec<Size>,
    pub(super) edges: Vec<Edge>,
}

/// How much room something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) height: i32,
    /// More room at the right of it.
    pub(super) aside: i32,
}

/// An edge between two boxes, by their indices.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The room for its label, nothing where it has none.
    pub(super) label: Option<Size>,
}

/// Where everything goes.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) boxes: Vec<Rect>,
    pub(super) edges: Vec<Course>,
}

/// A box with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Rect {
    pub(super) fn middle(&self) -> i32 {
        self.left + self.width / 2
    }

    pub(super) fn right(&self) -> i32 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> i32 {
        self.top + self.height
    }
}

/// An edge with its way.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) begin: Spot,
    pub(super) legs: Vec<Leg>,
    /// The room of its label.
    pub(super) label: Option<Rect>,
}

/// A spot of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) x: i32,
    pub(super) y: i32,
}

/// A part of an edge's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// Straight down or up to a spot.
    Down(Spot),
    /// By two control points to a spot.
    Curve(Spot, Spot, Spot),
}

/// Lays a plan out. The first boxes come first where the edges leave a choice. Edges to boxes that aren't there
/// must not be given.
pub(super) fn lay_out(plan: &Plan) -> Layout {
    let ranks = rank::rank(plan);
    let mut grid = grid::Grid::of(plan, &ranks);
    order::order(&mut grid);
    let places = place::place(&grid);
    course::courses(plan, &ranks, &grid, &places)
}

/// Edges from a box to itself stand at its right, one below the other.
fn loops(plan: &Plan) -> Vec<Vec<usize>> {
    let mut loops = vec![Vec::new(); plan.boxes.len()];
    for (index, edge) in plan.edges.iter().enumerate() {
        if edge.from == edge.to {
            loops[edge.from].push(index);
        }
    }
    loops
}

#[cfg(test)]
mod tests;
