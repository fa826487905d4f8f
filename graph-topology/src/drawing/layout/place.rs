//! Where each item stands within its row, after Brandes and Köpf: four times, once from each corner, items are
//! tied to the middle one of what they follow and pushed together; the result is the mean of the two middle ones
//! of the four. Lanes become straight lines.

use std::collections::BTreeSet;

use super::grid::Grid;
use super::order::places;

/// The room between neighbours.
const GAP: i32 = 18;

/// The middle of each item.
pub(super) fn place(grid: &Grid) -> Vec<i32> {
    let crossed = crossed_lanes(grid);
    let mut layouts: Vec<Vec<i32>> = Vec::new();
    for downwards in [true, false] {
        for mirrored in [false, true] {
            let corner = Corner {
                grid,
                crossed: &crossed,
                downwards,
                mirrored,
            };
            layouts.push(corner.place());
        }
    }
    let bounds: Vec<(i32, i32)> = layouts.iter().map(|layout| bounds(grid, layout)).collect();
    let narrowest = bounds.iter().min_by_key(|(left, right)| right - left);
    let &(left, right) = narrowest.unwrap_or(&(0, 0));
    for (index, layout) in layouts.iter_mut().enumerate() {
        let by = match index % 2 {
            0 => left - bounds[index].0,
            _ => right - bounds[index].1,
        };
        for x in layout {
            *x += by;
        }
    }
    let mean = |item: usize| {
        let mut all: Vec<i32> = layouts.iter().map(|layout| layout[item]).collect();
        all.sort_unstable();
        (all[1] + all[2]).div_euclid(2)
    };
    let middles: Vec<i32> = (0..grid.items.len()).map(mean).collect();
    let (left, _) = self::bounds(grid, &middles);
    middles.into_iter().map(|x| x - left).collect()
}

/// The outermost sides of the items.
pub(super) fn bounds(grid: &Grid, middles: &[i32]) -> (i32, i32) {
    let items = grid.items.iter().zip(middles);
    items
        .map(|(item, x)| (x - item.left, x + item.right))
        .reduce(|all, item| (all.0.min(item.0), all.1.max(item.1)))
        .unwrap_or_default()
}

/// The ties that cross a lane; the lane is straight, and they are not.
fn crossed_lanes(grid: &Grid) -> BTreeSet<(usize, usize)> {
    let places = places(&grid.rows, grid.items.len());
    let mut crossed = BTreeSet::new();
    for pair in grid.rows.windows(2) {
        let (upper, lower) = (&pair[0], &pair[1]);
        let (mut low, mut begin) = (0, 0);
        for (at, &item) in lower.iter().enumerate() {
            let lane = grid.items[item].lane_above;
            if lane.is_none() && at + 1 < lower.len() {
                continue;
            }
            let high = lane.map_or(upper.len(), |lane| places[lane]);
            for &item in &lower[begin..=at] {
                let ties = grid.items[item].above.iter();
                let across = ties.filter(|&&tie| places[tie] < low || places[tie] > high);
                crossed.extend(across.map(|&tie| (tie, item)));
            }
            (low, begin) = (high, at + 1);
        }
    }
    crossed
}

/// One of the four ways to place the items.
struct Corner<'a> {
    grid: &'a Grid,
    crossed: &'a BTreeSet<(usize, usize)>,
    downwards: bool,
    mirrored: bool,
}

impl Corner<'_> {
    fn place(&self) -> Vec<i32> {
        let rows = self.rows();
        let roots = self.roots(&rows);
        let columns = self.push_together(&rows, &roots);
        let side = if self.mirrored { -1 } else { 1 };
        roots.iter().map(|&root| side * columns[root]).collect()
    }

    /// The rows as seen from this corner.
    fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows = self.grid.rows.clone();
        if self.mirrored {
            for row in &mut rows {
                row.reverse();
            }
        }
        if !self.downwards {
            rows.reverse();
        }
        rows
    }

    /// Ties the items to columns: the first item of the column of each.
    fn roots(&self, rows: &[Vec<usize>]) -> Vec<usize> {
        let places = places(rows, self.grid.items.len());
        let mut roots: Vec<usize> = (0..self.grid.items.len()).collect();
        for row in rows {
            let mut free = 0;
            for &item in row {
                let fits = |tie: &usize| places[*tie] >= free && self.may_follow(item, *tie);
                if let Some(tie) = self.middles(item, &places).into_iter().find(fits) {
                    roots[item] = roots[tie];
                    free = places[tie] + 1;
                }
            }
        }
        roots
    }

    /// Whether an item may stand under another: their tie crosses no lane, and it takes no lane's place.
    fn may_follow(&self, item: usize, other: usize) -> bool {
        let (tie, lane) = if self.downwards {
            ((other, item), self.grid.items[other].lane_below)
        } else {
            ((item, other), self.grid.items[other].lane_above)
        };
        lane.is_none_or(|lane| lane == item) && !self.crossed.contains(&tie)
    }

    /// What an item would like to stand under: its lane, or the one or two middle ones of its ties.
    fn middles(&self, item: usize, places: &[usize]) -> Vec<usize> {
        let item = &self.grid.items[item];
        let (lane, ties) = if self.downwards {
            (item.lane_above, &item.above)
        } else {
            (item.lane_below, &item.below)
        };
        if let Some(lane) = lane {
            return vec![lane];
        }
        if ties.is_empty() {
            return Vec::new();
        }
        let mut ties = ties.clone();
        ties.sort_unstable_by_key(|&tie| places[tie]);
        ties[(ties.len() - 1) / 2..=ties.len() / 2].to_vec()
    }

    /// Pushes the columns as far to the left as those at their left allow, then to the right as far as those at
    /// their right allow.
    fn push_together(&self, rows: &[Vec<usize>], roots: &[usize]) -> Vec<i32> {
        let mut after = vec![Vec::new(); roots.len()];
        let mut before = vec![0_usize; roots.len()];
        for row in rows {
            for pair in row.windows(2) {
                let (left, right) = (roots[pair[0]], roots[pair[1]]);
                after[left].push((right, self.distance(pair[0], pair[1])));
                before[right] += 1;
            }
        }
        let mut columns = vec![0; roots.len()];
        let is_ready = |&item: &usize| roots[item] == item && before[item] == 0;
        let mut order: Vec<usize> = (0..roots.len()).filter(is_ready).collect();
        let mut done = 0;
        while let Some(&left) = order.get(done) {
            done += 1;
            for &(right, distance) in &after[left] {
                columns[right] = columns[right].max(columns[left] + distance);
                before[right] -= 1;
                if before[right] == 0 {
                    order.push(right);
                }
            }
        }
        for &left in order.iter().rev() {
            let room = after[left]
                .iter()
                .map(|&(right, distance)| columns[right] - distance);
            columns[left] = room.min().unwrap_or(columns[left]).max(columns[left]);
        }
        columns
    }

    /// The least distance of the middles of two neighbours.
    fn distance(&self, left: usize, right: usize) -> i32 {
        let (left, right) = if self.mirrored {
            (right, left)
        } else {
            (left, right)
        };
        self.grid.items[left].right + GAP + self.grid.items[right].left
    }
}
