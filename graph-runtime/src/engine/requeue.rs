//! Letting begin anew what nobody dares to begin again: on a thread, and in the graphs that its nodes are in the middle of.

use super::busy::Busy;
use super::child::name_of;
use super::past::Past;
use super::request::Home;
use crate::checkpointer::{At, Commit, Expect, Write};
use crate::definition::{BoxFuture, GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::Activation;
use crate::moment::{StoredChild, thread_text};

/// A graph that is a node of another, as what isn't a run of it needs to know it.
#[derive(Clone, Copy)]
pub struct Nested {
    /// The node's place in the topology.
    node: usize,
    /// Whether a call goes on with the state that the last one left.
    memory: bool,
    requeue: for<'h> fn(&'h Home) -> BoxFuture<'h, Result<(), Error>>,
}

impl Nested {
    /// The graph of a node.
    pub const fn of<C: StateGraph>(node: usize, memory: bool) -> Self {
        Self {
            node,
            memory,
            requeue: |home| Box::pin(requeue::<C>(home)),
        }
    }
}

/// Lets what is ready begin anew, whatever became of it before.
///
/// # Errors
/// [`Error::NothingToResume`] on a thread that was never run, [`Error::Store`].
pub(crate) async fn requeue<G: StateGraph>(home: &Home) -> Result<(), Error> {
    let reader = home.reader();
    let Some(stand) = reader.stand::<G>(At::Head).await? else {
        return Err(Error::NothingToResume {
            thread: thread_text(&home.key),
        });
    };
    let past = Past::of(&stand.writes, reader.seal).map_err(|source| reader.store(source))?;
    let frontier = stand.frontier?;
    for turn in &frontier.active {
        requeue_called(home, turn).await?;
    }
    let turns = frontier.active.iter();
    let keys = turns.filter_map(|turn| past.requeue(turn.id));
    let writes = keys.map(|key| Write {
        payload: reader.seal.seal_write(&key, b""),
        key,
    });
    let commit = Commit {
        expected: Expect::Head(Some(stand.moment.id)),
        writes: writes.collect(),
        ..Commit::default()
    };
    let stored = (*home.saver).commit(&home.key, commit).await;
    stored.map_err(|source| reader.store(source))
}

/// The same in the graph that a turn has called, in a `for` for each item. One that it hasn't called has nothing to forget.
async fn requeue_called<G: StateGraph>(home: &Home, turn: &Activation<G>) -> Result<(), Error> {
    let is_its = |nested: &&Nested| nested.node == turn.node.index();
    let Some(nested) = G::NESTED.iter().find(is_its) else {
        return Ok(());
    };
    for item in (0..).take(turn.width()) {
        let call = (!nested.memory).then_some((turn.id, turn.item(item)));
        let name = name_of::<G>(home, turn.node, call).await?;
        let called = home.below(&StoredChild::path(name, call))?;
        // What an earlier run has handed to its writer may still be on the way.
        let _hold = called.registry.take(&called.key, Busy::Enqueue).await?;
        match (nested.requeue)(&called).await {
            Ok(()) | Err(Error::NothingToResume { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
