//! What an engine is put together from: what the run is given, and what is stored where it goes on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use graph_topology::NodeKind;
use serde_json::value::RawValue;

use super::advance::Turnover;
use super::branch::{Ground, position};
use super::failures::Failures;
use super::journal::Journal;
use super::keeping::{Kept, KeptResult};
use super::past::Past;
use super::request::Command;
use super::watch::Watch;
use super::{Cancelling, Engine, Event, Kind, Nest};
use crate::checkpointer::{Write, WriteKey, WriteKind};
use crate::definition::{Next, StateGraph};
use crate::error::Error;
use crate::event::Listener;
use crate::frontier::{Frontier, Slots};
use crate::id::ActivationId;
use crate::moment::{Leftover, Stand};
use crate::run::{Emit, Ties};
use crate::setting::Setting;
use crate::state::Change;
use crate::stop::Stopping;

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
    pub(super) async fn begin(
        self,
        command: Command<G>,
        ground: Ground<G>,
    ) -> Result<Engine<G>, Error> {
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
    pub(super) async fn begin_anew(
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
            journal.leave_behind(leftover);
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
        if leaves.is_some() {
            writes.clear();
        }
        let mut beside = Beside::default();
        if let Some(journal) = &mut self.journal {
            journal.stand_at(position, &writes);
            beside = Beside::of(&writes, journal)?;
        }
        let Beside {
            mut kept,
            pauses,
            passed,
            once,
            past,
        } = beside;
        kept.retain(|(turn, _), result| {
            let mut active = frontier.active.iter();
            active.any(|active| active.id == *turn && result.is_of::<G>(active.node))
        });
        let mut engine = self.engine(moment.state, change);
        engine.turns = turns;
        if let Some(nest) = &engine.ties.0.nest {
            nest.stand_at(children);
        }
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
        if let Some(leaves) = leaves {
            engine.leave(leaves);
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
        let nest = holds_graphs::<G>().then(|| Nest::of(journal.as_ref(), &setting, &stopping));
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
            left: None,
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
        }
    }
}

/// What earlier runs have stored beside the records, each kind for itself.
#[derive(Default)]
struct Beside {
    kept: Kept,
    pauses: HashSet<ActivationId>,
    passed: HashSet<ActivationId>,
    once: Vec<(WriteKey, Box<RawValue>)>,
    past: Past,
}

impl Beside {
    fn of(writes: &[Write], journal: &Journal) -> Result<Self, Error> {
        let mut beside = Self {
            past: journal.past(writes)?,
            ..Self::default()
        };
        for write in writes {
            let WriteKey {
                activation,
                item,
                kind,
                ..
            } = write.key;
            match kind {
                WriteKind::Update => {
                    let result = KeptResult::Update(journal.open(write)?);
                    beside.kept.insert((activation, item), result);
                }
                WriteKind::Handled => {
                    let result = KeptResult::Failure(journal.open(write)?);
                    beside.kept.insert((activation, item), result);
                }
                WriteKind::Pause => {
                    beside.pauses.insert(activation);
                }
                WriteKind::Passed => {
                    beside.passed.insert(activation);
                }
                WriteKind::Once => beside.once.push((write.key.clone(), journal.open(write)?)),
                // Answers are looked for before each step, and what is about beginning is in the past.
                WriteKind::Answer
                | WriteKind::Attempt
                | WriteKind::Failed
                | WriteKind::Claim
                | WriteKind::Requeue => {}
            }
        }
        Ok(beside)
    }
}

/// Whether a node of it is another graph.
fn holds_graphs<G: StateGraph>() -> bool {
    let mut nodes = G::topology().nodes.iter();
    nodes.any(|node| node.kind == NodeKind::Subgraph)
}
