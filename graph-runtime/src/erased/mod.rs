//! A graph without its types, which speaks JSON: so that one program can serve many graphs.
//!
//! `graph` is the door: an object-safe trait, and the one implementation of it, which knows the types. What is public
//! holds such an object and plain data, and says what is to be done.

mod graph;
mod invocation;
mod outcome;
mod part;
mod read;
mod thread;
mod update;

use std::fmt;
use std::sync::Arc;

use graph_topology::Topology;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checkpointer::Page;
use crate::definition::StateGraph;
use crate::error::Error;
use crate::graph::Graph;
use crate::id::Timestamp;
#[cfg(feature = "schema")]
use crate::schema::{GraphSchemas, Schemas};
use crate::shared::HasThreads;
use crate::upkeep::Upkeep;
use graph::{AnyGraph, Typed};
pub use invocation::{ErasedInvocation, ErasedRunStream};
pub use outcome::ErasedOutcome;
pub use part::JsonPart;
pub use thread::{ErasedHistory, ErasedThread, ErasedThreadAt};
pub use update::ErasedUpdate;

/// A graph without its types: what goes in and out of it is JSON. Cheap to clone, shared between tasks and threads;
/// several graphs are one type, so that one program can serve them all.
///
/// It is made by [`Graph::erased`], and is that graph: the same threads, runs and rules. JSON that doesn't fit is an
/// [`Error::Json`] and changes nothing.
///
/// ```
/// use std::collections::HashMap;
///
/// use graph_runtime::prelude::*;
/// use graph_runtime::{ErasedGraph, ErasedOutcome};
/// use serde_json::{Value, json};
///
/// # #[graph(id = "greeter")]
/// # mod greeter {
/// #     #[state]
/// #     pub struct Greeter {
/// #         #[input]
/// #         pub name: String,
/// #         #[output]
/// #         pub greeting: String,
/// #     }
/// #     edges! { start -> greet -> end; }
/// #     #[node(writes(greeting))]
/// #     fn greet(name: &str) -> String { format!("Hello, {name}!") }
/// # }
/// # #[graph(id = "leave")]
/// # mod leave {
/// #     #[state]
/// #     pub struct Leave {
/// #         #[input]
/// #         pub days: u32,
/// #         #[output]
/// #         pub approved: Option<bool>,
/// #     }
/// #     edges! { start -> approve -> end; }
/// #     #[ask(into = approved)]
/// #     fn approve(days: u32) -> String { format!("{days} days?") }
/// # }
/// # use {greeter::Greeter, leave::Leave};
/// /// Whatever comes in by a queue or a socket, for whichever graph.
/// async fn serve(graphs: &HashMap<&str, ErasedGraph>, said: Value) -> Result<ErasedOutcome, Error> {
///     let thread = graphs[said["graph"].as_str().unwrap()].thread(said["thread"].as_str().unwrap());
///     match said.get("answer") {
///         Some(answer) => thread.answer(answer.clone()).await,
///         None => thread.invoke(said["input"].clone()).await,
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let graphs = HashMap::from([
///     ("greeter", Greeter::graph().checkpointer(MemorySaver::new()).build().erased()),
///     ("leave", Leave::graph().checkpointer(MemorySaver::new()).build().erased()),
/// ]);
///
/// let said = json!({"graph": "greeter", "thread": "ada", "input": {"name": "Ada"}});
/// let done = serve(&graphs, said).await?.done();
/// assert_eq!(done, Some(json!({"greeting": "Hello, Ada!"})));
///
/// let said = json!({"graph": "leave", "thread": "ada", "input": {"days": 3}});
/// let paused = serve(&graphs, said).await?;
/// let [question] = paused.questions() else { panic!() };
/// assert_eq!(question["question"], "3 days?");
///
/// let answer = json!({"id": question["id"], "value": true});
/// let said = json!({"graph": "leave", "thread": "ada", "answer": answer});
/// assert_eq!(serve(&graphs, said).await?.done(), Some(json!({"approved": true})));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ErasedGraph {
    graph: Arc<dyn AnyGraph>,
}

impl<G: StateGraph, P> Graph<G, P> {
    /// The same graph without its types, which speaks JSON.
    ///
    /// What anybody may set is read from JSON, so it has to be `Deserialize`: the types of the inputs, of all
    /// fields that are stored, and of the answers.
    pub fn erased(&self) -> ErasedGraph
    where
        P: HasThreads,
        G::Input: DeserializeOwned,
        G::Values: DeserializeOwned,
        G::Question: Serialize,
        G::Answer: DeserializeOwned,
    {
        ErasedGraph {
            graph: Arc::new(Typed::new(self.saved())),
        }
    }

    /// [`erased`](Self::erased), with the JSON Schemas of what goes in and out: where every type that takes part
    /// implements `schemars::JsonSchema`.
    #[cfg(feature = "schema")]
    pub fn erased_with_schemas(&self) -> ErasedGraph
    where
        P: HasThreads,
        G: Schemas,
        G::Input: DeserializeOwned,
        G::Values: DeserializeOwned,
        G::Question: Serialize,
        G::Answer: DeserializeOwned,
    {
        ErasedGraph {
            graph: Arc::new(Typed::new(self.saved()).with_schemas(GraphSchemas::of::<G>)),
        }
    }
}

impl ErasedGraph {
    /// The id given in `#[graph(id = "...")]`.
    pub fn id(&self) -> &'static str {
        self.graph.id()
    }

    /// What separates its threads from those of other graphs in one database.
    pub fn namespace(&self) -> &str {
        self.graph.namespace()
    }

    /// The graph as it was written: its nodes and ways, and drawings of it by
    /// [`mermaid()`](Topology::mermaid), [`dot()`](Topology::dot) and [`svg()`](Topology::svg).
    pub fn topology(&self) -> &'static Topology {
        self.graph.topology()
    }

    pub(crate) fn upkeep(&self) -> Result<Upkeep, Error> {
        self.graph.upkeep()
    }

    /// The JSON Schemas of what goes in and out; `None` unless it was made by [`Graph::erased_with_schemas`].
    #[cfg(feature = "schema")]
    pub fn schemas(&self) -> Option<GraphSchemas> {
        self.graph.schemas()
    }

    /// The thread with this id. A bad id is an error at the thread's first use.
    pub fn thread(&self, id: impl Into<Arc<str>>) -> ErasedThread {
        ErasedThread::new(Arc::clone(&self.graph), id.into())
    }

    /// The thread that belongs to a user of this graph: always the same, across restarts.
    ///
    /// # Errors
    /// [`Error::InvalidId`] for an id that can't be stored, [`Error::Store`].
    pub async fn thread_of(&self, user: impl AsRef<str>) -> Result<ErasedThread, Error> {
        Ok(self.thread(self.graph.thread_of(user.as_ref()).await?))
    }

    /// The ids of the graph's threads in byte order, a page at a time.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn threads(&self, page: &Page) -> Result<Vec<String>, Error> {
        self.graph.threads(page).await
    }

    /// The threads to wake: those that stand at an ask or a wait whose time has come by then, the earliest first.
    /// Each is woken by [`wake()`](ErasedThread::wake).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn due(&self, now: Timestamp) -> Result<Vec<(ErasedThread, Timestamp)>, Error> {
        let due = self.graph.due(now).await?;
        Ok(due
            .into_iter()
            .map(|(thread, at)| (self.thread(thread), at))
            .collect())
    }
}

impl fmt::Debug for ErasedGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedGraph")
            .field("id", &self.id())
            .field("namespace", &self.namespace())
            .finish_non_exhaustive()
    }
}
