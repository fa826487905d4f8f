//! What a store can be asked for beside single entries: searches, and lists of prefixes.

use super::{Condition, Near, Place, Prefix};
use crate::checkpointer::StoreError;

/// What to search for: entries at a prefix and below it of which all conditions are true.
///
/// They come by prefix and key, or the nearest first if there is a query.
///
/// ```
/// use graph_runtime::{Field, Prefix, Search};
///
/// let search = Search::under(Prefix::new(["users", "42"])?)
///     .having(Field::from("kind").eq("fact"))
///     .having(Field::from(["author", "age"]).gte(18))
///     .limit(10);
/// assert_eq!(search.conditions.len(), 2);
/// # Ok::<(), graph_runtime::InvalidId>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// Where to search: here and below. By default the whole store.
    pub prefix: Prefix,
    /// What must be true of a value, all of it.
    pub conditions: Vec<Condition>,
    /// Rank by how near values come to what this text means. For stores that are
    /// [`Embedded`](super::Embedded), which make `near` of it.
    pub query: Option<String>,
    /// Rank by how near values come to this meaning, and leave out those that can't be compared with it.
    pub near: Option<Near>,
    /// Only what comes after this.
    pub after: Option<Place>,
    /// How many at most; `None` for all.
    pub limit: Option<usize>,
}

impl Search {
    /// A search of everything at a prefix and below it.
    pub fn under(prefix: Prefix) -> Self {
        Self {
            prefix,
            ..Self::default()
        }
    }

    /// Only those of which this is true, too.
    #[must_use]
    pub fn having(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The nearest to what this text means first.
    #[must_use]
    pub fn query(mut self, text: impl Into<String>) -> Self {
        self.query = Some(text.into());
        self
    }

    /// Only what comes after the last one of the page before, whatever was put or deleted since.
    #[must_use]
    pub fn after(mut self, place: Place) -> Self {
        self.after = Some(place);
        self
    }

    /// So many at most.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Judges what can be judged without the store. For backends: before anything else.
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] for a query of which nobody made a meaning.
    pub fn check(&self) -> Result<(), StoreError> {
        if self.query.is_some() && self.near.is_none() {
            return Err(StoreError::Unsupported(
                "search by meaning (`Embedded` adds it to any)",
            ));
        }
        Ok(())
    }
}

/// Which prefixes to list: those that hold something, in their order.
///
/// ```
/// use graph_runtime::{Prefix, Prefixes};
///
/// // One for each user, however much lies below.
/// let users = Prefixes::under(Prefix::new(["users"])?).depth(1).limit(100);
/// assert_eq!(users.listed(&Prefix::new(["users", "42", "facts"])?), Prefix::new(["users", "42"])?);
/// # Ok::<(), graph_runtime::InvalidId>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes {
    /// Where to look: here and below. By default the whole store.
    pub under: Prefix,
    /// Cut each to so many segments below `under`, and list it once.
    pub depth: Option<usize>,
    /// Only those after this one.
    pub after: Option<Prefix>,
    /// How many at most; `None` for all.
    pub limit: Option<usize>,
}

impl Prefixes {
    /// All prefixes at one and below it.
    pub fn under(prefix: Prefix) -> Self {
        Self {
            under: prefix,
            ..Self::default()
        }
    }

    /// Cut to so many segments below.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Only those after this one.
    #[must_use]
    pub fn after(mut self, prefix: Prefix) -> Self {
        self.after = Some(prefix);
        self
    }

    /// So many at most.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// For backends: as what a prefix is listed.
    pub fn listed(&self, prefix: &Prefix) -> Prefix {
        match self.depth {
            Some(depth) => prefix.cut(self.under.depth().saturating_add(depth)),
            None => prefix.clone(),
        }
    }

    /// For backends: where, at the earliest, the [bytes](Prefix::as_bytes) of what is listed after a prefix
    /// begin, so that what lies between is not looked at.
    pub fn next_after(&self, prefix: &Prefix) -> Vec<u8> {
        let listed = self.listed(prefix);
        let holds_all_below =
            |depth: usize| listed.depth() == self.under.depth().saturating_add(depth);
        if self.depth.is_some_and(holds_all_below) {
            return listed.end();
        }
        let mut next = prefix.as_bytes().to_vec();
        next.push(0);
        next
    }
}
