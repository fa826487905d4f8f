//! Taking the thread for what is first in its line.

use std::collections::HashSet;

use super::super::busy::Busy;
use super::super::lease::{Leased, Runner};
use super::super::registry::{Before, Hold};
use super::super::request::Home;
use super::outcome::{Rest, rest};
use super::stop::before;
use super::{Entry, Received, drop_out, stored, waiting};
use crate::checkpointer::{At, Query};
use crate::definition::StateGraph;
use crate::error::Error;
use crate::id::MomentId;
use crate::moment::{Left, LetterInput, is_at_rest};

/// Whoever works at a line.
pub(super) struct Claimant<'h> {
    pub(super) home: &'h Home,
    /// Inputs that were refused, and are passed over.
    pub(super) refused: HashSet<MomentId>,
    /// Where the thread stood when it was gone on with.
    gone_on_at: Option<MomentId>,
}

/// What came of it.
pub(super) enum Claim {
    /// Another process has the thread.
    Busy(Hold),
    /// The line has moved on, so it has to be looked at again.
    Moved,
    /// What a dead process has left in the middle comes first.
    GoOn(Hold, String),
    Input(Box<Next>),
}

/// An input whose turn has come.
pub(super) struct Next {
    pub(super) hold: Hold,
    pub(super) id: MomentId,
    pub(super) input: LetterInput,
    pub(super) received: Received,
    pub(super) back_to: Option<Before>,
}

impl<'h> Claimant<'h> {
    pub(super) fn new(home: &'h Home) -> Self {
        Self {
            home,
            refused: HashSet::new(),
            gone_on_at: None,
        }
    }

    /// What is first in the line, as far as can be seen without having the thread.
    pub(super) async fn first<G: StateGraph>(&self) -> Result<Option<Entry>, Error> {
        let waiting = waiting::<G>(self.home).await?;
        let place = waiting.first(&self.refused).map(|first| first.position);
        let mut entries = waiting.entries.into_iter();
        Ok(entries.find(|entry| Some(entry.position) == place))
    }

    /// Takes the thread, which is ours in this process, for what is first in the line.
    pub(super) async fn claim<G: StateGraph>(
        &mut self,
        hold: Hold,
        first: &Entry,
    ) -> Result<Claim, Error> {
        let id = first.letter.id;
        let runner = Runner {
            run: id.to_string(),
            position: Some(first.position),
        };
        if Leased::take(self.home, &runner, &hold).await?.is_some() {
            return Ok(Claim::Busy(hold));
        }
        // What was seen before may have been run since.
        let waiting = waiting::<G>(self.home).await?;
        let is_first = |now: &&Entry| now.position == first.position;
        let Some(first) = waiting.first(&self.refused).filter(is_first) else {
            hold.give_back().await;
            return Ok(Claim::Moved);
        };
        let positions = waiting.positions(id);
        let Some(input) = first.letter.input.clone() else {
            drop_out(self.home, hold, positions).await?;
            return Ok(Claim::Moved);
        };
        if stored(self.home, id).await?.is_some() {
            // Its message came twice.
            drop_out(self.home, hold, positions).await?;
            return Ok(Claim::Moved);
        }
        let stops = waiting.stops(first);
        let mut back_to = None;
        match (first.letter.busy, &first.letter.behind) {
            (Busy::Rollback, Some(run)) => back_to = before_stopped::<G>(self.home, run).await?,
            (Busy::Enqueue, _) if !stops && self.is_cut_off::<G>().await? => {
                return Ok(Claim::GoOn(hold, runner.run));
            }
            _ => {}
        }
        if stops {
            hold.interrupt().set();
        }
        Ok(Claim::Input(Box::new(Next {
            hold,
            id,
            input,
            received: Received {
                id: Some(id),
                positions,
            },
            back_to,
        })))
    }

    /// Whether a process has died in the middle of a run, which nobody has gone on with yet: it was acknowledged, and
    /// nobody has wanted it to stop.
    pub(super) async fn is_cut_off<G: StateGraph>(&mut self) -> Result<bool, Error> {
        let reader = self.home.reader();
        let newest = Query {
            limit: Some(1),
            ..Query::default()
        };
        let listed = self.home.saver.list(&self.home.key, &newest).await;
        let Some(head) = listed.map_err(|source| reader.store(source))?.pop() else {
            return Ok(false);
        };
        if is_at_rest(&head, reader.seal).map_err(|source| reader.store(source))? {
            return Ok(false);
        }
        let cut_off = matches!(stands::<G>(self.home).await?, Some(Rest::CutOff));
        Ok(cut_off && self.gone_on_at.replace(head.id) != Some(head.id))
    }
}

async fn stands<G: StateGraph>(home: &Home) -> Result<Option<Rest>, Error> {
    let stand = home.reader().stand::<G>(At::Head).await?;
    stand.map(|stand| rest(home, &stand)).transpose()
}

/// Where the thread stood before a run that was stopped before its end, and is to be taken back.
pub(in super::super) async fn before_stopped<G: StateGraph>(
    home: &Home,
    run: &str,
) -> Result<Option<Before>, Error> {
    match stands::<G>(home).await? {
        Some(Rest::CutOff | Rest::Ended(Left::Cancelled)) => before(home, run).await,
        _ => Ok(None),
    }
}
