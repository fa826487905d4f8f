//! Boxes and edges as items in rows: every edge is a chain that visits each row on its way.
//!
//! Long edges to the same box share their lane from row to row, so that their number stays small and the drawing
//! calm.

use std::collections::{BTreeMap, BTreeSet};

use super::rank::Ranks;
use super::{Plan, loops};

/// The room of the line beside a label, and of a line alone.
pub(super) const LINE: i32 = 6;
/// How far an edge from a box to itself reaches to the right.
pub(super) const LOOP: i32 = 22;
/// The least height of such an edge.
const LOOP_HEIGHT: i32 = 22;

/// What stands in a row.
#[derive(Debug)]
pub(super) struct Item {
    /// The room at the left of its middle.
    pub(super) left: i32,
    /// The room at the right of its middle.
    pub(super) right: i32,
    pub(super) height: i32,
    /// The items of the row above that it is tied to.
    pub(super) above: Vec<usize>,
    /// The items of the row below that it is tied to.
    pub(super) below: Vec<usize>,
    /// Where its lane goes on above.
    pub(super) lane_above: Option<usize>,
    /// Where its lane goes on below.
    pub(super) lane_below: Option<usize>,
}

/// The rows.
#[derive(Debug, Default)]
pub(super) struct Grid {
    /// The boxes come first, in their order.
    pub(super) items: Vec<Item>,
    /// The row of each item.
    pub(super) row_of: Vec<usize>,
    /// The items of each row, from the left.
    pub(super) rows: Vec<Vec<usize>>,
    /// The items of each edge from its source to its target; none where these are one.
    pub(super) chains: Vec<Vec<usize>>,
    /// The item that carries an edge's label.
    pub(super) labels: Vec<Option<usize>>,
}

/// A lane by its target and its row.
type Lane = (usize, usize);

impl Grid {
    pub(super) fn of(plan: &Plan, ranks: &Ranks) -> Self {
        let mut grid = Self::default();
        for (index, loops) in loops(plan).iter().enumerate() {
            grid.push_box(plan, index, loops, ranks.rows[index]);
        }
        let mut lanes = BTreeMap::new();
        for index in 0..plan.edges.len() {
            grid.push_edge(plan, ranks, index, &mut lanes);
        }
        grid.tie(&lanes);
        grid
    }

    fn push(&mut self, row: usize, left: i32, right: i32, height: i32) -> usize {
        let index = self.items.len();
        self.items.push(Item {
            left,
            right,
            height,
            above: Vec::new(),
            below: Vec::new(),
            lane_above: None,
            lane_below: None,
        });
        self.row_of.push(row);
        while self.rows.len() <= row {
            self.rows.push(Vec::new());
        }
        self.rows[row].push(index);
        index
    }

    fn push_box(&mut self, plan: &Plan, index: usize, loops: &[usize], row: usize) {
        let size = plan.boxes[index];
        let (mut aside, mut height) = (size.aside, size.height);
        if !loops.is_empty() {
            let labels = loops.iter().filter_map(|&edge| plan.edges[edge].label);
            let (wide, high) = labels.fold((0, LOOP_HEIGHT), |(wide, high), label| {
                (wide.max(label.width), high.max(label.height))
            });
            aside = aside.max(LOOP + wide);
            height = loops.iter().fold(0, |sum, _| sum + high).max(height);
        }
        let half = size.width / 2;
        self.push(row, half, size.width - half + aside, height);
    }

    fn push_edge(
        &mut self,
        plan: &Plan,
        ranks: &Ranks,
        index: usize,
        lanes: &mut BTreeMap<Lane, usize>,
    ) {
        let edge = plan.edges[index];
        self.labels.push(None);
        self.chains.push(Vec::new());
        if edge.from == edge.to {
            return;
        }
        let back = ranks.back[index];
        let (from, to) = (ranks.rows[edge.from], ranks.rows[edge.to]);
        let mut rows: Vec<usize> = if back {
            (to + 1..from).rev().collect()
        } else {
            (from + 1..to).collect()
        };
        let mut chain = vec![edge.from];
        if ranks.bent[index] && !rows.is_empty() {
            let size = edge.label.unwrap_or_default();
            let knee = self.push(rows.remove(0), LINE, LINE + size.width, size.height);
            self.labels[index] = edge.label.map(|_| knee);
            chain.push(knee);
        }
        for row in rows {
            let lane = *lanes
                .entry((edge.to, row))
                .or_insert_with(|| self.push(row, LINE, LINE, 0));
            chain.push(lane);
        }
        chain.push(edge.to);
        self.chains[index] = chain;
    }

    fn tie(&mut self, lanes: &BTreeMap<Lane, usize>) {
        let mut ties = BTreeSet::new();
        for chain in &self.chains {
            for pair in chain.windows(2) {
                let down = self.row_of[pair[0]] < self.row_of[pair[1]];
                let (upper, lower) = if down {
                    (pair[0], pair[1])
                } else {
                    (pair[1], pair[0])
                };
                if ties.insert((upper, lower)) {
                    self.items[upper].below.push(lower);
                    self.items[lower].above.push(upper);
                }
            }
        }
        for (&(target, row), &upper) in lanes {
            if let Some(&lower) = lanes.get(&(target, row + 1)) {
                self.items[upper].lane_below = Some(lower);
                self.items[lower].lane_above = Some(upper);
            }
        }
    }
}
