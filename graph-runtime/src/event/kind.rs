//! Kinds of events, and which of them a listener wants.

/// What an event is about. A stream tells what it is asked for: [`RunStream::only`](crate::RunStream::only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The whole state after each step. Not told unless it is asked for.
    Values,
    /// What nodes set.
    Updates,
    /// What nodes show while they run: tokens, progress.
    Emitted,
    /// Nodes that begin, finish, fail, or needn't run again.
    Tasks,
    /// Steps, pauses, the end.
    Moments,
    /// What the library does inside. Asking for it is asking for everything.
    Debug,
}

/// A set of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    const ALL: Self = Self(u8::MAX);

    pub(crate) const fn none() -> Self {
        Self(0)
    }

    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    pub(crate) const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

/// Everything that people mostly want to hear: all but values and debug.
impl Default for Kinds {
    fn default() -> Self {
        [Kind::Updates, Kind::Emitted, Kind::Tasks, Kind::Moments]
            .into_iter()
            .collect()
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds
            .into_iter()
            .fold(Self::none(), |all, kind| match kind {
                Kind::Debug => Self::ALL,
                kind => Self(all.0 | 1 << kind as u8),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asked_for_is_not_wanted() {
        let all = [
            Kind::Values,
            Kind::Updates,
            Kind::Emitted,
            Kind::Tasks,
            Kind::Moments,
            Kind::Debug,
        ];
        let wanted = |kinds: Kinds| all.map(|kind| kinds.contains(kind));
        assert_eq!(
            wanted(Kinds::default()),
            [false, true, true, true, true, false]
        );
        let two: Kinds = [Kind::Values, Kind::Emitted].into_iter().collect();
        assert_eq!(wanted(two), [true, false, true, false, false, false]);
        assert_eq!(wanted([Kind::Debug].into_iter().collect()), [true; 6]);
        assert_eq!(wanted(Kinds::none()), [false; 6]);
    }
}
