//! Values for a graph without types that are about to be set by hand.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use serde_json::Value;

use super::graph::{AnyGraph, Set, Spot, Told};
use super::invocation::ErasedInvocation;
use crate::definition::BoxFuture;
use crate::error::Error;

/// Values that are about to be set by hand: an [`Update`](crate::Update) without types. Awaiting it writes the moment
/// and gives it; [`resume`](Self::resume) writes it and runs.
#[must_use = "values are set when the update is awaited or resumed"]
pub struct ErasedUpdate {
    graph: Arc<dyn AnyGraph>,
    spot: Spot,
    set: Set,
}

impl ErasedUpdate {
    pub(super) fn new(graph: Arc<dyn AnyGraph>, spot: Spot, values: Value) -> Self {
        let set = Set {
            values,
            node: None,
            metadata: Vec::new(),
        };
        Self { graph, spot, set }
    }

    /// As if the node with this name had just run and set these values; see
    /// [`Update::as_node`](crate::Update::as_node).
    ///
    /// # Errors
    /// Of the update: [`Error::UnknownNode`], [`Error::Unsound`].
    pub fn as_node(mut self, node: impl Into<String>) -> Self {
        self.set.node = Some(node.into());
        self
    }

    /// Something for the moment to remember: who set it, and why.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.metadata.push((key.into(), value.into()));
        self
    }

    /// Writes the moment and runs from there.
    pub fn resume(self) -> ErasedInvocation {
        ErasedInvocation::new(self.graph, self.spot, Told::Set(self.set))
    }
}

impl IntoFuture for ErasedUpdate {
    type Output = Result<Value, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.graph.set(self.spot, self.set).await })
    }
}

impl fmt::Debug for ErasedUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedUpdate")
            .field("graph", &self.graph.id())
            .field("thread", &self.spot.thread)
            .field("node", &self.set.node)
            .finish_non_exhaustive()
    }
}
