//! What a thread has where a run is taken back, as it is stored. No user type is involved.

use std::collections::BTreeSet;

use super::read::Reader;
use crate::checkpointer::At;
use crate::error::Error;
use crate::id::{ActivationId, MomentId};

/// What going back leaves behind on a thread.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    pub(crate) head: Option<MomentId>,
    /// The highest sequence, over all branches.
    pub(crate) sequence: u64,
    pub(crate) rewrites: u64,
    /// Turns that are active, or have something stored beside the records.
    pub(crate) turns: Vec<ActivationId>,
}

impl Reader<'_> {
    /// What stands at the thread's head as it is stored, whether or not this version of the graph can read it.
    pub(crate) async fn leftover(&self) -> Result<Leftover, Error> {
        let Some(chain) = self.load(At::Head).await? else {
            return Ok(Leftover::default());
        };
        let mut turns: BTreeSet<_> = chain
            .writes
            .iter()
            .map(|write| write.key.activation)
            .collect();
        // An answer may come in until the moment of the commit.
        if let Some((_, stood)) = self.stood(&chain)? {
            turns.extend(stood.turns());
        }
        Ok(Leftover {
            head: chain.head,
            sequence: chain.sequence,
            rewrites: chain.rewrites,
            turns: turns.into_iter().collect(),
        })
    }
}
