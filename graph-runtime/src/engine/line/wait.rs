//! Waiting in line: the input is in the inbox, and whoever has put it there does what comes before it, unless somebody
//! else does.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::super::begin::{Request, see_through};
use super::super::busy::Busy;
use super::super::lease::{Leased, Runner};
use super::super::registry::{Hold, InLine};
use super::super::request::{Command, Home};
use super::super::taken::Taken;
use super::claim::{Claim, Claimant, Next};
use super::outcome::{Heard, heard};
use super::serve::{Served, go_on, is_of_the_store, serve};
use super::stop::under_way;
use super::{has_waited, letter_input, receive, send, stored};
use crate::definition::StateGraph;
use crate::error::{Error, OfThread};
use crate::id::MomentId;
use crate::moment::{Letter, thread_text};
use crate::outcome::Outcome;
use crate::shared::Core;
use crate::stop::Stopping;
use crate::timer::Timer;

/// How often it is looked whether a turn has come, and what has become of an input.
pub(in super::super) const LOOKS: Duration = Duration::from_millis(50);

/// Puts an input into the inbox, for whoever runs the thread next. Gives the id that its moment will have.
pub(crate) fn enqueue<G: StateGraph>(
    request: &Request<G>,
) -> impl Future<Output = Result<MomentId, Error>> + Send + use<G> {
    let home = request.home.clone();
    let letter = letter_to_wait(request);
    async move {
        let mut letter = letter?;
        if letter.interrupts() {
            letter.behind = under_way(&home).await?;
        }
        match send(&home, &letter).await? {
            Some(_) => Ok(letter.id),
            None => Err(cannot(&home, "its checkpointer has no inbox")),
        }
    }
}

fn letter_to_wait<G: StateGraph>(request: &Request<G>) -> Result<Letter, Error> {
    let cannot = |why| cannot(&request.home, why);
    if request.home.lease.is_none() {
        return Err(cannot(
            "the graph was built without `.shared()`, so nobody looks there",
        ));
    }
    if !request.comes_in_line() {
        return Err(cannot("only an input for where the thread stands can"));
    }
    let letter = letter(request, request.setting.if_busy.in_line(), None)?;
    letter.ok_or_else(|| cannot("inputs of this graph have a field that is never stored"))
}

fn cannot(home: &Home, why: &'static str) -> Error {
    Error::CannotWait {
        thread: thread_text(&home.key),
        why,
    }
}

fn letter<G: StateGraph>(
    request: &Request<G>,
    busy: Busy,
    behind: Option<String>,
) -> Result<Option<Letter>, Error> {
    let input = letter_input(&request.command, &request.setting)?;
    Ok(input.map(|input| Letter {
        id: MomentId::at(request.setting.clock.now()),
        busy,
        behind,
        input: Some(input),
    }))
}

/// How an input found the thread.
enum Found {
    /// Free, and nobody in line.
    Free(Hold, String),
    /// Taken by a run, if it is known by which; or others are in line.
    Taken(Option<String>),
}

/// Runs an input at once, or when its turn has come.
pub(in super::super) async fn run_in_line<G: StateGraph>(
    request: Request<G>,
) -> Result<Outcome<G>, Error> {
    let stopping = Stopping::new(request.setting.tokens.clone(), request.setting.deadline)?;
    let busy = request.setting.if_busy;
    let found = stopping.or(find::<G>(&request.home, busy)).await;
    let found = found.unwrap_or_else(|_| Err(taken(&request.home)))?;
    let behind = match found {
        Found::Free(hold, run) => {
            return Box::pin(see_through(request, Taken::new(hold, stopping, run))).await;
        }
        Found::Taken(behind) => behind,
    };
    let sent = match letter(&request, busy.in_line(), behind)? {
        Some(letter) => send(&request.home, &letter).await?.map(|_| letter.id),
        None => None,
    };
    let Some(id) = sent else {
        // Here everybody waits as well as they can.
        let taken = Taken::of(&request.home, None, &request.setting).await?;
        return Box::pin(see_through(request, taken)).await;
    };
    let may_go_on = matches!(request.command, Command::Invoke(_));
    let place = Place {
        core: Arc::clone(&request.core),
        home: request.home.clone(),
        id,
        may_go_on,
        _in_line: request.home.registry.line_up(&request.home.key, id),
    };
    place.run(request, stopping).await
}

async fn find<G: StateGraph>(home: &Home, busy: Busy) -> Result<Found, Error> {
    let Ok(hold) = home.registry.take(&home.key, Busy::Reject).await else {
        return match busy {
            Busy::Reject => Err(taken(home)),
            Busy::Enqueue => Ok(Found::Taken(None)),
            Busy::Cancel | Busy::Rollback => Ok(Found::Taken(under_way(home).await?)),
        };
    };
    let runner = Runner::new();
    if let Some(other) = Leased::take(home, &runner, &hold).await? {
        return match busy {
            Busy::Reject => Err(taken(home)),
            _ => Ok(Found::Taken(Some(other))),
        };
    }
    if hold.epoch() != 0 && comes_late::<G>(home, busy).await? {
        hold.give_back().await;
        return Ok(Found::Taken(None));
    }
    Ok(Found::Free(hold, runner.run))
}

/// Whether something else comes first, though nobody is at it: inputs that wait, or one that a process has died in the
/// middle of, if it has waited in line too or we don't mind to wait.
async fn comes_late<G: StateGraph>(home: &Home, busy: Busy) -> Result<bool, Error> {
    let mut claimant = Claimant::new(home);
    if claimant.first::<G>().await?.is_some() {
        return Ok(true);
    }
    Ok(match busy {
        Busy::Enqueue => claimant.is_cut_off::<G>().await?,
        Busy::Reject => claimant.is_cut_off::<G>().await? && has_waited(home).await?,
        Busy::Cancel | Busy::Rollback => false,
    })
}

fn taken(home: &Home) -> Error {
    Error::Busy {
        thread: thread_text(&home.key),
    }
}

/// A place in the line.
struct Place<G: StateGraph> {
    core: Arc<Core<G>>,
    home: Home,
    id: MomentId,
    /// Whether the input may go on with what is unfinished.
    may_go_on: bool,
    /// Whoever else is here leaves this one's input to it.
    _in_line: InLine,
}

/// What is to be done next.
enum Turn<G: StateGraph> {
    Over(Result<Outcome<G>, Error>),
    Ours(Box<Next>),
    /// Ours was begun, and whoever did that has died in the middle of it.
    Left(Hold, String),
    Others(Box<Next>),
    /// Something else was begun by somebody who has died in the middle of it.
    OthersLeft(Hold, String),
}

impl<G: StateGraph> Place<G> {
    async fn run(self, request: Request<G>, stopping: Stopping) -> Result<Outcome<G>, Error> {
        let home = self.home.clone();
        let mut claimant = Claimant::new(&home);
        loop {
            let turn = match stopping.or(self.next(&mut claimant)).await {
                Ok(turn) => turn?,
                Err(_) => {
                    return Err(Error::Enqueued {
                        thread: thread_text(&home.key),
                        input: self.id,
                    });
                }
            };
            match turn {
                Turn::Over(outcome) => return outcome,
                Turn::Ours(next) => return self.begin(request, stopping, *next).await,
                Turn::Left(hold, run) => {
                    let request = Request {
                        command: Command::Resume,
                        ..request
                    };
                    return Box::pin(see_through(request, Taken::new(hold, stopping, run))).await;
                }
                Turn::OthersLeft(hold, run) => {
                    let taken = Taken::new(hold, Stopping::of_graph(&self.core.setting)?, run);
                    if let Err(error @ Error::Store { .. }) = go_on(&self.core, &home, taken).await
                    {
                        return Err(error);
                    }
                }
                Turn::Others(next) => {
                    let id = next.id;
                    match serve(&self.core, &home, *next).await {
                        // Another process has taken it over, and ours waits on.
                        Served::Ran | Served::Failed(Error::TakenOver { .. }) => {}
                        // Ours is told for itself why.
                        Served::Waits | Served::Refused(_) => {
                            claimant.refused.insert(id);
                        }
                        Served::Failed(error) => return Err(error),
                    }
                }
            }
        }
    }

    /// Runs our own input as we were told. One that can't be taken in goes out of the line: we say why.
    async fn begin(
        &self,
        request: Request<G>,
        stopping: Stopping,
        next: Next,
    ) -> Result<Outcome<G>, Error> {
        let Next {
            hold,
            id,
            received,
            back_to,
            ..
        } = next;
        let (slot, positions) = (hold.slot(), received.positions.clone());
        let taken = Taken {
            received,
            back_to,
            ..Taken::new(hold, stopping, id.to_string())
        };
        let outcome = Box::pin(see_through(request, taken)).await;
        if let Err(error) = &outcome
            && !is_of_the_store(error)
            && stored(&self.home, id).await?.is_none()
        {
            let received = receive(&self.home, slot.epoch(), positions).await;
            slot.release().await;
            received?;
        }
        outcome
    }

    async fn next(&self, claimant: &mut Claimant<'_>) -> Result<Turn<G>, Error> {
        loop {
            let hold = match self.our_turn().await? {
                Ok(hold) => hold,
                Err(over) => return Ok(Turn::Over(over)),
            };
            if let Some(turn) = self.with_the_thread(hold, claimant).await? {
                return Ok(turn);
            }
        }
    }

    /// Waits until we have the thread in this process, or our input was run elsewhere.
    async fn our_turn(&self) -> Result<Result<Hold, Result<Outcome<G>, Error>>, Error> {
        let mut taking = pin!(self.home.registry.take(&self.home.key, Busy::Enqueue));
        loop {
            let look = pin!(look());
            match select(taking.as_mut(), look).await {
                Either::Left((hold, _)) => return Ok(Ok(hold?)),
                Either::Right((looked, _)) => looked?,
            }
            if let Heard::Over(outcome) = self.heard().await? {
                return Ok(Err(outcome));
            }
        }
    }

    async fn heard(&self) -> Result<Heard<G>, Error> {
        heard(&self.home, self.id, self.may_go_on).await
    }

    /// Waits until something is to be done; `None` if the line has to be looked at again from its end.
    async fn with_the_thread(
        &self,
        hold: Hold,
        claimant: &mut Claimant<'_>,
    ) -> Result<Option<Turn<G>>, Error> {
        let mut hold = hold;
        loop {
            match self.heard().await? {
                Heard::Over(outcome) => return Ok(Some(Turn::Over(outcome))),
                Heard::Begun => match self.take_up(hold).await? {
                    Ok(turn) => return Ok(Some(turn)),
                    Err(ours) => hold = ours,
                },
                Heard::InLine => {
                    let Some(first) = claimant.first::<G>().await? else {
                        return self.gone().await;
                    };
                    let first_id = first.letter.id;
                    if first_id != self.id && self.home.registry.awaits(&self.home.key, first_id) {
                        drop(hold);
                        look().await?;
                        return Ok(None);
                    }
                    match claimant.claim::<G>(hold, &first).await? {
                        Claim::Busy(ours) => hold = ours,
                        Claim::Moved => return Ok(None),
                        Claim::GoOn(hold, run) => return Ok(Some(Turn::OthersLeft(hold, run))),
                        Claim::Input(next) if first_id == self.id => {
                            return Ok(Some(Turn::Ours(next)));
                        }
                        Claim::Input(next) => return Ok(Some(Turn::Others(next))),
                    }
                }
            }
            look().await?;
        }
    }

    /// Goes on with our own input where nobody is at it; gives the thread back if somebody is.
    async fn take_up(&self, hold: Hold) -> Result<Result<Turn<G>, Hold>, Error> {
        let runner = Runner::new();
        if Leased::take(&self.home, &runner, &hold).await?.is_some() {
            return Ok(Err(hold));
        }
        match self.heard().await? {
            // It has ended since.
            Heard::Over(outcome) => {
                hold.give_back().await;
                Ok(Ok(Turn::Over(outcome)))
            }
            Heard::Begun | Heard::InLine => Ok(Ok(Turn::Left(hold, runner.run))),
        }
    }

    /// Nothing waits any more, so ours was run just now, or somebody has discarded it.
    async fn gone(&self) -> Result<Option<Turn<G>>, Error> {
        match self.heard().await? {
            Heard::InLine => Ok(Some(Turn::Over(Err(Error::Cancelled {
                thread: OfThread(Some(thread_text(&self.home.key))),
            })))),
            Heard::Begun => Ok(None),
            Heard::Over(outcome) => Ok(Some(Turn::Over(outcome))),
        }
    }
}

/// Waits until it is time to look again.
pub(in super::super) async fn look() -> Result<(), Error> {
    let timer = Timer::after(LOOKS).ok_or(Error::NoRuntime {
        what: "waiting for a thread that another process may run",
    })?;
    timer.await;
    Ok(())
}
