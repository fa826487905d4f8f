//! State graphs, written as ordinary Rust, proved by the compiler, that never forget.
//!
//! A module with `#[graph]` holds a state, plain functions as nodes, and an `edges!` block. The compiler checks that
//! every run can come to its end; the engine saves a moment after every step, so that a run can be resumed,
//! looked at and answered by a person, days later, elsewhere.
//!
//! ```
//! use graph_runtime::prelude::*;
//!
//! #[graph(id = "greeter")]
//! mod greeter {
//!     #[state]
//!     pub struct Greeter {
//!         #[input]
//!         pub name: String,
//!         pub greeting: String,
//!     }
//!
//!     edges! { start -> greet -> end; }
//!
//!     #[node(writes(greeting))]
//!     async fn greet(name: &str) -> String {
//!         format!("Hello, {name}!")
//!     }
//! }
//!
//! use greeter::{Greeter, Input};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let graph = Greeter::graph().checkpointer(MemorySaver::new()).build();
//! let thread = graph.thread("ada");
//! if let Outcome::Done(output) = thread.invoke(Input::new().name("Ada")).await? {
//!     assert_eq!(output.greeting, "Hello, Ada!");
//! }
//! assert_eq!(thread.history().await?.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! Where things are: [`Graph`] and [`Builder`] make a graph ready to run, [`Thread`] is one conversation on it,
//! [`Outcome`] and [`Event`] say how a run went, [`Moment`] is what was saved, and [`Checkpointer`] is what a place that
//! keeps moments must do. [`ErasedGraph`] is a graph that speaks JSON, for a program that serves many, and
//! [`RunDrawing`] shows what a run did. What a module with `#[graph]` may hold is told at [`graph`](macro@graph).
#![doc = include_str!("metrics.md")]

mod branch;
mod builder;
mod cache;
mod checkpointer;
mod child;
mod clock;
mod context;
mod definition;
mod drawing;
mod engine;
mod erased;
mod error;
mod event;
mod failure;
mod frontier;
mod graph;
mod id;
mod interrupt;
mod invocation;
mod meter;
mod moment;
mod once;
mod outcome;
mod policy;
mod run;
#[cfg(feature = "schema")]
mod schema;
mod secret;
mod setting;
mod shared;
mod sound;
mod state;
mod stop;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod thread;
mod timer;
mod upkeep;
mod waiting;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[doc = include_str!("language.md")]
pub use graph_macros::graph;

pub use branch::{ThreadAt, Update};
pub use builder::{Builder, Suits, Supplies, Trusts};
pub use cache::{Cache, CacheKey, MemoryCache};
pub use checkpointer::{
    At, Cause, Chain, Checkpointer, Commit, Expect, Lease, MemorySaver, Message, Page, Query,
    Record, Rewrite, Seals, Source, Standing, StoreError, Usage, Write, WriteKey, WriteKind,
};
pub use child::{ChildAt, ChildThread};
pub use clock::{Clock, SystemClock};
pub use definition::{Answering, BoxFuture, GraphNode, StateGraph};
pub use drawing::RunDrawing;
pub use engine::{Busy, Durability, Queued};
pub use erased::{
    ErasedGraph, ErasedHistory, ErasedInvocation, ErasedOutcome, ErasedRunStream, ErasedThread,
    ErasedThreadAt, ErasedUpdate, JsonPart,
};
pub use error::{Error, NodeError, OfItem, OfThread, Timeout};
pub use event::{Event, Kind, RunStream, Running};
pub use failure::{Failure, FailureKind, Permanent};
pub use graph::Graph;
pub use graph_topology::{self as topology, Drawing, Topology, Trail};
pub use id::{
    ActivationId, InvalidId, MAX_ID_BYTES, MAX_PATH_BYTES, MomentId, QuestionId, ThreadKey,
    Timestamp,
};
pub use interrupt::{Asking, Asks};
pub use invocation::Invocation;
pub use moment::{Child, Format, Moment};
pub use outcome::{Done, Outcome, Pause};
pub use policy::{IsError, Policy, Retry, error_is};
pub use run::{Emitted, Run, Shown};
#[cfg(feature = "schema")]
pub use schema::{GraphSchemas, Schemas};
pub use setting::{
    DEFAULT_LEASE, DEFAULT_MAX_ATTEMPTS, DEFAULT_PATIENCE, DEFAULT_STEP_LIMIT, Siblings,
};
pub use shared::{HasThreads, RunsAlone, Saved, Unsaved};
pub use state::{Collects, FieldLog, ItemKey, KeyOf, Never, Patch, Reducer, Removes, Shares};
pub use stop::CancellationToken;
pub use store::{
    Condition, Embed, Embedded, Entry, Field, Found, MemoryStore, Near, Place, Prefix, Prefixes,
    Put, Search, Shelf, Store, Test, Ttl, Vectors,
};
pub use thread::{History, Thread};
pub use upkeep::{Keep, Pruned, Retention, Swept};
pub use waiting::{Due, Until};

/// What a program with a graph uses: `use graph_runtime::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Durability, Error, Event, GraphNode, MemorySaver, Moment, Outcome, Run, StateGraph, Thread,
        edges, graph,
    };
}

/// The edges of a graph. Only within a module with `#[graph]`, which reads them.
#[macro_export]
macro_rules! edges {
    ($($edges:tt)*) => {
        ::core::compile_error!(
            "`edges!` belongs in a module with `#[graph(id = \"..\")]`, which reads it"
        );
    };
}

/// For generated code: what is inside is there if this crate has its `schema` feature.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_schema {
    ($($item:item)*) => { $($item)* };
}

/// For generated code: what is inside is there if this crate has its `schema` feature.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_schema {
    ($($item:item)*) => {};
}
