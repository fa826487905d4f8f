//! Lengths of time as they are written in attributes: `"250ms"`, `"1h 30m"`.

use std::time::Duration;

use syn::{Expr, ExprLit, Lit, LitStr};

use super::args::{Args, Value};
use crate::findings::Findings;

/// The units, each with its microseconds.
const UNITS: [(&str, u64); 6] = [
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60 * 1_000_000),
    ("h", 60 * 60 * 1_000_000),
    ("d", 24 * 60 * 60 * 1_000_000),
    ("w", 7 * 24 * 60 * 60 * 1_000_000),
];

/// Longer ones are a slip of the finger, and would overflow somewhere.
const LONGEST: u64 = 5_000 * 7 * 24 * 60 * 60 * 1_000_000;

impl Args {
    /// The length of time in `name = "3d"`; `form` is shown where it is something else.
    pub(super) fn duration(
        &mut self,
        name: &str,
        form: &str,
        findings: &mut Findings,
    ) -> Option<Duration> {
        let arg = self.take(name)?;
        let Value::Is(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) = &arg.value
        else {
            findings.at(
                &arg.name,
                format!("`{name}` takes a length of time, as text; write `{form}`"),
            );
            return None;
        };
        duration(text, findings)
    }
}

/// The length of time that a text names; what is wrong with it is said there.
pub(super) fn duration(text: &LitStr, findings: &mut Findings) -> Option<Duration> {
    match read(&text.value()) {
        Ok(duration) => Some(duration),
        Err(message) => {
            findings.at(text, message);
            None
        }
    }
}

fn read(text: &str) -> Result<Duration, String> {
    let mut micros: u64 = 0;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(end_of(rest, |letter| letter.is_ascii_digit()));
        let behind = behind.trim_start();
        let (unit, behind) = behind.split_at(end_of(behind, char::is_alphabetic));
        let of_unit = UNITS.iter().find(|(name, _)| *name == unit);
        let Some((_, each)) = of_unit.filter(|_| !number.is_empty()) else {
            return Err(not_one(text));
        };
        micros = number
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(*each)?.checked_add(micros))
            .filter(|sum| *sum <= LONGEST)
            .ok_or_else(|| format!("`{text}` is too long; the longest is `5000w`"))?;
        rest = behind.trim_start();
    }
    match micros {
        0 if text.chars().any(|letter| letter.is_ascii_digit()) => {
            Err(format!("`{text}` is no time at all; the shortest is `1ms`"))
        }
        0 => Err(not_one(text)),
        _ => Ok(Duration::from_micros(micros)),
    }
}

fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

fn not_one(text: &str) -> String {
    format!(
        "`{text}` is no length of time; write whole numbers with `ms`, `s`, `m`, `h`, `d` or `w`, like `1h 30m`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_numbers_with_units() {
        let seconds = |text| read(text).unwrap().as_secs();
        assert_eq!(read("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("30s"), 30);
        assert_eq!(seconds("15m"), 15 * 60);
        assert_eq!(seconds("2h"), 2 * 60 * 60);
        assert_eq!(seconds("3d"), 3 * 24 * 60 * 60);
        assert_eq!(seconds("1w"), 7 * 24 * 60 * 60);
        assert_eq!(seconds("1h 30m"), 90 * 60);
        assert_eq!(seconds(" 1h30m  5 s "), 90 * 60 + 5);
        assert_eq!(seconds("5000w"), 5_000 * 7 * 24 * 60 * 60);
    }

    #[test]
    fn what_is_no_length_of_time_is_said() {
        for text in ["", "3", "d", "3x", "1.5h", "-1h", "3 days", "1h,", "١h"] {
            assert_eq!(read(text), Err(not_one(text)));
        }
        assert_eq!(
            read("0s 0ms").unwrap_err(),
            "`0s 0ms` is no time at all; the shortest is `1ms`"
        );
        for text in ["5001w", "99999999999999999999s", "18446744073709551615w"] {
            assert_eq!(
                read(text).unwrap_err(),
                format!("`{text}` is too long; the longest is `5000w`")
            );
        }
    }
}
