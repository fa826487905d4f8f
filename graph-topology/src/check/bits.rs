//! A fixed set of small numbers, 64 to a word.

/// A set of numbers below a length fixed at creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The empty set of numbers below `len`.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
        }
    }

    /// Adds a number; says whether it is new.
    pub(crate) fn insert(&mut self, bit: usize) -> bool {
        let word = &mut self.words[bit / 64];
        let mask = 1 << (bit % 64);
        let new = *word & mask == 0;
        *word |= mask;
        new
    }

    /// Takes a number out.
    pub(crate) fn remove(&mut self, bit: usize) {
        self.words[bit / 64] &= !(1 << (bit % 64));
    }

    /// Whether a number is in the set.
    pub(crate) fn contains(&self, bit: usize) -> bool {
        self.words[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// Adds all of another set.
    pub(crate) fn union(&mut self, other: &Self) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Keeps only what another set has too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        for (word, mask) in self.words.iter_mut().zip(&other.words) {
            *word &= mask;
        }
    }

    /// Removes all of another set.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, less) in self.words.iter_mut().zip(&other.words) {
            *word &= !less;
        }
    }

    /// Whether another set has all of this one.
    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.words
            .iter()
            .zip(&other.words)
            .all(|(word, all)| word & !all == 0)
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The numbers, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    index * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(bits: &[usize]) -> Bits {
        let mut set = Bits::new(200);
        for &bit in bits {
            set.insert(bit);
        }
        set
    }

    #[test]
    fn holds_what_was_put_in_across_words() {
        let bits = set(&[0, 63, 64, 199]);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 199]);
        assert_eq!(bits.count(), 4);
        assert!(bits.contains(64) && !bits.contains(65));
    }

    #[test]
    fn insert_says_what_is_new() {
        let mut bits = Bits::new(70);
        assert!(bits.insert(69));
        assert!(!bits.insert(69));
    }

    #[test]
    fn combines_as_sets_do() {
        let (left, right) = (set(&[1, 70, 130]), set(&[70, 130, 180]));
        let mut both = left.clone();
        both.intersect(&right);
        assert_eq!(both, set(&[70, 130]));
        let mut all = left.clone();
        all.union(&right);
        assert_eq!(all, set(&[1, 70, 130, 180]));
        let mut rest = left.clone();
        rest.subtract(&right);
        assert_eq!(rest, set(&[1]));
        assert!(both.is_subset(&left) && !left.is_subset(&both));
    }
}
