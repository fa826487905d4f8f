//! Where a run begins: at `start`, or with what an earlier run has left.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::advance::Turnover;
use super::answer::take_in;
use super::journal::{Journal, Position};
use super::registry::IfBusy;
use super::request::{Command, Home};
use super::{Cancelling, Engine, Event};
use crate::checkpointer::{At, Source, WriteKey, WriteKind};
use crate::definition::{GraphNode, Next, StateGraph};
use crate::error::{Error, panic_message};
use crate::event::Listener;
use crate::frontier::{Frontier, Slots};
use crate::id::MomentId;
use crate::moment::{Moment, RunHeader, Stand};
use crate::outcome::Outcome;
use crate::run::{Emit, Ties};
use crate::setting::Setting;
use crate::state::Change;

/// Begins a run that isn't stored, and sees it through.
pub(crate) async fn run<G: StateGraph>(
    context: Arc<G::Context>,
    input: G::Input,
    setting: Setting<G>,
    listener: Listener<G>,
) -> Result<Outcome<G>, Error> {
    let parts = Parts {
        context,
        journal: None,
        setting,
        listener,
    };
    parts.fresh(input).await?.drive().await
}

/// Begins a run of a thread, or goes on with it, and sees it through.
pub(crate) async fn run_thread<G: StateGraph>(
    context: Arc<G::Context>,
    home: Home,
    command: Command<G>,
    setting: Setting<G>,
    listener: Listener<G>,
) -> Result<Outcome<G>, Error> {
    let if_busy = match &command {
        Command::Answer(answers) => {
            take_in::<G>(&home, answers).await?;
            // Whoever runs the thread takes the answer along; if it came too late for that, it is taken now.
            IfBusy::Wait
        }
        Command::Invoke(_) | Command::FromStart(_) | Command::Resume => IfBusy::Reject,
    };
    let hold = home.registry.take(&home.key, if_busy).await?;
    let stand = home.reader().stand::<G>(At::Head).await?;
    let header = RunHeader {
        id: MomentId::at(setting.clock.now()).to_string().into(),
        graph: G::ID.into(),
        fingerprint: format!("{:016x}", G::FINGERPRINT).into(),
        metadata: setting.metadata.clone(),
    };
    let journal = Journal::new(home.saver, home.key, hold, setting.durability, header);
    let thread = journal.thread();
    let parts = Parts {
        context,
        journal: Some(journal),
        setting,
        listener,
    };
    let engine = match (command, stand) {
        (Command::Invoke(input) | Command::FromStart(input), None) => parts.fresh(input).await?,
        (Command::Invoke(input), Some(stand)) => parts.standing(stand)?.invoke(input).await?,
        (Command::FromStart(input), Some(stand)) => {
            parts.standing(stand)?.abandon_and_begin(input).await?
        }
        (Command::Resume, Some(stand)) => parts.standing(stand)?.pass().await?,
        (Command::Answer(_), Some(stand)) => parts.standing(stand)?.going_on(),
        (Command::Resume | Command::Answer(_), None) => {
            return Err(Error::NothingToResume { thread });
        }
    };
    engine.drive().await
}

/// What an engine is made of beside a state.
struct Parts<G: StateGraph> {
    context: Arc<G::Context>,
    journal: Option<Journal>,
    setting: Setting<G>,
    listener: Listener<G>,
}

impl<G: StateGraph> Parts<G> {
    /// At `start`, on the state that the input makes.
    async fn fresh(self, input: G::Input) -> Result<Engine<G>, Error> {
        let mut change = Change::new(G::FIELDS, self.journal.is_some());
        let state = G::create(input, &mut change);
        let mut engine = self.engine(state, change);
        engine.start().await?;
        Ok(engine)
    }

    /// Where the thread stands.
    fn standing(mut self, stand: Stand<G>) -> Result<Engine<G>, Error> {
        let Stand {
            moment,
            base,
            frontier,
            writes,
            sequence,
            bytes,
            sizes,
        } = stand;
        let mut change = Change::new(G::FIELDS, self.journal.is_some());
        change.set_sizes(|field| sizes.get(field).copied().unwrap_or(0));
        let mut kept = HashMap::new();
        let (mut pauses, mut passed) = (HashSet::new(), HashSet::new());
        if let Some(journal) = &mut self.journal {
            let Moment { id, step, .. } = moment;
            journal.stand_at(
                Position {
                    head: Some(id),
                    base: Some(base),
                    sequence,
                    step,
                    chain: bytes,
                },
                &writes,
            );
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
                    WriteKind::Answer
                    | WriteKind::Once
                    | WriteKind::Attempt
                    | WriteKind::Failed
                    | WriteKind::Claim
                    | WriteKind::Requeue => {}
                }
            }
        }
        let mut engine = self.engine(moment.state, change);
        kept.retain(|(activation, _), _| {
            frontier
                .active
                .iter()
                .any(|active| active.id == *activation)
        });
        engine.noted_slots.clone_from(&frontier.slots);
        engine.frontier = frontier;
        engine.kept = kept;
        engine.pauses = pauses.difference(&passed).copied().collect();
        engine.passed = passed;
        Ok(engine)
    }

    fn engine(self, state: G, change: Change) -> Engine<G> {
        let Self {
            context,
            journal,
            setting,
            listener,
        } = self;
        let emit = listener.is_listening().then(|| {
            let listener = listener.clone();
            Box::new(move |emitted| listener.tell(|| Event::Emitted(emitted))) as Emit<G::Emit>
        });
        let thread = journal.as_ref().map(|journal| journal.key.clone());
        let flush = journal.as_ref().map(Journal::flush_handle);
        Engine {
            context,
            state: Arc::new(state),
            frontier: Frontier::new(),
            change,
            journal,
            ties: Cancelling(Ties::new(thread, emit, flush)),
            listener,
            setting,
            kept: HashMap::new(),
            answers: HashMap::new(),
            pauses: HashSet::new(),
            passed: HashSet::new(),
            went_on: false,
            counted: 0,
            next: Next::default(),
            finished: Vec::new(),
            turnover: Turnover::default(),
            noted_slots: Slots::none::<G>(),
        }
    }
}

impl<G: StateGraph> Engine<G> {
    /// A new input: a new run from `start` if the last one has ended, else a part of the unfinished one.
    async fn invoke(mut self, input: G::Input) -> Result<Self, Error> {
        if self.frontier.active.is_empty() {
            return self.begin_again(input).await;
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
        let (moment, now) = self.new_moment();
        self.note(moment, now, Source::Input).await?;
        self.tell_step(moment);
        Ok(self)
    }

    async fn abandon_and_begin(mut self, input: G::Input) -> Result<Self, Error> {
        self.turnover.ended = self
            .frontier
            .active
            .drain(..)
            .map(|activation| activation.id)
            .collect();
        self.frontier.slots.clear();
        self.kept.clear();
        self.pauses.clear();
        if let Some(journal) = &mut self.journal {
            journal.expect_writes(&self.turnover.ended);
        }
        self.begin_again(input).await
    }

    async fn begin_again(mut self, input: G::Input) -> Result<Self, Error> {
        let state = Arc::make_mut(&mut self.state);
        state.reset_run(&mut self.change);
        state.reset_step(&mut self.change);
        state.merge(input, &mut self.change);
        self.start().await?;
        Ok(self)
    }

    /// Follows the route from `start`, and stores the input with what it leads to.
    async fn start(&mut self) -> Result<(), Error> {
        let (moment, now) = self.new_moment();
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
    fn going_on(mut self) -> Self {
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
