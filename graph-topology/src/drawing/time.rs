//! A length of time in a few letters.

use std::time::Duration;

/// Two figures that matter: `0.4 ms`, `120 ms`, `1.3 s`, `2 min 5 s`, `3 h 2 min`, `3 d 4 h`.
pub(super) fn text(time: Duration) -> String {
    let (micros, seconds) = (time.as_micros(), time.as_secs());
    match seconds {
        _ if micros < 10_000 => format!("{} ms", tenths(micros, 1_000)),
        0 => format!("{} ms", micros / 1_000),
        1..60 => format!("{} s", tenths(micros, 1_000_000)),
        60..3_600 => pair((seconds / 60, "min"), (seconds % 60, "s")),
        3_600..86_400 => pair((seconds / 3_600, "h"), (seconds / 60 % 60, "min")),
        _ => pair((seconds / 86_400, "d"), (seconds / 3_600 % 24, "h")),
    }
}

fn tenths(amount: u128, unit: u128) -> String {
    match (amount / unit, amount * 10 / unit % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

fn pair((large, unit): (u64, &str), (small, part): (u64, &str)) -> String {
    match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_units_that_matter() {
        let texts = [0, 400, 1_000, 120_999, 1_300_000, 60_000_000, 125_000_000]
            .map(|micros| text(Duration::from_micros(micros)));
        assert_eq!(
            texts,
            [
                "0 ms",
                "0.4 ms",
                "1 ms",
                "120 ms",
                "1.3 s",
                "1 min",
                "2 min 5 s"
            ]
        );
        let texts =
            [3_600 * 3 + 120, 86_400 * 3 + 3_600 * 4].map(|it| text(Duration::from_secs(it)));
        assert_eq!(texts, ["3 h 2 min", "3 d 4 h"]);
    }
}
