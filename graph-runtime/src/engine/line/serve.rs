//! Running what waits for a thread on behalf of those who have sent it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::super::begin::{Request, see_through};
use super::super::busy::Busy;
use super::super::request::{Command, Home, Origin};
use super::super::taken::Taken;
use super::claim::{Claim, Claimant, Next};
use super::{Unreadable, drop_out, stored, waiting};
use crate::definition::{StateGraph, node_named};
use crate::error::Error;
use crate::event::Listener;
use crate::moment::{LetterInput, thread_text};
use crate::outcome::Outcome;
use crate::setting::Setting;
use crate::shared::Core;
use crate::stop::Stopping;
use crate::timer::Timer;

/// How long whoever has sent an input is given to run it itself, before somebody else does.
const GRACE: Duration = Duration::from_millis(250);

/// Looks whether somebody has come meanwhile, whose input nobody may be there to run any more.
pub(in super::super) async fn attend<G: StateGraph>(core: Arc<Core<G>>, home: Home) {
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    if (home.saver.inbox(&home.key).await).is_ok_and(|messages| !messages.is_empty()) {
        let Some(grace) = Timer::after(GRACE) else {
            return;
        };
        runtime.spawn(async move {
            grace.await;
            if let Err(error) = work(&core, &home).await {
                tracing::warn!(thread = home.key.thread(), %error, "the inbox can't be worked off");
            }
        });
    }
}

/// Runs what waits in the inbox, in order, until nothing does or somebody else is at it. Gives how many inputs were
/// run, whatever came of them.
///
/// # Errors
/// [`Error::Unreadable`] for a message that can't be run, when all others were; [`Error::Store`].
pub(crate) async fn work<G: StateGraph>(core: &Arc<Core<G>>, home: &Home) -> Result<usize, Error> {
    let mut claimant = Claimant::new(home);
    let (mut ran, mut refusal) = (0, None);
    while let Some(first) = claimant.first::<G>().await? {
        let Ok(hold) = home.registry.take(&home.key, Busy::Reject).await else {
            return Ok(ran);
        };
        match claimant.claim::<G>(hold, &first).await? {
            Claim::Busy(_) => return Ok(ran),
            Claim::Moved => {}
            Claim::GoOn(hold, run) => {
                let taken = Taken::new(hold, Stopping::of_graph(&core.setting)?, run);
                // How it ended is stored with it.
                match go_on(core, home, taken).await {
                    Err(Error::TakenOver { .. }) => return Ok(ran),
                    Err(error @ Error::Store { .. }) => return Err(error),
                    _ => {}
                }
            }
            Claim::Input(next) => {
                let id = next.id;
                match serve(core, home, *next).await {
                    Served::Ran => ran += 1,
                    Served::Waits | Served::Failed(Error::TakenOver { .. }) => return Ok(ran),
                    Served::Refused(what) => {
                        claimant.refused.insert(id);
                        refusal.get_or_insert(Unreadable {
                            position: first.position,
                            what,
                        });
                    }
                    Served::Failed(error) => return Err(error),
                }
            }
        }
    }
    let mut unreadable = waiting::<G>(home).await?.unreadable.into_iter();
    match unreadable.next().or(refusal) {
        None => Ok(ran),
        Some(Unreadable { position, what }) => Err(Error::Unreadable {
            thread: thread_text(&home.key),
            position,
            what,
        }),
    }
}

/// What came of an input of somebody else's.
pub(super) enum Served {
    /// It was taken in, and how its run ended is stored with it.
    Ran,
    /// Somebody has to answer first, so everybody waits.
    Waits,
    /// It can't be run as things are, and this is why.
    Refused(String),
    Failed(Error),
}

pub(super) async fn serve<G: StateGraph>(core: &Arc<Core<G>>, home: &Home, next: Next) -> Served {
    let Next {
        hold,
        id,
        input,
        received,
        back_to,
    } = next;
    let request = match request(core, home, &input) {
        Ok(request) => request,
        Err(error) => {
            hold.give_back().await;
            return Served::Refused(error.to_string());
        }
    };
    let stopping = match Stopping::of_graph(&core.setting) {
        Ok(stopping) => stopping,
        Err(error) => return Served::Failed(error),
    };
    let taken = Taken {
        received,
        back_to,
        ..Taken::new(hold, stopping, id.to_string())
    };
    let Err(error) = Box::pin(see_through(request, taken)).await else {
        return Served::Ran;
    };
    match stored(home, id).await {
        Ok(Some(_)) => Served::Ran,
        Ok(None) if is_of_the_store(&error) => Served::Failed(error),
        Ok(None) if matches!(error, Error::Paused { .. }) => Served::Waits,
        Ok(None) => Served::Refused(error.to_string()),
        Err(error) => Served::Failed(error),
    }
}

/// Goes on with what a dead process has left, on behalf of whoever has sent it.
pub(super) async fn go_on<G: StateGraph>(
    core: &Arc<Core<G>>,
    home: &Home,
    taken: Taken,
) -> Result<Outcome<G>, Error> {
    Box::pin(see_through(plain(core, home, Command::Resume), taken)).await
}

/// An error of the store, or of having lost the thread, is none of the run's.
pub(super) fn is_of_the_store(error: &Error) -> bool {
    matches!(error, Error::Store { .. } | Error::TakenOver { .. })
}

/// A run as the graph does it, with what its sender has said.
fn request<G: StateGraph>(
    core: &Arc<Core<G>>,
    home: &Home,
    letter: &LetterInput,
) -> Result<Request<G>, serde_json::Error> {
    let input = G::read_input(&letter.json)?;
    let command = if letter.from_start {
        Command::FromStart(input)
    } else {
        Command::Invoke(input)
    };
    let nodes = |names: &[String]| {
        let nodes = names.iter().filter_map(|name| node_named::<G>(name));
        nodes.collect()
    };
    let request = plain(core, home, command);
    Ok(Request {
        setting: Setting {
            metadata: letter.metadata.clone(),
            step_limit: letter.step_limit,
            durability: letter.durability,
            pause_before: nodes(&letter.pause_before),
            pause_after: nodes(&letter.pause_after),
            ..request.setting
        },
        ..request
    })
}

fn plain<G: StateGraph>(core: &Arc<Core<G>>, home: &Home, command: Command<G>) -> Request<G> {
    Request {
        core: Arc::clone(core),
        home: home.clone(),
        context: Arc::clone(&core.context),
        origin: Origin::Head,
        command,
        setting: core.setting.clone(),
        listener: Listener::none(),
    }
}

/// Takes a message out of the inbox, whether or not it can be read.
///
/// # Errors
/// [`Error::Busy`] while the thread is run: it might be this message that is.
pub(crate) async fn discard(home: &Home, position: u64) -> Result<(), Error> {
    let hold = home.take().await?;
    drop_out(home, hold, vec![position]).await
}
