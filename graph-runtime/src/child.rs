//! What a graph within another has stored: to be read, and to go back to.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpointer::{At, Query};
use crate::definition::StateGraph;
use crate::engine::Home;
use crate::error::Error;
use crate::id::MomentId;
use crate::moment::{Child, Moment, Placed, Reader, Replay, Wanted, fingerprint, thread_text};
use crate::state::Change;
use crate::thread::Thread;

/// A graph within another one, as it stood at a moment: to be read. It is run with its thread.
pub struct ChildThread<C: StateGraph> {
    home: Home,
    child: Child,
    graph: PhantomData<fn() -> C>,
}

impl<G: StateGraph> Thread<G> {
    /// A graph within this one, as a moment says it stood: `thread.child::<research::Research>(&moment.children[0])`.
    ///
    /// # Errors
    /// [`Error::NothingToResume`] for a graph without a checkpointer.
    pub fn child<C: StateGraph>(&self, child: &Child) -> Result<ChildThread<C>, Error> {
        ChildThread::below(self.home()?, child)
    }
}

impl<C: StateGraph> ChildThread<C> {
    fn below(outer: Home, child: &Child) -> Result<Self, Error> {
        let mut key = outer.key.root();
        for step in child.path.split('/') {
            key = key.child(step)?;
        }
        Ok(Self {
            home: Home { key, ..outer },
            child: child.clone(),
            graph: PhantomData,
        })
    }

    /// Where it stood then.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't stored any more, [`Error::GraphChanged`] if it is another graph,
    /// [`Error::Store`], [`Error::Corrupt`].
    pub async fn state(&self) -> Result<Moment<C>, Error> {
        let stand = self
            .home
            .reader()
            .stand(At::Moment(self.child.moment))
            .await?;
        stand
            .map(|stand| stand.moment)
            .ok_or_else(|| Error::UnknownMoment {
                thread: thread_text(&self.home.key),
                moment: self.child.moment,
            })
    }

    /// All its moments, newest first, also those that came later.
    ///
    /// # Errors
    /// Those of [`state`](Self::state).
    pub async fn history(&self) -> Result<Vec<Moment<C>>, Error> {
        let wanted = Wanted {
            query: Query {
                without_inputs: true,
                ..Query::default()
            },
            ..Wanted::default()
        };
        self.home.reader().history(&wanted).await
    }

    /// It as it stood at one of its moments: to go back to, on a branch of the thread. See
    /// [`ThreadAt::with_child`](crate::ThreadAt::with_child).
    pub fn at(&self, moment: MomentId) -> ChildAt<C> {
        let child = self.child.clone();
        ChildAt {
            placed: Placed {
                child: Child { moment, ..child },
                edit: None,
            },
            graph: PhantomData,
        }
    }

    /// A graph within this one.
    ///
    /// # Errors
    /// If the path can't be one.
    pub fn child<D: StateGraph>(&self, child: &Child) -> Result<ChildThread<D>, Error> {
        ChildThread::below(self.home.clone(), child)
    }
}

/// A graph within another one as it stood at one of its moments, perhaps with values that are set by hand: where it is to
/// stand on a branch.
pub struct ChildAt<C: StateGraph> {
    placed: Placed,
    graph: PhantomData<fn() -> C>,
}

impl<C: StateGraph> ChildAt<C> {
    /// Sets values in its state. They go through the reducers as those of a node do; `set_..` sets a field past
    /// its reducer.
    #[must_use = "they are set on the branch that takes this up"]
    pub fn values(mut self, values: impl Into<C::Values>) -> Self {
        let values = values.into();
        self.placed.edit = Some(Arc::new(move |reader, replay| {
            set_in::<C>(reader, replay, values.clone())
        }));
        self
    }

    pub(crate) fn into_placed(self) -> Placed {
        self.placed
    }
}

/// The state with those values in it, and the fingerprint of this version, whose form it has then.
fn set_in<C: StateGraph>(
    reader: &Reader<'_>,
    replay: &Replay<'_>,
    values: C::Values,
) -> Result<(String, String), Error> {
    let mut state = reader.state::<C>(replay)?;
    // What is active goes along, so this version has to be able to go on there.
    reader.frontier::<C>(replay)?;
    state.apply_values(values, &mut Change::new(C::FIELDS, false));
    let json = serde_json::to_string(&state).map_err(|source| Error::Encode {
        what: "the state".to_owned(),
        source,
    })?;
    Ok((json, fingerprint::<C>()))
}

impl<C: StateGraph> Clone for ChildAt<C> {
    fn clone(&self) -> Self {
        Self {
            placed: self.placed.clone(),
            graph: PhantomData,
        }
    }
}

impl<C: StateGraph> fmt::Debug for ChildAt<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildAt")
            .field("graph", &C::ID)
            .field("child", &self.placed.child)
            .field("sets_values", &self.placed.edit.is_some())
            .finish()
    }
}

impl<C: StateGraph> fmt::Debug for ChildThread<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildThread")
            .field("graph", &C::ID)
            .field("child", &self.child)
            .finish_non_exhaustive()
    }
}
