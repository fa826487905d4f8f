//! Going back, and setting values by hand: where a run begins that doesn't simply go on.
//!
//! A branch is one record whose parent is the old moment, and a run like any other from there. It takes every
//! turn that is active there under a new id; whatever the thread had stored for turns under their old ids (answers,
//! results of siblings, pauses) goes with that record.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::Engine;
use super::journal::Position;
use super::request::{ByHand, Home, Origin};
use crate::checkpointer::{At, Source};
use crate::definition::{GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::Activation;
use crate::id::{ActivationId, MomentId};
use crate::moment::{Leftover, Reader, Stand, thread_text};

/// Where a run begins.
pub(super) struct Ground<G: StateGraph> {
    pub(super) stand: Stand<G>,
    /// What the thread leaves behind, where a branch begins.
    pub(super) leaves: Option<Leftover>,
}

impl<G: StateGraph> Ground<G> {
    /// The thread's head before the run.
    pub(super) fn head(&self) -> Option<MomentId> {
        match &self.leaves {
            Some(leaves) => leaves.head,
            None => Some(self.stand.moment.id),
        }
    }
}

/// Finds where a run begins; `None` on a thread that was never run. A run that `branches` leaves even the head.
pub(super) async fn ground<G: StateGraph>(
    home: &Home,
    origin: &Origin,
    branches: bool,
) -> Result<Option<Ground<G>>, Error> {
    let reader = home.reader();
    match origin {
        Origin::Head => {
            let stand = reader.stand(At::Head).await?;
            Ok(stand.map(|stand| Ground {
                stand,
                leaves: None,
            }))
        }
        Origin::Moment(id) => {
            let stand = known(&reader, *id).await?;
            let goes_on = stand.head == Some(*id) && !branches;
            let leaves = if goes_on {
                None
            } else {
                Some(reader.leftover().await?)
            };
            Ok(Some(Ground { stand, leaves }))
        }
        Origin::Elsewhere(thread, id) => {
            let stand = known(&home.neighbour(thread)?.reader(), *id).await?;
            let leaves = reader.leftover().await?;
            if leaves.head.is_some() {
                return Err(Error::NotEmpty {
                    thread: thread_text(&home.key),
                });
            }
            Ok(Some(Ground {
                stand,
                leaves: Some(leaves),
            }))
        }
    }
}

async fn known<G: StateGraph>(reader: &Reader<'_>, moment: MomentId) -> Result<Stand<G>, Error> {
    let stand = reader.stand(At::Moment(moment)).await?;
    stand.ok_or_else(|| Error::UnknownMoment {
        thread: thread_text(reader.key),
        moment,
    })
}

/// Where the journal goes on.
pub(super) fn position<G: StateGraph>(stand: &Stand<G>, leaves: Option<&Leftover>) -> Position {
    let here = Position {
        head: Some(stand.moment.id),
        parent: Some(stand.moment.id),
        base: Some(stand.base),
        sequence: stand.sequence,
        step: stand.moment.step,
        chain: stand.bytes,
        outdated: stand.outdated,
    };
    match leaves {
        None => here,
        Some(Leftover {
            head: head @ Some(_),
            sequence,
            ..
        }) => Position {
            head: *head,
            sequence: *sequence,
            ..here
        },
        // A thread of its own begins with a snapshot.
        Some(_) => Position {
            step: here.step,
            ..Position::default()
        },
    }
}

impl<G: StateGraph> Engine<G> {
    /// Makes ready for a branch: turns get the ids under which its first record starts them.
    pub(super) fn leave(&mut self, turns: Vec<ActivationId>) {
        let departure = self.new_moment();
        self.frontier.reissue(departure.0);
        self.departure = Some(departure);
        // Those that belong to a turn are left with it.
        self.children.retain(|child| child.turn.is_none());
        if let Some(journal) = &mut self.journal {
            journal.forget(turns);
        }
    }

    /// Begins the branch, if there is one to begin.
    pub(super) async fn depart(mut self) -> Result<Self, Error> {
        if let Some((moment, now)) = self.departure.take() {
            self.note(moment, now, Source::Fork).await?;
            self.tell_step(moment);
        }
        Ok(self)
    }

    /// Lets go of everything that is unfinished.
    pub(super) fn abandon(&mut self) {
        self.frontier.active.clear();
        self.frontier.clear_slots();
        self.kept.clear();
        self.pauses.clear();
        // Where a branch begins, what the thread leaves behind is let go of already.
        if let Some(journal) = self.journal.as_mut().filter(|_| self.departure.is_none()) {
            journal.forget(std::mem::take(&mut self.turns));
        }
    }

    /// Sets values by hand, and goes on behind a node if they are to come from one.
    pub(super) async fn set(mut self, by_hand: ByHand<G>) -> Result<Self, Error> {
        let branches = self.departure.is_some();
        let (moment, now) = match self.departure {
            Some(departure) => departure,
            None => self.new_moment(),
        };
        let from = by_hand.node.map_or("the values", GraphNode::name);
        let done = catch_unwind(AssertUnwindSafe(|| self.take_by_hand(by_hand, moment)));
        done.unwrap_or_else(|payload| Err(self.route_panic(from, &*payload)))?;
        self.departure = None;
        if branches {
            self.frontier.reissue(moment);
        }
        let source = if branches {
            Source::Fork
        } else {
            Source::Update
        };
        self.note(moment, now, source).await?;
        self.tell_step(moment);
        self.turnover.clear();
        Ok(self)
    }

    fn take_by_hand(&mut self, by_hand: ByHand<G>, moment: MomentId) -> Result<(), Error> {
        let ByHand { values, node } = by_hand;
        let Some(node) = node else {
            Arc::make_mut(&mut self.state).apply_values(values, &mut self.change);
            return Ok(());
        };
        self.end_turn_of(node);
        let state = Arc::make_mut(&mut self.state);
        state.reset_step(&mut self.change);
        state.apply_values(values, &mut self.change);
        self.turnover.ran.push(node);
        self.state.route(Some(node), &mut self.next);
        self.start_next(moment);
        match self.frontier.unsound() {
            None => Ok(()),
            Some(what) => Err(Error::Unsound {
                thread: self.thread(),
                node: node.name(),
                what,
            }),
        }
    }

    /// Ends the node's turn, whatever of it is done. Where it has none, nothing of what is active can stand beside
    /// it.
    fn end_turn_of(&mut self, node: G::Node) {
        let is_active = |turn: &Activation<G>| turn.node == node;
        let ended: Vec<_> = self
            .frontier
            .active
            .extract_if(.., |turn| is_active(turn))
            .map(|turn| turn.id)
            .collect();
        if ended.is_empty() {
            self.abandon();
            return;
        }
        self.kept.retain(|(turn, _), _| !ended.contains(turn));
        if let Some(journal) = self.journal.as_mut().filter(|_| self.departure.is_none()) {
            journal.forget(ended);
        }
    }
}
