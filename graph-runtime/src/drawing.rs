//! Drawings of what a run did.

use graph_topology::{Drawing, Topology, Trail};

use crate::error::Error;

/// A drawing of a graph with what a thread's runs did: which way they went, how often and how long, where they wait.
///
/// It is gathered from the moments of one line by [`Thread::drawing`](crate::Thread::drawing) and
/// [`ThreadAt::drawing`](crate::ThreadAt::drawing); [`Trail`] says what is inferred. The time between two
/// moments counts for all that was active meanwhile, whether or not a process ran.
///
/// ```
/// use graph_runtime::prelude::*;
///
/// #[graph(id = "guess")]
/// mod guess {
///     #[state]
///     pub struct Guess {
///         #[reduce(sum)]
///         pub tries: u32,
///     }
///
///     edges! { start -> guess -> if state.tries < 3 { guess } else { end }; }
///
///     #[node(writes(tries))]
///     fn guess() -> u32 { 1 }
/// }
///
/// # use guess::{Guess, Input};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let thread = Guess::graph().checkpointer(MemorySaver::new()).build().thread("t");
/// thread.invoke(Input::new()).await?;
/// let drawing = thread.drawing().await?;
/// assert_eq!(drawing.trail().nodes[&0].turns, 3);
/// assert!(drawing.mermaid().contains("3x"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RunDrawing {
    topology: &'static Topology,
    trail: Trail,
}

impl RunDrawing {
    pub(crate) fn new(topology: &'static Topology, trail: Trail) -> Self {
        Self { topology, trail }
    }

    /// With the node as failed that an error names: the moments of a run don't say why it stopped.
    #[must_use]
    pub fn failed(mut self, error: &Error) -> Self {
        if let Error::Node { node, .. }
        | Error::OutcomeUnknown { node, .. }
        | Error::Poisoned { node, .. } = error
        {
            let nodes = (0..).zip(self.topology.nodes.iter());
            for (place, _) in nodes.filter(|(_, it)| it.name == *node) {
                self.trail.fail(place);
            }
        }
        self
    }

    /// What was gathered.
    pub fn trail(&self) -> &Trail {
        &self.trail
    }

    /// The drawing, to be written down.
    pub fn drawing(&self) -> Drawing<'_> {
        self.topology.drawing().with(&self.trail)
    }

    /// As a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        self.drawing().mermaid()
    }

    /// In the dot language of Graphviz.
    pub fn dot(&self) -> String {
        self.drawing().dot()
    }

    /// As an SVG image.
    pub fn svg(&self) -> String {
        self.drawing().svg()
    }
}
