//! The ids of moments: made without a random number, ordered by time.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{InvalidId, Timestamp};

/// The id of a moment: unique everywhere, ordered by time of creation.
///
/// Its text is 26 characters of Crockford's base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MomentId(u128);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;
const MOMENT_FORM: &str = "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z";

/// Seeded once for the process: a random number for each moment would cost more than the step.
static COUNTER: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(RandomState::new().build_hasher().finish()));

impl MomentId {
    /// A new id for something that happens at `now`.
    pub fn at(now: Timestamp) -> Self {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        Self((u128::from(now.as_micros()) << 64) | u128::from(count))
    }

    /// The id of a moment that is only counted, in a run that stores none.
    pub(crate) fn numbered(count: u64) -> Self {
        Self(u128::from(count))
    }

    pub(crate) fn bits(self) -> u128 {
        self.0
    }

    fn text(self) -> [u8; TEXT_LENGTH] {
        let mut text = [0; TEXT_LENGTH];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        text
    }
}

impl fmt::Display for MomentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for MomentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MomentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "moment",
            text: text.to_owned(),
            form: MOMENT_FORM,
        };
        // 26 characters hold 130 bits: the first may only use the lowest three.
        if text.len() != TEXT_LENGTH || !matches!(text.as_bytes()[0], b'0'..=b'7') {
            return Err(malformed());
        }
        text.bytes()
            .try_fold(0u128, |id, byte| {
                let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
                Some((id << 5) | digit as u128)
            })
            .map(Self)
            .ok_or_else(malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_an_id_reads_back_and_sorts_like_the_id() {
        let early = MomentId::at(Timestamp::from_micros(1));
        let late = MomentId::at(Timestamp::from_micros(u64::MAX));
        for id in [early, late] {
            assert_eq!(id.to_string().parse::<MomentId>(), Ok(id));
        }
        assert!(early.to_string() < late.to_string());
    }
}
