//! Where a run begins: at `start`, or with what an earlier run has left.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use graph_topology::NodeKind;
use tracing::Instrument as _;

use super::advance::Turnover;
use super::answer::take_in;
use super::branch::{Ground, ground, position};
use super::failures::Failures;
use super::journal::{Durability, Journal, Position};
use super::lease::Leased;
use super::past::Past;
use super::registry::{Before, Busy, Hold};
use super::request::{Command, Home, Origin};
use super::watch::Watch;
use super::{Cancelling, Engine, Event, Kind, Nest, Stopped};
use crate::checkpointer::{At, Source, WriteKey, WriteKind};
use crate::definition::{GraphNode, Next, StateGraph};
use crate::error::{Error, panic_message};
use crate::event::Listener;
use crate::frontier::{Frontier, Slots};
use crate::id::{MomentId, Timestamp};
use crate::moment::{Leftover, Moment, RunHeader, Stand, thread_text};
use crate::outcome::Outcome;
use crate::run::{Emit, Ties};
use crate::setting::Setting;
use crate::state::Change;
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
    pub(crate) context: Arc<G::Context>,
    pub(crate) home: Home,
    pub(crate) origin: Origin,
    pub(crate) command: Command<G>,
    pub(crate) setting: Setting<G>,
    pub(crate) listener: Listener<G>,
}

/// Begins a run of a thread, or goes on with it, and sees it through.
pub(crate) async fn run_thread<G: StateGraph>(request: Request<G>) -> Result<Outcome<G>, Error> {
    let by_hand = matches!(request.command, Command::Set(_));
    let answers = match &request.command {
        Command::Answer(answers) => Some(answers.as_slice()),
        _ => None,
    };
    let taken = Taken::of(&request.home, answers, &request.setting).await?;
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
    let home = request.home.clone();
    let taken = Taken::of(&home, None, &request.setting).await?;
    let watch = Watch::new(G::ID, Some(&home.key), Some(&taken.run));
    let mut engine = begin(request, taken, watch).await?;
    engine.flush().await?;
    engine.let_go(Ok(Stopped::AtEnd)).await?;
    let stand = home.reader().stand(At::Head).await?;
    stand
        .map(|stand| stand.moment)
        .ok_or_else(|| Error::NothingToResume {
            thread: thread_text(&home.key),
        })
}

/// A thread that is this run's.
struct Taken {
    hold: Hold,
    stopping: Stopping,
    /// The run's id.
    run: String,
}

impl Taken {
    /// Takes the thread, when it is free or its turn has come.
    async fn of<G: StateGraph>(
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
        let mut stopping = Stopping::new(setting.tokens.clone(), setting.deadline)?;
        match stopping.or(take(home, &run, busy)).await {
            Ok(hold) => {
                let hold = hold?;
                stopping.heed(hold.stop());
                Ok(Self {
                    hold,
                    stopping,
                    run,
                })
            }
            // Its turn hasn't come, so nothing was taken in that could be resumed.
            Err(_) => Err(Error::Busy {
                thread: thread_text(&home.key),
            }),
        }
    }
}

/// Takes the thread, here and where other processes run threads of the same store.
async fn take(home: &Home, run: &str, busy: Busy) -> Result<Hold, Error> {
    let hold = home.registry.take(&home.key, busy).await?;
    if let Some(ttl) = home.lease
        && let Some(leased) = Leased::take(home, run, ttl, busy, hold.stop()).await?
    {
        hold.is_leased(leased);
    }
    Ok(hold)
}

/// Brings a run to where its first step can be taken.
async fn begin<G: StateGraph>(
    request: Request<G>,
    taken: Taken,
    watch: Watch,
) -> Result<Engine<G>, Error> {
    let Request {
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
    } = taken;
    let back_to = hold.back_to().filter(|_| matches!(origin, Origin::Head));
    let origin = match back_to {
        Some(Before(Some(moment))) => Origin::Moment(moment),
        _ => origin,
    };
    let ground = ground(&home, &origin, command.branches()).await?;
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
    let journal = Journal::new(
        home.saver,
        home.key,
        hold,
        durability,
        header,
        watch.clone(),
    );
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

/// What an engine is made of beside a state.
pub(super) struct Parts<G: StateGraph> {
    pub(super) context: Arc<G::Context>,
    pub(super) journal: Option<Journal>,
    pub(super) stopping: Stopping,
    pub(super) watch: Watch,
    pub(super) setting: Setting<G>,
    pub(super) listener: Listener<G>,
}

impl<G: StateGraph> Parts<G> {
    /// As the command says, on what an earlier run has left.
    async fn begin(self, command: Command<G>, ground: Ground<G>) -> Result<Engine<G>, Error> {
        let engine = self.standing(ground, command.abandons())?;
        match command {
            Command::Invoke(input) => engine.invoke(input).await,
            Command::FromStart(input) => engine.abandon_and_begin(input, |_| ()).await,
            Command::Resume | Command::Replay => engine.depart().await?.pass().await,
            Command::Answer(_) => Ok(engine.going_on()),
            Command::Set(by_hand) => engine.set(by_hand).await,
        }
    }

    /// On a thread that was never run, or whose only run is taken back: what it has stays readable.
    async fn begin_anew(
        mut self,
        command: Command<G>,
        leftover: Option<Leftover>,
    ) -> Result<Engine<G>, Error> {
        let (Command::Invoke(input) | Command::FromStart(input)) = command else {
            let thread = self.journal.as_ref().map(Journal::thread);
            return Err(Error::NothingToResume {
                thread: thread.unwrap_or_default(),
            });
        };
        if let (Some(journal), Some(leftover)) = (&mut self.journal, leftover) {
            let position = Position {
                head: leftover.head,
                sequence: leftover.sequence,
                ..Position::default()
            };
            journal.stand_at(position, &[]);
            journal.forget(leftover.turns);
        }
        self.fresh(input, |_| ()).await
    }

    /// At `start`, on the state that the input makes of what is lent.
    pub(super) async fn fresh(
        self,
        input: G::Input,
        lend: impl FnOnce(&mut G),
    ) -> Result<Engine<G>, Error> {
        let mut change = Change::new(G::FIELDS, self.journal.is_some());
        let mut state = G::blank(&input);
        lend(&mut state);
        state.merge(input, &mut change);
        let mut engine = self.engine(state, change);
        engine.start().await?;
        Ok(engine)
    }

    /// Where the thread stands, or where a branch begins. What is unfinished there and can't be read is an error,
    /// unless it is to be abandoned.
    pub(super) fn standing(
        mut self,
        ground: Ground<G>,
        abandons: bool,
    ) -> Result<Engine<G>, Error> {
        let Ground { stand, leaves } = ground;
        let position = position(&stand, leaves.as_ref());
        let Stand {
            moment,
            frontier,
            turns,
            mut writes,
            sizes,
            children,
            ..
        } = stand;
        let frontier = match frontier {
            Err(_) if abandons => Frontier::new(),
            frontier => frontier?,
        };
        let mut change = Change::new(G::FIELDS, self.journal.is_some());
        change.set_sizes(|field| sizes.get(field).copied().unwrap_or(0));
        let mut kept = HashMap::new();
        let (mut pauses, mut passed) = (HashSet::new(), HashSet::new());
        let mut once = Vec::new();
        let mut past = Past::default();
        if leaves.is_some() {
            writes.clear();
        }
        if let Some(journal) = &mut self.journal {
            journal.stand_at(position, &writes);
            past = journal.past(&writes)?;
            for write in &writes {
                let WriteKey {
                    activation,
                    item,
                    kind,
                    ..
                } = write.key;
                match kind {
                    WriteKind::Update => {
                        kept.insert((activation, item), journal.open_json(write)?);
                    }
                    WriteKind::Pause => {
                        pauses.insert(activation);
                    }
                    WriteKind::Passed => {
                        passed.insert(activation);
                    }
                    WriteKind::Once => {
                        once.push((write.key.clone(), journal.open_json(write)?));
                    }
                    WriteKind::Answer
                    | WriteKind::Attempt
                    | WriteKind::Failed
                    | WriteKind::Claim
                    | WriteKind::Requeue => {}
                }
            }
        }
        let mut engine = self.engine(moment.state, change);
        engine.turns = turns;
        engine.children = children;
        kept.retain(|(activation, _), _| {
            frontier
                .active
                .iter()
                .any(|active| active.id == *activation)
        });
        engine.noted_slots.clone_from(&frontier.slots);
        engine.noted_failures.clone_from(&frontier.failures);
        engine.frontier = frontier;
        engine.kept = kept;
        engine.pauses = pauses.difference(&passed).copied().collect();
        engine.unbegun.clone_from(&engine.pauses);
        // On a branch every turn is a new one.
        engine.resumes = leaves.is_none();
        engine.past = past;
        for (key, json) in once {
            engine.ties.0.notes.remember(key, json);
        }
        engine.passed = passed;
        if let Some(Leftover { turns, .. }) = leaves {
            engine.leave(turns);
        }
        Ok(engine)
    }

    fn engine(self, state: G, change: Change) -> Engine<G> {
        let Self {
            context,
            journal,
            stopping,
            watch,
            setting,
            listener,
        } = self;
        let emit = listener.wants(Kind::Emitted).then(|| {
            let listener = listener.clone();
            Box::new(move |emitted| listener.tell(Kind::Emitted, || Event::Emitted(emitted)))
                as Emit<G::Emit>
        });
        let thread = journal.as_ref().map(|journal| journal.key.clone());
        let aside = journal.as_ref().map(Journal::aside);
        let nest = holds_graphs::<G>().then(|| Nest::of(journal.as_ref(), &setting));
        Engine {
            context,
            state: Arc::new(state),
            frontier: Frontier::new(),
            change,
            journal,
            ties: Cancelling(Ties::new(thread, emit, aside, setting.shelf(), nest)),
            listener,
            stopping,
            watch,
            setting,
            kept: HashMap::new(),
            answers: HashMap::new(),
            pauses: HashSet::new(),
            passed: HashSet::new(),
            turns: Vec::new(),
            departure: None,
            went_on: false,
            past: Past::default(),
            resumes: false,
            unbegun: HashSet::new(),
            begun: Vec::new(),
            counted: 0,
            next: Next::default(),
            finished: Vec::new(),
            failures: Failures::default(),
            turnover: Turnover::default(),
            noted_slots: Slots::none::<G>(),
            noted_failures: Vec::new(),
            children: Vec::new(),
        }
    }
}

/// Whether a node of it is another graph.
fn holds_graphs<G: StateGraph>() -> bool {
    let mut nodes = G::topology().nodes.iter();
    nodes.any(|node| node.kind == NodeKind::Subgraph)
}

impl<G: StateGraph> Engine<G> {
    /// A new input: a new run from `start` if the last one has ended, else a part of the unfinished one.
    async fn invoke(mut self, input: G::Input) -> Result<Self, Error> {
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
        Arc::make_mut(&mut self.state).merge(input, &mut self.change);
        let (moment, now) = self.first_moment();
        self.note(moment, now, Source::Input).await?;
        self.tell_step(moment);
        Ok(self)
    }

    pub(super) async fn abandon_and_begin(
        mut self,
        input: G::Input,
        lend: impl FnOnce(&mut G),
    ) -> Result<Self, Error> {
        self.abandon();
        self.begin_again(input, lend).await
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
    async fn start(&mut self) -> Result<(), Error> {
        self.resumes = false;
        let (moment, now) = self.first_moment();
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
    pub(super) fn first_moment(&mut self) -> (MomentId, Timestamp) {
        self.departure.take().unwrap_or_else(|| self.new_moment())
    }

    /// Goes on past the pauses that an earlier run has come to.
    async fn pass(mut self) -> Result<Self, Error> {
        let held = self
            .frontier
            .ready()
            .filter(|ready| self.pauses.contains(&ready.id));
        let held: Vec<_> = held.map(|ready| ready.id).collect();
        if let Some(journal) = &mut self.journal {
            let key = |activation| WriteKey::of_turn(activation, WriteKind::Passed);
            journal
                .keep(held.iter().map(|id| (key(*id), Vec::new())).collect())
                .await?;
        }
        self.passed.extend(held);
        self.pauses.clear();
        Ok(self.going_on())
    }

    /// Goes on as far as pauses let it: an answer is no word on them.
    pub(super) fn going_on(mut self) -> Self {
        self.went_on = !self.frontier.active.is_empty();
        self
    }

    /// What the thread waits for, as an error.
    fn paused(&self) -> Error {
        let questions = self.frontier.waiting().flat_map(|activation| {
            let asked = activation.awaited().filter(|open| open.json.is_some());
            asked.map(|question| (question.id.clone(), activation.node.name()))
        });
        let questions = questions
            .filter(|(id, _)| !self.answers.contains_key(id))
            .collect();
        let held = self
            .frontier
            .ready()
            .filter(|ready| self.pauses.contains(&ready.id));
        Error::Paused {
            thread: self.thread(),
            questions,
            before: held.map(|ready| ready.node.name()).collect(),
            due: self.due(),
        }
    }
}
