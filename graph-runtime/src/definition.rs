//! What the macro says about a graph: the one interface between generated code and the engine.

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use graph_topology::Topology;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::engine::{Nested, Stage};
use crate::error::NodeError;
use crate::event::Kind;
use crate::failure::Failure;
use crate::frontier::Activation;
use crate::id::{ActivationId, MomentId, QuestionId, Timestamp};
use crate::outcome::Pause;
use crate::policy::Policy;
use crate::run::{Pulse, Run};
use crate::state::{Change, FieldSpec};
use crate::waiting::Awaited;

/// A graph's state, and all that `#[graph]` has found out about the graph. Implemented by the macro.
///
/// The methods belong to the engine; a program uses the generated types, [`Graph`](crate::Graph) and
/// [`Thread`](crate::Thread).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of a graph",
    label = "no graph's state",
    note = "name the struct with `#[state]` in a module with `#[graph]`"
)]
pub trait StateGraph: Clone + Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The id given in `#[graph(id = "...")]`.
    const ID: &'static str;
    /// Changes whenever nodes, edges, fields or reducers change.
    const FINGERPRINT: u64;
    /// The fields of the state in declaration order.
    const FIELDS: &'static [FieldSpec];
    /// Names that nodes had in earlier versions.
    const ALIASES: &'static [(&'static str, Self::Node)] = &[];
    /// Brings a state that another version has stored into the form that this one reads.
    const MIGRATE: Option<Migrate> = None;
    /// What is done about each node, by its index; empty where nothing is done about any.
    const POLICIES: &'static [Policy] = &[];
    /// The graphs among the nodes.
    const NESTED: &'static [Nested] = &[];

    /// The nodes.
    type Node: GraphNode;
    /// The items of the graph's `for`s.
    type Items: Items<Self>;
    /// What a run is given.
    type Input: Send + 'static;
    /// What a run gives.
    type Output: Send + 'static;
    /// What anybody may set by hand: any field.
    type Values: Clone + Send + Sync + 'static;
    /// What a node sets: one variant a node.
    type Update: Clone + Serialize + Send + Sync + 'static;
    /// What the graph asks: one variant an ask.
    type Question: Send + 'static;
    /// What it is answered: one variant an ask.
    type Answer: Answering + Send + Sync + 'static;
    /// A pause with an accessor for each ask.
    type Pause: From<Pause<Self>> + Deref<Target = Pause<Self>> + Send + 'static;
    /// What nodes use and no moment stores.
    type Context: Send + Sync + 'static;
    /// What nodes show while they run.
    type Emit: Send + 'static;
    /// What happens in graphs that are nodes of this one: one variant each.
    type Within: TellsWithin;

    /// The graph as it was written.
    fn topology() -> &'static Topology;

    /// The state that a thread begins with, before the input is merged: defaults, and what only an input can give.
    fn blank(input: &Self::Input) -> Self;
    /// Merges an input by the reducers.
    fn merge(&mut self, input: Self::Input, change: &mut Change);
    /// Applies what a node set.
    fn apply(&mut self, update: Self::Update, change: &mut Change);
    /// Applies what somebody set by hand.
    fn apply_values(&mut self, values: Self::Values, change: &mut Change);
    /// Fields of `#[scope(run)]`, when a run begins at `start`.
    fn reset_run(&mut self, change: &mut Change);
    /// Fields of `#[scope(step)]`, before the updates of a step.
    fn reset_step(&mut self, change: &mut Change);
    /// Clears the field that an ask fills, when the ask is reached.
    fn reach(&mut self, node: Self::Node, change: &mut Change);
    /// What the outcome of a run shows of the state.
    fn into_output(self) -> Self::Output;

    /// What the outcome of a run shows, as JSON.
    ///
    /// # Errors
    /// If a field of it can't be encoded.
    fn output_json(output: &Self::Output) -> Result<serde_json::Value, serde_json::Error>;
    /// An input as JSON, to wait in a thread's inbox. `None` for a graph whose inputs have a field that is never stored.
    ///
    /// # Errors
    /// If a field of it can't be encoded.
    fn input_json(input: &Self::Input) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        let _ = input;
        Ok(None)
    }
    /// Reads an input that has waited.
    ///
    /// # Errors
    /// If it isn't one of this version of the graph.
    fn read_input(json: &RawValue) -> Result<Self::Input, serde_json::Error> {
        let _ = json;
        Err(serde::de::Error::custom(
            "inputs of this graph have a field that is never stored, so they can't wait in an inbox",
        ))
    }
    /// What a node has shown, as JSON.
    ///
    /// # Errors
    /// If it can't be encoded.
    fn emitted_json(value: &Self::Emit) -> Result<serde_json::Value, serde_json::Error>;

    /// Writes the state as it is shown: without its secrets. What is stored is all of it.
    ///
    /// # Errors
    /// The serializer's.
    fn show<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
    /// Writes an update as it is stored; `Serialize` leaves out its secrets.
    ///
    /// # Errors
    /// The serializer's.
    fn store_update<S: Serializer>(
        update: &Self::Update,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        update.serialize(serializer)
    }

    /// Where a node (or `start`) leads.
    fn route(&self, from: Option<Self::Node>, next: &mut Next<Self>);

    /// Runs one task, to be awaited in place.
    fn call(call: Call<'_, Self>) -> impl Future<Output = Result<Ended<Self>, NodeError>> + Send;
    /// Runs one task of several, in a box of its own size.
    fn call_boxed(call: Call<'_, Self>) -> BoxFuture<'_, Result<Ended<Self>, NodeError>>;

    /// What a node reads of the state and its item, as JSON: by what its result is looked up in a cache.
    /// `None` for one whose attribute doesn't say `cache`.
    ///
    /// # Errors
    /// If something that it reads can't be encoded.
    fn cache_key(call: &Call<'_, Self>) -> Result<Option<Vec<u8>>, serde_json::Error> {
        let _ = call;
        Ok(None)
    }

    /// Reads back an update that was stored while siblings ran.
    ///
    /// # Errors
    /// If it isn't one of this node.
    fn read_update(node: Self::Node, json: &RawValue) -> Result<Self::Update, serde_json::Error>;
    /// Types a question.
    ///
    /// # Errors
    /// If it isn't one of this node.
    fn read_question(
        node: Self::Node,
        id: QuestionId,
        due: Option<Timestamp>,
        json: &RawValue,
    ) -> Result<Self::Question, serde_json::Error>;
    /// Types an answer.
    ///
    /// # Errors
    /// If it isn't one that this node takes.
    fn read_answer(
        node: Self::Node,
        id: QuestionId,
        json: &RawValue,
    ) -> Result<Self::Answer, serde_json::Error>;
    /// What an ask is answered when its time has come and nobody has: its `else`, if it has one.
    ///
    /// # Errors
    /// If that can't be encoded.
    fn otherwise(
        &self,
        node: Self::Node,
        item: Option<(&Self::Items, usize)>,
    ) -> Result<Option<Box<RawValue>>, serde_json::Error>;
    /// What the answers to an ask set: `(item, answer)` in item order; item 0 outside of a `for`. Nothing where
    /// there are none: an ask whose time has come, a wait.
    ///
    /// # Errors
    /// If one isn't of the type that the node takes.
    fn read_answers(
        node: Self::Node,
        items: Option<&Self::Items>,
        answers: &[(u32, &RawValue)],
    ) -> Result<Self::Update, serde_json::Error>;
}

/// Changes a stored state, field by field, before it is read; see [`StateGraph::MIGRATE`].
pub type Migrate = fn(
    &mut serde_json::Map<String, serde_json::Value>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A future in a box.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A node of a graph, by name and by its place in the topology.
pub trait GraphNode: Copy + Eq + Ord + Hash + Debug + Send + Sync + 'static {
    /// All of them, in declaration order.
    const ALL: &'static [Self];

    /// Its place in the topology.
    fn index(self) -> usize;
    /// Its name.
    fn name(self) -> &'static str;
}

/// The node that has this name, or had it in an earlier version.
pub(crate) fn node_named<G: StateGraph>(name: &str) -> Option<G::Node> {
    let now = G::Node::ALL.iter().find(|node| node.name() == name);
    let before = || G::ALIASES.iter().find(|(alias, _)| *alias == name);
    now.copied().or_else(|| before().map(|(_, node)| *node))
}

/// The items of a graph's `for`s: one variant for each node that is reached by one.
pub trait Items<G: StateGraph>: Send + Sync + Sized + 'static {
    /// How many.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As a JSON array.
    ///
    /// # Errors
    /// If an item can't be encoded.
    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error>;
    /// From a JSON array.
    ///
    /// # Errors
    /// If they aren't items of this node.
    fn from_json(node: G::Node, json: &RawValue) -> Result<Self, serde_json::Error>;
}

/// The items of a graph without a `for`.
#[derive(Debug)]
pub enum NoItems {}

impl<G: StateGraph> Items<G> for NoItems {
    fn len(&self) -> usize {
        match *self {}
    }

    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        match *self {}
    }

    fn from_json(node: G::Node, _: &RawValue) -> Result<Self, serde_json::Error> {
        Err(serde::de::Error::custom(format_args!(
            "node `{}` takes no items",
            node.name()
        )))
    }
}

/// An answer, whatever it answers.
pub trait Answering {
    /// The question's id.
    fn id(&self) -> QuestionId;
    /// The name of the node that asked.
    fn node(&self) -> &'static str;
    /// The same, and where that is a graph, the node in there that asked, and so on.
    fn path(&self) -> Vec<&'static str> {
        let way = self.way().into_iter();
        way.filter_map(|names| names.first().copied()).collect()
    }
    /// The same, each node by its name and those that it had before.
    fn way(&self) -> Vec<&'static [&'static str]>;
    /// The answer itself as JSON.
    ///
    /// # Errors
    /// If it can't be encoded.
    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error>;
}

/// The questions and answers of a graph that asks nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoAnswer {}

impl Answering for NoAnswer {
    fn id(&self) -> QuestionId {
        match *self {}
    }

    fn node(&self) -> &'static str {
        match *self {}
    }

    fn way(&self) -> Vec<&'static [&'static str]> {
        match *self {}
    }

    fn to_json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        match *self {}
    }
}

/// Something that happened in a graph within another one.
pub trait TellsWithin: Send + 'static {
    /// What it is about.
    fn kind(&self) -> Kind;
    /// The event as a JSON object.
    ///
    /// # Errors
    /// If a value in it can't be JSON.
    fn to_json(&self) -> Result<serde_json::Value, serde_json::Error>;
}

/// What happens in the graphs within a graph that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWithin {}

impl TellsWithin for NoWithin {
    fn kind(&self) -> Kind {
        match *self {}
    }

    fn to_json(&self) -> Result<serde_json::Value, serde_json::Error> {
        match *self {}
    }
}

/// One task, handed to its node.
pub struct Call<'a, G: StateGraph> {
    /// The node.
    pub node: G::Node,
    /// Its item, in a `for`.
    pub item: Option<(&'a G::Items, usize)>,
    /// The state as it was at the start of the step.
    pub state: &'a Arc<G>,
    /// The context.
    pub context: &'a Arc<G::Context>,
    /// What it shares with the other tasks of its step. Few nodes ask for that, so it is looked up where one does.
    pub(crate) stage: &'a Stage<'a, G>,
    pub(crate) activation: &'a Activation<G>,
    /// Which task of its turn it is; 0 outside of a `for`.
    pub(crate) number: u32,
    /// Which attempt of this run it is, from 1.
    pub(crate) attempt: u32,
    /// Its signs of life, where somebody waits for them.
    pub(crate) pulse: Option<Arc<Pulse>>,
}

/// Which task of a run this is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) node: &'static str,
    pub(crate) activation: ActivationId,
    pub(crate) item: Option<u32>,
    /// The step in which it runs.
    pub(crate) step: u64,
    /// Which attempt this is, from 1.
    pub(crate) attempt: u32,
    /// The moment on which the step builds.
    pub(crate) head: Option<MomentId>,
}

impl Turn {
    /// The id of the one question that the task asks, or the beginning of those of several.
    pub(crate) fn question_id(&self) -> QuestionId {
        QuestionId {
            activation: self.activation,
            item: self.item,
            name: None,
        }
    }
}

impl<G: StateGraph> Call<'_, G> {
    /// The run as the node sees it.
    pub fn run(&self) -> Run<G::Emit> {
        Run::new(
            Arc::clone(self.stage.ties),
            self.turn(),
            self.activation.failures.clone(),
            self.pulse.clone(),
        )
    }

    pub(crate) fn turn(&self) -> Turn {
        let Self {
            stage, activation, ..
        } = self;
        Turn {
            node: activation.node.name(),
            activation: activation.id,
            item: activation.item(self.number),
            step: stage.step,
            attempt: stage.attempts_before(activation) + self.attempt,
            head: stage.head,
        }
    }
}

/// How a task ended.
pub enum Ended<G: StateGraph> {
    /// A node has run and set this.
    Update(G::Update),
    /// An ask or a wait has nothing to wait for this time.
    Nothing,
    /// It waits for these. An ask and a wait end by them; any other node runs again when they are there.
    Waits(Vec<Awaited>),
}

/// What a route starts and fills.
pub struct Next<G: StateGraph> {
    pub(crate) started: Vec<Started<G>>,
    pub(crate) filled: Vec<(usize, u32)>,
    /// Failures on their way to the joins that they fill.
    pub(crate) failures: Vec<(usize, Failure)>,
}

/// A node that a route starts.
pub(crate) struct Started<G: StateGraph> {
    pub(crate) node: G::Node,
    pub(crate) batch: Option<Batch<G>>,
    pub(crate) failures: Option<Arc<[Failure]>>,
}

/// The items of a `for`, and how many of them may run at once.
pub(crate) struct Batch<G: StateGraph> {
    pub(crate) items: G::Items,
    pub(crate) limit: Option<usize>,
}

impl<G: StateGraph> Default for Next<G> {
    fn default() -> Self {
        Self {
            started: Vec::new(),
            filled: Vec::new(),
            failures: Vec::new(),
        }
    }
}

impl<G: StateGraph> Next<G> {
    /// Starts a node.
    pub fn start(&mut self, node: G::Node) {
        self.started.push(Started {
            node,
            batch: None,
            failures: None,
        });
    }

    /// Starts a node for each item.
    pub fn each(&mut self, node: G::Node, items: G::Items, limit: Option<usize>) {
        self.started.push(Started {
            node,
            batch: Some(Batch { items, limit }),
            failures: None,
        });
    }

    /// Fills a join's slot.
    pub fn fill(&mut self, join: usize, slot: u32) {
        self.filled.push((join, slot));
    }

    /// Follows a failed node's `on_error`: to the joins of that node in which the failed one stands, or else
    /// to the node itself.
    pub(crate) fn fail(&mut self, node: G::Node, failure: &Failure) {
        let topology = G::topology();
        let Some(handler) = topology.nodes[node.index()].on_error else {
            return;
        };
        let is_here = |member: &u16| usize::from(*member) == node.index();
        let joins = topology.joins.iter().enumerate();
        let mut stands = false;
        for (join, it) in joins.filter(|(_, join)| join.to == handler) {
            let slots = (0..).zip(it.slots.iter());
            let here = slots.filter(|(_, members)| members.iter().any(is_here));
            for (slot, _) in here {
                self.filled.push((join, slot));
                self.failures.push((join, failure.clone()));
                stands = true;
            }
        }
        if !stands {
            self.started.push(Started {
                node: G::Node::ALL[usize::from(handler)],
                batch: None,
                failures: Some(Arc::new([failure.clone()])),
            });
        }
    }

    /// The nodes that are started, in order: what a test of a route looks at.
    pub fn nodes(&self) -> Vec<G::Node> {
        self.started.iter().map(|started| started.node).collect()
    }
}
