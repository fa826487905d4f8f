//! Sub-steps of a node that are done once, whatever becomes of the node.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::checkpointer::{WriteKey, WriteKind};
use crate::error::Error;
use crate::id::{ActivationId, InvalidId};
use crate::run::Run;

impl<E> Run<E> {
    /// Does a part of the node's work, and remembers what came of it: when this turn of the node is run again, after a
    /// failure, a timeout or a crash, the part isn't done again, and what it came to is given back.
    ///
    /// `id` names the part within the node's turn (in a `for`, within its item); a loop needs an id for each round. What
    /// fails isn't remembered, and its error is given on. Everything before it is stored before it begins, and its result
    /// before this returns, in every durability; a crash between the part's own end and that lets it be done
    /// again. Without a checkpointer it is remembered for as long as the run goes on.
    ///
    /// # Errors
    /// The part's own, and as one of its kind: [`Error::Store`] if the result can't be stored, [`Error::Encode`] if it is
    /// no JSON, [`Error::OnceTwice`] if a part with that id is under way, [`Error::GraphChanged`] if what was
    /// remembered isn't a `T`, [`Error::InvalidId`].
    ///
    /// ```
    /// use graph_runtime::{Error, Run};
    ///
    /// async fn pay(run: &Run) -> Result<u32, Error> {
    ///     let receipt: u32 = run.once("charge", async { Ok::<_, Error>(7) }).await?;
    ///     run.once("tell", async { Ok::<_, Error>(receipt + 1) }).await
    /// }
    /// ```
    pub async fn once<T, F>(
        &self,
        id: &str,
        part: impl Future<Output = Result<T, F>>,
    ) -> Result<T, F>
    where
        T: Serialize + DeserializeOwned,
        F: From<Error>,
    {
        InvalidId::check("sub-step", id).map_err(Error::from)?;
        let key = WriteKey {
            activation: self.turn.activation,
            item: self.turn.item,
            kind: WriteKind::Once,
            name: Some(id.into()),
        };
        let note = match self.ties.notes.begin(&key) {
            Begun::Over(json) => return Ok(self.remembered(id, &json)?),
            Begun::UnderWay => {
                return Err(F::from(Error::OnceTwice {
                    node: self.turn.node,
                    id: id.to_owned(),
                }));
            }
            Begun::Now(note) => note,
        };
        if let Some(aside) = &self.ties.aside {
            aside.flush().await?;
        }
        let value = part.await?;
        let json = to_raw_value(&value).map_err(|source| Error::Encode {
            what: format!("the result of sub-step `{id}` of node `{}`", self.turn.node),
            source,
        })?;
        if let Some(aside) = &self.ties.aside {
            let body = json.get().as_bytes();
            aside.keep(self.turn.head, key, body).await?;
        }
        note.end(json);
        Ok(value)
    }

    fn remembered<T: DeserializeOwned>(&self, id: &str, json: &RawValue) -> Result<T, Error> {
        serde_json::from_str(json.get()).map_err(|error| Error::GraphChanged {
            thread: self
                .ties
                .thread
                .as_ref()
                .map(crate::moment::thread_text)
                .unwrap_or_default(),
            what: format!(
                "what sub-step `{id}` of node `{}` came to can't be read ({error})",
                self.turn.node
            ),
        })
    }
}

/// What sub-steps have come to, of all turns that aren't over.
#[derive(Default)]
pub(crate) struct Notes {
    all: Mutex<HashMap<WriteKey, Note>>,
    any: AtomicBool,
}

enum Note {
    UnderWay,
    Over(Box<RawValue>),
}

enum Begun<'a> {
    Now(Open<'a>),
    UnderWay,
    Over(Box<RawValue>),
}

/// A sub-step under way. Dropped before its end it is forgotten.
struct Open<'a> {
    notes: &'a Notes,
    key: Option<WriteKey>,
}

impl Notes {
    /// Takes over what an earlier run has stored.
    pub(crate) fn remember(&self, key: WriteKey, json: Box<RawValue>) {
        self.any.store(true, Ordering::Release);
        self.all().insert(key, Note::Over(json));
    }

    /// Forgets what belongs to turns that are over.
    #[inline]
    pub(crate) fn forget(&self, turns: &[ActivationId]) {
        if self.any.load(Ordering::Acquire) {
            self.all().retain(|key, _| !turns.contains(&key.activation));
        }
    }

    fn begin(&self, key: &WriteKey) -> Begun<'_> {
        self.any.store(true, Ordering::Release);
        let mut all = self.all();
        match all.get(key) {
            Some(Note::Over(json)) => Begun::Over(json.clone()),
            Some(Note::UnderWay) => Begun::UnderWay,
            None => {
                all.insert(key.clone(), Note::UnderWay);
                Begun::Now(Open {
                    notes: self,
                    key: Some(key.clone()),
                })
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<WriteKey, Note>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open<'_> {
    fn end(mut self, json: Box<RawValue>) {
        if let Some(key) = self.key.take() {
            self.notes.all().insert(key, Note::Over(json));
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.notes.all().remove(&key);
        }
    }
}
