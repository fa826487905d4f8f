//! Taking a thread for a run: here, and where other processes run threads of the same store.

use super::answer::take_in;
use super::busy::Busy;
use super::lease::{Leased, Runner};
use super::line::{Received, Stopper, before_stopped, look, stop_others};
use super::registry::{Before, Hold};
use super::request::Home;
use crate::definition::StateGraph;
use crate::error::Error;
use crate::id::MomentId;
use crate::moment::thread_text;
use crate::setting::Setting;
use crate::stop::Stopping;

/// A thread that is this run's.
pub(super) struct Taken {
    pub(super) hold: Hold,
    pub(super) stopping: Stopping,
    /// The run's id.
    pub(super) run: String,
    /// What the run's first record takes out of the inbox.
    pub(super) received: Received,
    /// Where the thread has to go back to before the run begins.
    pub(super) back_to: Option<Before>,
}

impl Taken {
    /// For a run of which there is nothing else to be said.
    pub(super) fn new(hold: Hold, mut stopping: Stopping, run: String) -> Self {
        stopping.heed(hold.stop());
        Self {
            back_to: hold.back_to(),
            hold,
            stopping,
            run,
            received: Received::default(),
        }
    }

    /// Takes the thread, when it is free or its turn has come.
    pub(super) async fn of<G: StateGraph>(
        home: &Home,
        answers: Option<&[G::Answer]>,
        setting: &Setting<G>,
    ) -> Result<Self, Error> {
        let busy = if let Some(answers) = answers {
            take_in::<G>(home, answers).await?;
            // Whoever runs the thread takes the answer along; if it came too late for that, it is taken now.
            Busy::Enqueue
        } else {
            setting.if_busy
        };
        let run = MomentId::at(setting.clock.now()).to_string();
        let stopping = Stopping::new(setting.tokens.clone(), setting.deadline)?;
        let taken = if home.lease.is_some() {
            stopping.or(take_shared(home, &run, busy)).await
        } else {
            let taken = stopping.or(home.registry.take(&home.key, busy)).await;
            taken.map(|hold| Ok((hold?, None)))
        };
        // Otherwise its turn hasn't come, so nothing was taken in that could be resumed.
        let (hold, stopper) = taken.unwrap_or_else(|_| {
            Err(Error::Busy {
                thread: thread_text(&home.key),
            })
        })?;
        let taken = Self::new(hold, stopping, run);
        let Some(Stopper { position, behind }) = stopper else {
            return Ok(taken);
        };
        let back_to = match behind.filter(|_| busy == Busy::Rollback) {
            Some(run) => before_stopped::<G>(home, &run).await?,
            None => None,
        };
        Ok(Self {
            received: Received {
                id: None,
                positions: vec![position],
            },
            back_to,
            ..taken
        })
    }
}

/// Takes the thread here and where other processes run threads of the same store, with what was sent to stop others.
async fn take_shared(home: &Home, run: &str, busy: Busy) -> Result<(Hold, Option<Stopper>), Error> {
    let runner = Runner::of(run.to_owned());
    let mut stopper = None;
    if busy.interrupts() {
        if let Ok(hold) = home.registry.take(&home.key, Busy::Reject).await
            && Leased::take(home, &runner, &hold).await?.is_none()
        {
            return Ok((hold, None));
        }
        stopper = stop_others(home, busy).await?;
    }
    let waits = busy == Busy::Enqueue || stopper.is_some();
    let here = if waits { Busy::Enqueue } else { busy };
    let hold = home.registry.take(&home.key, here).await?;
    while Leased::take(home, &runner, &hold).await?.is_some() {
        if !waits {
            return Err(Error::Busy {
                thread: thread_text(&home.key),
            });
        }
        look().await?;
    }
    Ok((hold, stopper))
}
