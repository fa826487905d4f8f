//! What outsiders see of a run beside its events: `tracing` spans and, with the feature `metrics`, numbers.
//!
//! Neither ever holds a value of the state. Where nobody subscribes, a run asks once and then does nothing here.

use tracing::field::{Empty, display};
use tracing::{Instrument as _, Level, Span, debug_span, info_span};

use crate::checkpointer::{Checkpointer, Commit, StoreError};
use crate::definition::{BoxFuture, StateGraph};
use crate::error::{Error, NodeError};
use crate::id::{ActivationId, MomentId, ThreadKey};
use crate::meter;
use crate::outcome::Outcome;

/// Whom a run is shown to.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(super) graph: &'static str,
    traced: bool,
    run: Span,
    step: Span,
}

impl Watch {
    pub(crate) fn new(graph: &'static str, thread: Option<&ThreadKey>, run: Option<&str>) -> Self {
        let traced = tracing::enabled!(Level::INFO);
        let span = if traced {
            let thread = thread.map(ThreadKey::thread);
            info_span!("run", graph, thread, run, outcome = Empty, error = Empty)
        } else {
            Span::none()
        };
        Self {
            graph,
            traced,
            run: span,
            step: Span::none(),
        }
    }

    /// Sees the whole run.
    pub(crate) fn run_span(&self) -> Span {
        self.run.clone()
    }

    /// A step begins.
    #[inline]
    pub(super) fn begin_step(&mut self, step: u64) {
        if self.traced {
            self.step = info_span!(parent: &self.run, "step", step, moment = Empty);
        }
    }

    /// The step was taken.
    #[inline]
    pub(super) fn end_step(&mut self, moment: MomentId) {
        meter::step(self.graph);
        if self.traced {
            self.step.record("moment", display(moment));
            self.step = Span::none();
        }
    }

    /// A node's turn.
    #[inline]
    pub(super) fn node(
        &self,
        node: &'static str,
        activation: ActivationId,
        item: Option<u32>,
        attempt: impl FnOnce() -> u32,
    ) -> Span {
        if !self.traced {
            return Span::none();
        }
        let (moment, attempt) = (display(activation.moment), attempt());
        info_span!(parent: &self.step, "node", node, item, %moment, attempt, attempts = Empty, error = Empty)
    }

    /// A node's turn has failed.
    pub(super) fn failed(&self, span: &Span, node: &'static str, error: &NodeError, attempts: u32) {
        meter::failure(self.graph, node);
        if self.traced {
            span.record("error", display(error))
                .record("attempts", attempts);
        }
    }

    /// Stores a commit. Where nobody watches, that is the checkpointer's own future and nothing around it.
    pub(super) fn commit<'a>(
        &'a self,
        saver: &'a dyn Checkpointer,
        thread: &'a ThreadKey,
        commit: Commit,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        if self.traced || meter::ON {
            Box::pin(self.commit_seen(saver, thread, commit))
        } else {
            saver.commit(thread, commit)
        }
    }

    async fn commit_seen(
        &self,
        saver: &dyn Checkpointer,
        thread: &ThreadKey,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let timed = meter::Timed::begin();
        let (records, writes, bytes) = (commit.records.len(), commit.writes.len(), size(&commit));
        let span = debug_span!(parent: &self.run, "commit", records, writes, bytes, error = Empty);
        let stored = saver.commit(thread, commit).instrument(span.clone()).await;
        if let Err(error) = &stored {
            span.record("error", display(error));
        }
        meter::commit(self.graph, timed, bytes, stored.is_ok());
        stored
    }

    /// The run is over.
    pub(super) fn over<G: StateGraph>(
        &self,
        ending: Result<Outcome<G>, Error>,
    ) -> Result<Outcome<G>, Error> {
        let outcome = match &ending {
            Ok(Outcome::Done(_)) => "done",
            Ok(Outcome::Paused(_)) => "paused",
            Err(Error::Cancelled { .. }) => "cancelled",
            Err(Error::Drained { .. }) => "drained",
            Err(Error::Deadline { .. }) => "late",
            Err(_) => "failed",
        };
        meter::run(self.graph, outcome);
        if self.traced {
            self.run.record("outcome", outcome);
            if let Err(error) = &ending {
                self.run.record("error", display(error));
            }
        }
        ending
    }
}

/// How many bytes a commit stores.
pub(super) fn size(commit: &Commit) -> usize {
    let records: usize = commit
        .records
        .iter()
        .map(|record| record.payload.len())
        .sum();
    let writes: usize = commit.writes.iter().map(|write| write.payload.len()).sum();
    records + writes
}
