//! Timing two things in turn, A B A B, so that a ratio holds while the machine's speed drifts.

use std::time::{Duration, Instant};

/// How often each side is timed.
const ROUNDS: usize = 15;

/// What two things took in the same minutes.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// The median of the work, for one unit.
    pub work: Duration,
    /// The median of the floor, for one unit.
    pub floor: Duration,
    /// The median of work divided by floor, pair by pair.
    pub ratio: f64,
}

/// Times `work` and `floor` in turn. Each returns how long its `units` units took.
pub fn pair(
    units: u32,
    mut work: impl FnMut() -> Duration,
    mut floor: impl FnMut() -> Duration,
) -> Pair {
    work();
    floor();
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (work(), floor())).collect();
    let ratios = rounds
        .iter()
        .map(|(work, floor)| work.as_secs_f64() / floor.as_secs_f64().max(1e-12));
    Pair {
        work: median(rounds.iter().map(|(work, _)| *work)) / units,
        floor: median(rounds.iter().map(|(_, floor)| *floor)) / units,
        ratio: median_of(ratios.collect()),
    }
}

/// Prints a pair as a row.
pub fn show(what: &str, unit: &str, pair: Pair) {
    let Pair { work, floor, ratio } = pair;
    let above = work.saturating_sub(floor);
    println!(
        "{what:<44} {work:>12.1?} a {unit}   floor {floor:>12.1?}   above it {above:>12.1?}   ratio {ratio:>8.2}"
    );
}

/// How long something takes.
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn median_of(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}
