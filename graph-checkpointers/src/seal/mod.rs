//! Encryption of what a checkpointer keeps, around any of them.
//!
//! Here is what a user sees. `keys` are the keys and where they come from, `envelope` the bytes that are stored,
//! `rewrap` what changes the key of what is stored; the way through a checkpointer's methods is in `wrapped`.

mod envelope;
mod keys;
mod rewrap;

use std::sync::Arc;

use graph_runtime::{Checkpointer, Seals, StoreError, ThreadKey};

pub use keys::{KeyError, KeyRing, SealKey};
pub use rewrap::Rewrapped;

use crate::wrapped::{Place, Wrapper};

/// Encrypts what another checkpointer keeps: payloads of records, writes and messages, with XChaCha20-Poly1305 and a
/// nonce of its own for each.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::{KeyRing, SealKey, Sealed};
/// use graph_runtime::MemorySaver;
///
/// # let key = "776f726c6473206f6620776f6e6465722c20776f726c6473206f662077617231";
/// let keys = KeyRing::new("2026", key.parse::<SealKey>()?)?;
/// let saver = Sealed::new(MemorySaver::new(), keys);
/// # Ok(())
/// # }
/// ```
///
/// # What is sealed
/// All that a payload holds: the state and its changes, inputs, questions and answers, items and results, failures,
/// metadata, the names of nodes, messages. With it is authenticated what it belongs to: the thread and the path,
/// of a record all its other parts, of a write its key, of a message that it is one; the key's id and the format
/// too. So bytes that were changed, rows that were swapped, columns that were edited and payloads in the clear are
/// [`StoreError::Corrupt`].
///
/// # What isn't
/// - Whoever can read the store sees the ids of threads, users and namespaces, the paths of child graphs with the
///   names of their nodes, the ids of turns with the kinds and names of writes, when and how often something was
///   written, when a thread is due, who holds its lease, the ids of keys, and how large each payload is. Ids and
///   names that must not be seen are to be hashed before they are given.
/// - Whoever can change the store can remove rows, put a thread back to what it was earlier, put a message elsewhere
///   among those of its thread, and change leases, users and counts. None of that makes a payload another one.
/// - A `Store` and a `Cache` are places of their own, and aren't sealed by this.
///
/// Each payload becomes up to 114 bytes larger, and [`Checkpointer::usage`] counts what is stored. Sealing is done in
/// place, on the thread of whoever commits or loads.
///
/// # Keys
/// A payload names the key that sealed it. One that isn't in the [`KeyRing`] is [`StoreError::UnknownKey`]. To change
/// the key while processes run:
/// 1. let each of them [open with](KeyRing::opening_with) the new one;
/// 2. then let each of them seal with the new one, and open with the old one;
/// 3. seal anew what is stored: [`Sealed::rewrap`]; then the old key can go.
///
/// Without its key, nothing can be read: whoever loses it loses what it sealed, and whoever destroys it has deleted
/// that, in backups too.
///
/// # A store that is in use already
/// [`Sealed::accepting_plain`] reads what isn't sealed yet, and [`Sealed::rewrap`] seals it. Copies in the clear may
/// stay where the database puts what it has replaced (free pages, logs, backups) until it reuses them.
#[derive(Clone, Debug)]
pub struct Sealed<C> {
    inner: C,
    keys: Arc<KeyRing>,
    accepts_plain: bool,
}

impl<C: Checkpointer> Sealed<C> {
    /// Seals whatever is given to this checkpointer, and takes nothing from it that isn't sealed.
    pub fn new(inner: C, keys: KeyRing) -> Self {
        Self {
            inner,
            keys: Arc::new(keys),
            accepts_plain: false,
        }
    }

    /// Reads payloads in the clear as they are, for as long as a store is switched over: all that is new is sealed,
    /// and [`Sealed::rewrap`] seals the rest. Until this is left out again, whoever can change the store can put
    /// plain payloads into it that are taken for real.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use graph_checkpointers::{KeyRing, Sealed};
    /// # let (saver, keys) = (graph_runtime::MemorySaver::new(), KeyRing::new("2026", [1; 32].into())?);
    /// let saver = Sealed::new(saver, keys).accepting_plain();
    /// saver.rewrap("support").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn accepting_plain(mut self) -> Self {
        self.accepts_plain = true;
        self
    }
}

impl<C: Checkpointer> Wrapper for Sealed<C> {
    type Inner = C;

    fn inner(&self) -> &C {
        &self.inner
    }

    fn pack(
        &self,
        thread: &ThreadKey,
        place: Place<'_>,
        payload: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        envelope::seal(&self.keys, thread, place, &payload)
    }

    fn unpack(
        &self,
        thread: &ThreadKey,
        place: Place<'_>,
        stored: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        if !self.accepts_plain || envelope::is_sealed(&stored) {
            envelope::open(&self.keys, thread, place, stored)
        } else {
            Ok(stored)
        }
    }
}

impl<C: Checkpointer> Seals for Sealed<C> {}
