//! A field of an input as plain JSON: what its setter takes, without the words of a [`Patch`]. For serde's
//! `with`; what is absent is skipped before.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Patch;
use crate::secret::unreadable;

/// A field without a reducer: its value.
pub mod value {
    use super::{Deserialize, Deserializer, Patch, Serialize, Serializer, unreadable};

    /// Writes what the field is set to.
    pub fn serialize<T: Serialize, S: Serializer>(
        patch: &Patch<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        patch.get().serialize(serializer)
    }

    /// Reads what the field is set to; `null` is a value as well.
    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Patch<T>, D::Error> {
        T::deserialize(deserializer).map(Patch::set)
    }

    /// [`deserialize`], of a secret: an error doesn't say what was there.
    pub fn read_secret<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Patch<T>, D::Error> {
        unreadable(deserialize(deserializer))
    }
}

/// A field with a reducer: what the reducer is given.
pub mod delta {
    use serde::ser::Error as _;

    use super::{Deserialize, Deserializer, Patch, Serialize, Serializer, unreadable};

    /// Writes what the reducer is given.
    ///
    /// # Errors
    /// If the patch says more than that.
    pub fn serialize<T, D: Serialize, K, S: Serializer>(
        patch: &Patch<T, D, K>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if patch.get().is_some() || !patch.get_removed().is_empty() {
            return Err(S::Error::custom(
                "plain JSON holds what a reducer is given; `set_..` and `remove_..` have no form in it",
            ));
        }
        patch.get_reduced().serialize(serializer)
    }

    /// Reads what the reducer is given; `null` is a value as well.
    pub fn deserialize<'de, T, D: Deserialize<'de>, K, R: Deserializer<'de>>(
        deserializer: R,
    ) -> Result<Patch<T, D, K>, R::Error> {
        D::deserialize(deserializer).map(Patch::reduce)
    }

    /// [`deserialize`], of a secret: an error doesn't say what was there.
    pub fn read_secret<'de, T, D: Deserialize<'de>, K, R: Deserializer<'de>>(
        deserializer: R,
    ) -> Result<Patch<T, D, K>, R::Error> {
        unreadable(deserialize(deserializer))
    }
}
