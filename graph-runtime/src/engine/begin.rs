//! Where a run begins: at `start`, or with what an earlier run has left.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::Instrument as _;

use super::branch::{Ground, ground};
use super::durability::Durability;
use super::journal::Journal;
use super::line::{attend, run_in_line};
use super::parts::Parts;
use super::registry::Before;
use super::request::{Command, Home, Origin};
use super::taken::Taken;
use super::watch::Watch;
use super::{Engine, Stopped};
use crate::checkpointer::{At, Source};
use crate::definition::StateGraph;
use crate::error::{Error, panic_message};
use crate::event::Listener;
use crate::id::{MomentId, Timestamp};
use crate::moment::{Moment, RunHeader, thread_text};
use crate::outcome::Outcome;
use crate::setting::Setting;
use crate::shared::Core;
use crate::stop::Stopping;

/// Begins a run that isn't stored, and sees it through.
pub(crate) async fn run<G: StateGraph>(
    context: Arc<G::Context>,
    input: G::Input,
    setting: Setting<G>,
    listener: Listener<G>,
) -> Result<Outcome<G>, Error> {
    let watch = Watch::new(G::ID, None, None);
    let parts = Parts {
        context,
        journal: None,
        stopping: Stopping::new(setting.tokens.clone(), setting.deadline)?,
        watch: watch.clone(),
        setting,
        listener,
    };
    let run = async { parts.fresh(input, |_| ()).await?.drive().await };
    watch.over(run.instrument(watch.run_span()).await)
}

/// A run of a thread that is asked for.
pub(crate) struct Request<G: StateGraph> {
    pub(crate) core: Arc<Core<G>>,
    pub(crate) context: Arc<G::Context>,
    pub(crate) home: Home,
    pub(crate) origin: Origin,
    pub(crate) command: Command<G>,
    pub(crate) setting: Setting<G>,
    pub(crate) listener: Listener<G>,
}

impl<G: StateGraph> Request<G> {
    /// Whether it brings an input for where the thread stands, which can wait for its turn.
    pub(super) fn comes_in_line(&self) -> bool {
        let brings_input = matches!(self.command, Command::Invoke(_) | Command::FromStart(_));
        brings_input && matches!(self.origin, Origin::Head)
    }
}

/// Begins a run of a thread, or goes on with it, and sees it through.
pub(crate) async fn run_thread<G: StateGraph>(request: Request<G>) -> Result<Outcome<G>, Error> {
    if request.home.lease.is_some() {
        return Box::pin(run_shared(request)).await;
    }
    run_when_free(request).await
}

/// [`run_thread`], where other processes run threads of the same store.
async fn run_shared<G: StateGraph>(request: Request<G>) -> Result<Outcome<G>, Error> {
    let (core, home) = (Arc::clone(&request.core), request.home.clone());
    let outcome = if request.comes_in_line() {
        run_in_line(request).await
    } else {
        run_when_free(request).await
    };
    attend(core, home).await;
    outcome
}

async fn run_when_free<G: StateGraph>(request: Request<G>) -> Result<Outcome<G>, Error> {
    let answers = match &request.command {
        Command::Answer(answers) => Some(answers.as_slice()),
        _ => None,
    };
    let taken = Taken::of(&request.home, answers, &request.setting).await?;
    see_through(request, taken).await
}

/// Sees a run through whose thread is taken.
pub(super) async fn see_through<G: StateGraph>(
    request: Request<G>,
    taken: Taken,
) -> Result<Outcome<G>, Error> {
    let by_hand = matches!(request.command, Command::Set(_));
    let watch = Watch::new(G::ID, Some(&request.home.key), Some(&taken.run));
    let run = async {
        let mut engine = begin(request, taken, watch.clone()).await?;
        if by_hand {
            engine = engine.pass().await?;
        }
        engine.drive().await
    };
    watch.over(run.instrument(watch.run_span()).await)
}

/// Sets values by hand and runs nothing.
pub(crate) async fn set_by_hand<G: StateGraph>(request: Request<G>) -> Result<Moment<G>, Error> {
    let (core, home) = (Arc::clone(&request.core), request.home.clone());
    let taken = Taken::of(&home, None, &request.setting).await?;
    let watch = Watch::new(G::ID, Some(&home.key), Some(&taken.run));
    let mut engine = begin(request, taken, watch).await?;
    engine.flush().await?;
    engine.let_go(Ok(Stopped::AtEnd)).await?;
    drop(engine);
    if home.lease.is_some() {
        attend(core, home.clone()).await;
    }
    let stand = home.reader().stand(At::Head).await?;
    stand
        .map(|stand| stand.moment)
        .ok_or_else(|| Error::NothingToResume {
            thread: thread_text(&home.key),
        })
}

/// Brings a run to where its first step can be taken.
async fn begin<G: StateGraph>(
    request: Request<G>,
    taken: Taken,
    watch: Watch,
) -> Result<Engine<G>, Error> {
    let Request {
        core: _,
        context,
        home,
        origin,
        command,
        setting,
        mut listener,
    } = request;
    let Taken {
        hold,
        stopping,
        run,
        received,
        back_to,
    } = taken;
    let back_to = back_to.filter(|_| matches!(origin, Origin::Head));
    let origin = match back_to {
        Some(Before(Some(moment))) => Origin::here(moment),
        _ => origin,
    };
    let ground = ground(&home, origin, command.branches()).await?;
    let stood = back_to.map(|Before(moment)| moment);
    hold.begins_at(stood.unwrap_or_else(|| ground.as_ref().and_then(Ground::head)));
    let header = RunHeader::of::<G>(run, &setting.metadata);
    let durability = setting.durability;
    if durability == Durability::Sync {
        listener.hold();
    }
    let leftover = match back_to {
        Some(Before(None)) => Some(home.reader().leftover().await?),
        _ => None,
    };
    let journal = Journal::new(home, hold, durability, header, watch.clone()).receiving(received);
    let parts = Parts {
        context,
        journal: Some(journal),
        stopping,
        watch,
        setting,
        listener,
    };
    match (ground, leftover) {
        (Some(ground), None) => parts.begin(command, ground).await,
        (_, leftover) => parts.begin_anew(command, leftover).await,
    }
}

impl<G: StateGraph> Engine<G> {
    /// A new input: a new run from `start` if the last one has ended, else a part of the unfinished one.
    pub(super) async fn invoke(mut self, input: G::Input) -> Result<Self, Error> {
        if self.frontier.active.is_empty() {
            return self.begin_again(input, |_| ()).await;
        }
        self.attend().await?;
        let paused = self
            .frontier
            .ready()
            .any(|ready| self.pauses.contains(&ready.id));
        if paused || !self.has_work() {
            return Err(self.paused());
        }
        self.went_on = true;
        self.leave_a_run();
        Arc::make_mut(&mut self.state).merge(input, &mut self.change);
        let (moment, now) = self.first_moment().await?;
        self.note(moment, now, Source::Input).await?;
        self.tell_step(moment);
        Ok(self)
    }

    pub(super) async fn abandon_and_begin(
        mut self,
        input: G::Input,
        lend: impl FnOnce(&mut G),
    ) -> Result<Self, Error> {
        self.leave_a_run();
        self.abandon();
        self.begin_again(input, lend).await
    }

    /// Remembers how the last run has ended that came to no end: whoever waits for it elsewhere may come too late to see.
    fn leave_a_run(&mut self) {
        let head = self.journal.as_ref().and_then(Journal::head);
        let turns = self.frontier.ready().map(|turn| turn.id);
        self.left = self.past.left(turns, head);
    }

    async fn begin_again(
        mut self,
        input: G::Input,
        lend: impl FnOnce(&mut G),
    ) -> Result<Self, Error> {
        let state = Arc::make_mut(&mut self.state);
        state.reset_run(&mut self.change);
        state.reset_step(&mut self.change);
        lend(state);
        state.merge(input, &mut self.change);
        self.start().await?;
        Ok(self)
    }

    /// Follows the route from `start`, and stores the input with what it leads to.
    pub(super) async fn start(&mut self) -> Result<(), Error> {
        self.resumes = false;
        let (moment, now) = self.first_moment().await?;
        let routed = catch_unwind(AssertUnwindSafe(|| {
            self.state.route(None, &mut self.next);
            self.start_next(moment);
        }));
        if let Err(payload) = routed {
            let message = panic_message(&*payload);
            return Err(Error::Route {
                thread: self.of_thread(),
                from: "start",
                message,
            });
        }
        self.note(moment, now, Source::Input).await?;
        self.tell_step(moment);
        self.turnover.clear();
        Ok(())
    }

    /// The id and time of the run's first moment.
    pub(super) async fn first_moment(&mut self) -> Result<(MomentId, Timestamp), Error> {
        match self.departure.take() {
            Some(departure) => self.take_along(*departure).await,
            None => Ok(self.new_moment()),
        }
    }

    /// Goes on as far as pauses let it: an answer is no word on them.
    pub(super) fn going_on(mut self) -> Self {
        self.went_on = !self.frontier.active.is_empty();
        self
    }
}
