//! Going back, and setting values by hand: where a run begins that doesn't simply go on.
//!
//! A branch is one record whose parent is the old moment, and a run like any other from there. It takes every
//! turn that is active there under a new id; whatever the thread had stored for turns under their old ids (answers,
//! results of siblings, pauses) goes with that record.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::journal::Position;
use super::request::{ByHand, Home, Origin, Then};
use super::{Engine, Nest};
use crate::checkpointer::{At, Source};
use crate::definition::{GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::{Activation, Frontier};
use crate::id::{ActivationId, MomentId, ThreadKey, Timestamp};
use crate::moment::{Leftover, Placed, Reader, Renamed, Stand, rename, thread_text};

/// Where a run begins.
pub(super) struct Ground<G: StateGraph> {
    pub(super) stand: Stand<G>,
    /// Where a branch begins, what it leaves.
    pub(super) leaves: Option<Leaving>,
}

/// What a branch leaves.
pub(super) struct Leaving {
    /// What stays behind where it is written to.
    pub(super) leftover: Leftover,
    /// The thread whose moment it begins at.
    pub(super) from: ThreadKey,
    /// Graphs within that are to stand elsewhere.
    pub(super) placed: Vec<Placed>,
}

impl<G: StateGraph> Ground<G> {
    /// Where the thread stands, to go on there.
    pub(super) fn here(stand: Stand<G>) -> Self {
        Self {
            stand,
            leaves: None,
        }
    }

    /// The thread's head before the run.
    pub(super) fn head(&self) -> Option<MomentId> {
        match &self.leaves {
            Some(leaves) => leaves.leftover.head,
            None => Some(self.stand.moment.id),
        }
    }
}

/// Finds where a run begins; `None` on a thread that was never run. A run that `branches` leaves even the head.
pub(super) async fn ground<G: StateGraph>(
    home: &Home,
    origin: Origin,
    branches: bool,
) -> Result<Option<Ground<G>>, Error> {
    let reader = home.reader();
    let Then {
        moment,
        thread,
        placed,
    } = match origin {
        Origin::Head => return Ok(reader.stand(At::Head).await?.map(Ground::here)),
        Origin::Moment(then) => then,
    };
    let from = match &thread {
        Some(thread) => home.neighbour(thread)?,
        None => home.clone(),
    };
    let stand = known(&from.reader(), moment).await?;
    let goes_on = stand.head == Some(moment) && !branches && placed.is_empty();
    if thread.is_none() && goes_on {
        return Ok(Some(Ground::here(stand)));
    }
    let leftover = reader.leftover().await?;
    if thread.is_some() && leftover.head.is_some() {
        return Err(Error::NotEmpty {
            thread: thread_text(&home.key),
        });
    }
    let leaves = Some(Leaving {
        leftover,
        from: from.key,
        placed,
    });
    Ok(Some(Ground { stand, leaves }))
}

async fn known<G: StateGraph>(reader: &Reader<'_>, moment: MomentId) -> Result<Stand<G>, Error> {
    let stand = reader.stand(At::Moment(moment)).await?;
    stand.ok_or_else(|| Error::UnknownMoment {
        thread: thread_text(reader.key),
        moment,
    })
}

/// Where the journal goes on.
pub(super) fn position<G: StateGraph>(stand: &Stand<G>, leaves: Option<&Leaving>) -> Position {
    let here = Position {
        head: Some(stand.moment.id),
        parent: Some(stand.moment.id),
        base: Some(stand.base),
        sequence: stand.sequence,
        rewrites: stand.rewrites,
        step: stand.moment.step,
        chain: stand.bytes,
        outdated: stand.outdated,
    };
    match leaves.map(|leaves| &leaves.leftover) {
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

/// A branch that is about to begin.
pub(super) struct Departure {
    /// The moment with which it begins.
    moment: MomentId,
    at: Timestamp,
    /// The thread that it leaves.
    from: ThreadKey,
    /// What is active as it was called there, and as it is called now.
    turns: Vec<(ActivationId, ActivationId)>,
    placed: Vec<Placed>,
}

impl Departure {
    /// Calls the turns as they are called when others have begun, and some have ended.
    fn reissue<G: StateGraph>(&mut self, frontier: &mut Frontier<G>) {
        let again = frontier.reissue(self.moment);
        self.turns.retain_mut(|(_, new)| {
            let found = again.iter().find(|(before, _)| before == new);
            found.map(|(_, after)| *new = *after).is_some()
        });
    }
}

impl<G: StateGraph> Engine<G> {
    /// Makes ready for a branch: turns get the ids under which its first record starts them.
    pub(super) fn leave(&mut self, leaving: Leaving) {
        let Leaving {
            leftover,
            from,
            placed,
        } = leaving;
        for turn in &mut self.frontier.active {
            let within = |placed: &Placed| placed.is_within(&from, turn.node.name(), turn.id);
            // What tasks of it had ended by is left behind; and what a graph asks that stands elsewhere now isn't known.
            if turn.waits_in_part() || placed.iter().any(within) {
                turn.questions = None;
            }
        }
        let (moment, at) = self.new_moment();
        self.departure = Some(Box::new(Departure {
            moment,
            at,
            from,
            turns: self.frontier.reissue(moment),
            placed,
        }));
        if let Some(journal) = &mut self.journal {
            journal.forget(leftover.turns);
        }
    }

    /// Begins the branch, if there is one to begin.
    pub(super) async fn depart(mut self) -> Result<Self, Error> {
        if let Some(departure) = self.departure.take() {
            let (moment, now) = self.take_along(*departure).await?;
            self.note(moment, now, Source::Fork).await?;
            self.tell_step(moment);
        }
        Ok(self)
    }

    /// Takes the graphs within this one along onto a branch. Gives the moment with which it begins.
    pub(super) async fn take_along(
        &mut self,
        departure: Departure,
    ) -> Result<(MomentId, Timestamp), Error> {
        let Departure {
            moment,
            at,
            from,
            turns,
            placed,
        } = departure;
        let Some(journal) = &mut self.journal else {
            return Ok((moment, at));
        };
        let nest = self.ties.0.nest.as_deref();
        let children = nest.map(Nest::children).unwrap_or_default();
        if children.is_empty() && placed.is_empty() {
            return Ok((moment, at));
        }
        let renamed = |active: &Activation<G>| {
            let (old, new) = *turns.iter().find(|(_, new)| *new == active.id)?;
            let node = active.node.name();
            Some(Renamed { node, old, new })
        };
        let turns: Vec<_> = self.frontier.active.iter().filter_map(renamed).collect();
        let luggage = journal.luggage(at, &placed);
        let packed = luggage.pack(&from, &journal.key, &children, &turns).await?;
        for (key, commit) in packed.commits {
            journal.store_for(&key, commit).await?;
        }
        for turn in &mut self.frontier.active {
            for question in turn.questions.iter_mut().flatten() {
                rename(&mut question.id, &packed.turns);
            }
        }
        if let Some(nest) = nest {
            nest.stand_at(packed.children);
        }
        // What the old branch says of them isn't to be seen on this one.
        journal.want_snapshot();
        Ok((moment, at))
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
        let from = by_hand.node.map_or("the values", GraphNode::name);
        let (mut moment, mut now) = self.new_moment();
        let mut source = Source::Update;
        let done = catch_unwind(AssertUnwindSafe(|| self.take_by_hand(by_hand, moment)));
        done.unwrap_or_else(|payload| Err(self.route_panic(from, &*payload)))?;
        if let Some(mut departure) = self.departure.take() {
            departure.reissue(&mut self.frontier);
            (moment, now) = self.take_along(*departure).await?;
            source = Source::Fork;
        }
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
