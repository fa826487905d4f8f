//! The order within the rows, so that few edges cross: barycentres from above and from below in turn, then
//! neighbours change places where that helps. The number of rounds is fixed, and smaller where there is much to
//! order, so the time is near linear.

use super::grid::Grid;

/// The most rounds, and how many items all rounds together may look at.
const SWEEPS: usize = 10;
const WORK: usize = 50_000;
const EXCHANGES: usize = 4;
/// Parts of a place, so that barycentres are whole numbers.
const PARTS: usize = 1 << 10;

pub(super) fn order(grid: &mut Grid) {
    grid.rows = as_found(grid);
    let mut best = (crossings(grid), grid.rows.clone());
    let affordable = WORK / grid.items.len().max(1);
    for sweep in 0..affordable.clamp(1, SWEEPS) {
        if best.0 == 0 {
            break;
        }
        gather(grid, sweep % 2 == 0);
        exchange(grid);
        let count = crossings(grid);
        if count < best.0 {
            best = (count, grid.rows.clone());
        }
    }
    grid.rows = best.1;
}

/// The rows in the order in which a search downwards finds their items.
fn as_found(grid: &Grid) -> Vec<Vec<usize>> {
    let mut rows = vec![Vec::new(); grid.rows.len()];
    let mut found = vec![false; grid.items.len()];
    for &root in grid.rows.iter().flatten() {
        let mut open = vec![root];
        while let Some(item) = open.pop() {
            if !std::mem::replace(&mut found[item], true) {
                rows[grid.row_of[item]].push(item);
                open.extend(grid.items[item].below.iter().rev());
            }
        }
    }
    rows
}

/// The place of each item in its row.
pub(super) fn places(rows: &[Vec<usize>], items: usize) -> Vec<usize> {
    let mut places = vec![0; items];
    for row in rows {
        for (place, &item) in row.iter().enumerate() {
            places[item] = place;
        }
    }
    places
}

/// Sorts each row by the mean place of what its items are tied to in the row before, from above or from below.
fn gather(grid: &mut Grid, downwards: bool) {
    let mut places = places(&grid.rows, grid.items.len());
    let count = grid.rows.len();
    for step in 1..count {
        let row = if downwards { step } else { count - 1 - step };
        let mut items = std::mem::take(&mut grid.rows[row]);
        items.sort_by_cached_key(|&item| {
            let ties = if downwards {
                &grid.items[item].above
            } else {
                &grid.items[item].below
            };
            let sum: usize = ties.iter().map(|&tie| places[tie]).sum();
            (sum * PARTS)
                .checked_div(ties.len())
                .unwrap_or(places[item] * PARTS)
        });
        for (place, &item) in items.iter().enumerate() {
            places[item] = place;
        }
        grid.rows[row] = items;
    }
}

/// Lets neighbours change places where fewer edges cross then.
fn exchange(grid: &mut Grid) {
    let mut places = places(&grid.rows, grid.items.len());
    for _ in 0..EXCHANGES {
        let mut changed = false;
        for row in 0..grid.rows.len() {
            for place in 1..grid.rows[row].len() {
                let (left, right) = (grid.rows[row][place - 1], grid.rows[row][place]);
                if crossings_of(grid, &places, right, left)
                    < crossings_of(grid, &places, left, right)
                {
                    grid.rows[row].swap(place - 1, place);
                    places.swap(left, right);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
}

/// How often the edges of two items cross if they stand in this order.
fn crossings_of(grid: &Grid, places: &[usize], left: usize, right: usize) -> usize {
    let (left, right) = (&grid.items[left], &grid.items[right]);
    inversions(places, &left.above, &right.above) + inversions(places, &left.below, &right.below)
}

/// How many pairs have the left one's tie at the right of the right one's.
fn inversions(places: &[usize], left: &[usize], right: &[usize]) -> usize {
    let sorted = |ties: &[usize]| {
        let mut sorted: Vec<usize> = ties.iter().map(|&tie| places[tie]).collect();
        sorted.sort_unstable();
        sorted
    };
    let (left, right) = (sorted(left), sorted(right));
    let before = |place: &usize| right.partition_point(|other| other < place);
    left.iter().map(before).sum()
}

/// How many edges cross.
pub(super) fn crossings(grid: &Grid) -> usize {
    let places = places(&grid.rows, grid.items.len());
    let rows = grid.rows.windows(2);
    rows.map(|pair| crossings_between(grid, &places, &pair[0], pair[1].len()))
        .sum()
}

/// Counts from the left, in a tree of sums over the places below, how many edges already end further right.
fn crossings_between(grid: &Grid, places: &[usize], upper: &[usize], width: usize) -> usize {
    let (mut tree, mut all, mut count) = (vec![0_usize; width + 1], 0, 0);
    for &item in upper {
        let mut ends: Vec<usize> = grid.items[item]
            .below
            .iter()
            .map(|&tie| places[tie])
            .collect();
        ends.sort_unstable();
        for &end in &ends {
            let (mut at, mut before) = (end + 1, 0);
            while at > 0 {
                before += tree[at];
                at &= at - 1;
            }
            count += all - before;
        }
        for end in ends {
            let mut at = end + 1;
            while at <= width {
                tree[at] += 1;
                at += at & at.wrapping_neg();
            }
            all += 1;
        }
    }
    count
}
