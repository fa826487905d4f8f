//! State graphs, written as ordinary Rust, proved by the compiler, that never forget.

mod checkpointer;
mod definition;
mod engine;
mod error;
mod event;
mod graph;
mod id;
mod invocation;
mod moment;
mod outcome;
mod run;
mod state;
mod thread;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use checkpointer::{
    At, Cause, Chain, Checkpointer, Commit, Expect, MemorySaver, Page, Query, Record, Source,
    StoreError, Write, WriteKey, WriteKind,
};
pub use definition::{Answering, BoxFuture, GraphNode, StateGraph};
pub use engine::Durability;
pub use error::{Error, NodeError, OfItem, OfThread};
pub use event::{Event, RunStream};
pub use graph::{
    Builder, DEFAULT_STEP_LIMIT, Graph, HasThreads, RunsAlone, Saved, Suits, Supplies, Unsaved,
};
pub use id::{ActivationId, InvalidId, MAX_ID_BYTES, MomentId, QuestionId, ThreadKey, Timestamp};
pub use invocation::Invocation;
pub use moment::Moment;
pub use outcome::{Done, Outcome, Pause};
pub use run::{Emitted, Run};
pub use state::{Collects, FieldLog, KeyOf, Reducer, Removes};
pub use thread::{History, Thread};
