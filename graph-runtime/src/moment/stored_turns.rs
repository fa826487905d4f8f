//! What is active on a thread as it is stored, for tests that look at what a killed run has left. No user type is involved.

use super::StoredCall;
use super::read::Reader;
use crate::checkpointer::{At, WriteKind};
use crate::error::Error;
use crate::id::ActivationId;

/// What is active at a thread's head.
#[derive(Debug)]
pub(crate) struct StoredTurns {
    /// How many steps lie behind it.
    pub(crate) step: u64,
    /// Who called the graph, where it is one within another.
    pub(crate) call: Option<StoredCall>,
    pub(crate) turns: Vec<StoredTurn>,
}

/// A node's turn.
#[derive(Debug)]
pub(crate) struct StoredTurn {
    pub(crate) id: ActivationId,
    pub(crate) node: String,
    /// Its tasks, by their items, and whether the result of each is kept already.
    pub(crate) tasks: Vec<(Option<u32>, bool)>,
}

impl Reader<'_> {
    /// What is active at the head; `None` on a thread that was never run.
    pub(crate) async fn stored_turns(&self) -> Result<Option<StoredTurns>, Error> {
        let Some(chain) = self.load(At::Head).await? else {
            return Ok(None);
        };
        let Some((head, stood)) = self.stood(&chain)? else {
            return Ok(None);
        };
        let is_kept = |turn, item| {
            chain.writes.iter().any(|write| {
                matches!(write.key.kind, WriteKind::Update | WriteKind::Handled)
                    && (write.key.activation, write.key.item) == (turn, item)
            })
        };
        let turns = stood.active.iter().map(|(id, turn)| {
            let items: Vec<_> = match turn.item_count() {
                None => vec![None],
                Some(count) => (0..).take(count).map(Some).collect(),
            };
            let tasks = items.into_iter().map(|item| (item, is_kept(*id, item)));
            StoredTurn {
                id: *id,
                node: turn.node.clone().into_owned(),
                tasks: tasks.collect(),
            }
        });
        Ok(Some(StoredTurns {
            step: head.step,
            call: stood.run.call,
            turns: turns.collect(),
        }))
    }
}
