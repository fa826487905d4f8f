//! The door between what has types and what has none.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::Stream;
use futures_util::{StreamExt as _, TryFutureExt as _};
use graph_topology::Topology;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, to_value};

use super::invocation::Options;
use super::outcome::ErasedOutcome;
use super::part::JsonPart;
use super::read::{node, read, read_answers};
use super::thread::Wanted;
use crate::branch::Update;
use crate::checkpointer::Page;
use crate::definition::StateGraph;
use crate::drawing::RunDrawing;
use crate::engine::{ByHand, Command, Origin, Queued};
use crate::error::Error;
use crate::graph::Graph;
use crate::id::{MomentId, Timestamp};
use crate::invocation::Invocation;
use crate::moment::{Moment, thread_text};
#[cfg(feature = "schema")]
use crate::schema::GraphSchemas;
use crate::thread::Thread;
use crate::upkeep::Upkeep;

/// A run's events as JSON.
pub(super) type Events = Pin<Box<dyn Stream<Item = Result<Value, Error>> + Send>>;

/// A graph, whatever its types are.
#[async_trait]
pub(super) trait AnyGraph: Send + Sync {
    fn id(&self) -> &'static str;
    fn namespace(&self) -> &str;
    fn topology(&self) -> &'static Topology;
    #[cfg(feature = "schema")]
    fn schemas(&self) -> Option<GraphSchemas>;
    async fn thread_of(&self, user: &str) -> Result<Arc<str>, Error>;
    async fn threads(&self, page: &Page) -> Result<Vec<String>, Error>;
    async fn due(&self, now: Timestamp) -> Result<Vec<(Arc<str>, Timestamp)>, Error>;

    async fn run(&self, order: Order) -> Result<ErasedOutcome, Error>;
    async fn enqueue(&self, order: Order) -> Result<MomentId, Error>;
    fn stream(&self, order: Order) -> Events;
    async fn set(&self, spot: Spot, set: Set) -> Result<Value, Error>;

    async fn state(&self, thread: &Arc<str>) -> Result<Option<Value>, Error>;
    async fn moment(&self, thread: &Arc<str>, id: MomentId) -> Result<Value, Error>;
    async fn history(&self, thread: &Arc<str>, wanted: Wanted) -> Result<Vec<Value>, Error>;
    async fn questions(&self, thread: &Arc<str>) -> Result<Vec<Value>, Error>;
    async fn drawing(
        &self,
        thread: &Arc<str>,
        moment: Option<MomentId>,
    ) -> Result<RunDrawing, Error>;
    async fn work(&self, thread: &Arc<str>) -> Result<usize, Error>;
    async fn inbox(&self, thread: &Arc<str>) -> Result<Vec<Queued>, Error>;
    async fn discard(&self, thread: &Arc<str>, position: u64) -> Result<(), Error>;
    async fn outcome(
        &self,
        thread: &Arc<str>,
        input: MomentId,
    ) -> Result<Option<ErasedOutcome>, Error>;
    async fn requeue(&self, thread: &Arc<str>) -> Result<(), Error>;
    async fn reset(&self, thread: &Arc<str>) -> Result<(), Error>;
    fn upkeep(&self) -> Result<Upkeep, Error>;
}

/// Which thread something goes to, and where it begins.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) thread: Arc<str>,
    pub(super) origin: Origin,
}

/// A run that is asked for.
pub(super) struct Order {
    pub(super) spot: Spot,
    pub(super) told: Told,
    pub(super) options: Options,
}

/// What a run is told to do.
pub(super) enum Told {
    Invoke(Value),
    FromStart(Value),
    Resume,
    Replay,
    Answer(Vec<Value>),
    Set(Set),
}

/// What somebody sets by hand.
pub(super) struct Set {
    pub(super) values: Value,
    pub(super) node: Option<String>,
    pub(super) metadata: Vec<(String, String)>,
}

/// A graph with its types.
pub(super) struct Typed<G: StateGraph> {
    graph: Graph<G>,
    #[cfg(feature = "schema")]
    schemas: Option<fn() -> GraphSchemas>,
}

impl<G: StateGraph> Typed<G> {
    pub(super) fn new(graph: Graph<G>) -> Self {
        Self {
            graph,
            #[cfg(feature = "schema")]
            schemas: None,
        }
    }

    #[cfg(feature = "schema")]
    pub(super) fn with_schemas(mut self, schemas: fn() -> GraphSchemas) -> Self {
        self.schemas = Some(schemas);
        self
    }

    fn thread(&self, id: &Arc<str>) -> Thread<G> {
        self.graph.thread(Arc::clone(id))
    }
}

impl<G> Typed<G>
where
    G: StateGraph<
            Input: DeserializeOwned,
            Values: DeserializeOwned,
            Question: Serialize,
            Answer: DeserializeOwned,
        >,
{
    /// The run with its types. Nothing is changed by making it.
    async fn invocation(graph: Graph<G>, order: Order) -> Result<Invocation<G>, Error> {
        let Order {
            spot,
            told,
            mut options,
        } = order;
        let home = graph.core.home(&spot.thread)?;
        let input = |json| read(json, || thread_text(&home.key), JsonPart::Input);
        let command = match told {
            Told::Invoke(json) => Command::Invoke(input(json)?),
            Told::FromStart(json) => Command::FromStart(input(json)?),
            Told::Resume => Command::Resume,
            Told::Replay => Command::Replay,
            Told::Answer(given) => Command::Answer(read_answers::<G>(&home, given).await?),
            Told::Set(set) => {
                options.metadata.extend(set.metadata);
                Command::Set(ByHand {
                    node: set.node.as_deref().map(node::<G>).transpose()?,
                    values: read(set.values, || thread_text(&home.key), JsonPart::Values)?,
                })
            }
        };
        let run = Invocation::on_thread(Arc::clone(&graph.core), spot.thread, command);
        options.apply(run.from(spot.origin))
    }
}

#[async_trait]
impl<G> AnyGraph for Typed<G>
where
    G: StateGraph<
            Input: DeserializeOwned,
            Values: DeserializeOwned,
            Question: Serialize,
            Answer: DeserializeOwned,
        >,
{
    fn id(&self) -> &'static str {
        G::ID
    }

    fn namespace(&self) -> &str {
        &self.graph.core.namespace
    }

    fn topology(&self) -> &'static Topology {
        G::topology()
    }

    #[cfg(feature = "schema")]
    fn schemas(&self) -> Option<GraphSchemas> {
        self.schemas.map(|schemas| schemas())
    }

    async fn thread_of(&self, user: &str) -> Result<Arc<str>, Error> {
        Ok(self.graph.thread_of(user).await?.id().into())
    }

    async fn threads(&self, page: &Page) -> Result<Vec<String>, Error> {
        self.graph.threads(page).await
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<(Arc<str>, Timestamp)>, Error> {
        let due = self.graph.due(now).await?;
        Ok(due
            .into_iter()
            .map(|(thread, at)| (thread.id().into(), at))
            .collect())
    }

    async fn run(&self, order: Order) -> Result<ErasedOutcome, Error> {
        let thread = Arc::clone(&order.spot.thread);
        let outcome = Self::invocation(self.graph.clone(), order).await?.await?;
        ErasedOutcome::of(outcome).map_err(untold(&self.graph, &thread, JsonPart::Output))
    }

    async fn enqueue(&self, order: Order) -> Result<MomentId, Error> {
        let run = Self::invocation(self.graph.clone(), order).await?;
        run.enqueue().await
    }

    fn stream(&self, order: Order) -> Events {
        let thread = Arc::clone(&order.spot.thread);
        let graph = self.graph.clone();
        let events = Self::invocation(graph.clone(), order).map_ok(Invocation::stream);
        Box::pin(events.try_flatten_stream().map(move |event| {
            event?
                .to_json()
                .map_err(untold(&graph, &thread, JsonPart::Event))
        }))
    }

    async fn set(&self, spot: Spot, set: Set) -> Result<Value, Error> {
        let core = &self.graph.core;
        let home = core.home(&spot.thread)?;
        let values = read(set.values, || thread_text(&home.key), JsonPart::Values)?;
        let mut update = Update::<G>::new(
            Arc::clone(core),
            Arc::clone(&spot.thread),
            spot.origin,
            values,
        );
        if let Some(name) = set.node {
            update = update.as_node(node::<G>(&name)?);
        }
        for (key, value) in set.metadata {
            update = update.metadata(key, value);
        }
        self.tell(&spot.thread, &update.await?)
    }

    async fn state(&self, thread: &Arc<str>) -> Result<Option<Value>, Error> {
        let moment = self.thread(thread).state().await?;
        moment.map(|moment| self.tell(thread, &moment)).transpose()
    }

    async fn moment(&self, thread: &Arc<str>, id: MomentId) -> Result<Value, Error> {
        self.tell(thread, &self.thread(thread).moment(id).await?)
    }

    async fn history(&self, thread: &Arc<str>, wanted: Wanted) -> Result<Vec<Value>, Error> {
        let moments = wanted.of(self.thread(thread).history()).await?;
        let told = moments.iter().map(|moment| self.tell(thread, moment));
        told.collect()
    }

    async fn questions(&self, thread: &Arc<str>) -> Result<Vec<Value>, Error> {
        self.thread(thread).asked().await
    }

    async fn drawing(
        &self,
        thread: &Arc<str>,
        moment: Option<MomentId>,
    ) -> Result<RunDrawing, Error> {
        let thread = self.thread(thread);
        match moment {
            None => thread.drawing().await,
            Some(moment) => thread.at(moment).drawing().await,
        }
    }

    async fn work(&self, thread: &Arc<str>) -> Result<usize, Error> {
        self.thread(thread).work().await
    }

    async fn inbox(&self, thread: &Arc<str>) -> Result<Vec<Queued>, Error> {
        self.thread(thread).inbox().await
    }

    async fn discard(&self, thread: &Arc<str>, position: u64) -> Result<(), Error> {
        self.thread(thread).discard(position).await
    }

    async fn outcome(
        &self,
        thread: &Arc<str>,
        input: MomentId,
    ) -> Result<Option<ErasedOutcome>, Error> {
        let outcome = self.thread(thread).outcome(input).await?;
        let outcome = outcome.map(ErasedOutcome::of).transpose();
        outcome.map_err(untold(&self.graph, thread, JsonPart::Output))
    }

    async fn requeue(&self, thread: &Arc<str>) -> Result<(), Error> {
        self.thread(thread).requeue().await
    }

    async fn reset(&self, thread: &Arc<str>) -> Result<(), Error> {
        self.thread(thread).reset().await
    }

    fn upkeep(&self) -> Result<Upkeep, Error> {
        self.graph.core.upkeep()
    }
}

impl<G: StateGraph> Typed<G> {
    fn tell(&self, thread: &Arc<str>, moment: &Moment<G>) -> Result<Value, Error> {
        to_value(moment).map_err(untold(&self.graph, thread, JsonPart::Moment))
    }
}

/// The error of what can't be said in JSON.
fn untold<G: StateGraph>(
    graph: &Graph<G>,
    thread: &Arc<str>,
    part: JsonPart,
) -> impl Fn(serde_json::Error) -> Error {
    let thread = format!("thread `{thread}` of graph `{}`", graph.core.namespace);
    move |source| Error::Json {
        thread: thread.clone(),
        part,
        source,
    }
}
