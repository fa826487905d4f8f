//! In which words moments are stored.

/// In which format what is new is stored. What is there is read in either, so it may be changed at any time, and one
/// thread may hold both.
///
/// Both describe themselves: whoever finds a payload knows from its first line what follows, and reads names and values
/// without knowing the graph. JSON can be read by a person, and by databases that look into it.
///
/// `MessagePack`, with the feature `msgpack`, is smaller where a state holds names, numbers and short texts: a step of
/// a conversation took 284 bytes rather than 357 with short lines, and 2,768 rather than 2,820 with a page each; there
/// compression does more. It is made out of the JSON, and back into it to the byte, which takes time rather than saves
/// it: a microsecond for the short step (9,700 instructions more than the 11,100 that it takes in memory), which is
/// little beside a disk. Choose it where space, or the way to the store, is what you pay for.
///
/// ```
/// use graph_runtime::{Format, prelude::*};
///
/// # #[graph(id = "counter")]
/// # mod counter {
/// #     #[state]
/// #     pub struct Counter { #[reduce(sum)] pub count: u32 }
/// #     edges! { start -> count -> end; }
/// #     #[node(writes(count))]
/// #     fn count() -> u32 { 1 }
/// # }
/// let graph = counter::Counter::graph().checkpointer(MemorySaver::new()).format(Format::Json).build();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// JSON, as text.
    #[default]
    Json,
    /// `MessagePack`. A program that was built without the feature `msgpack` can't read it, and says so.
    #[cfg(feature = "msgpack")]
    MessagePack,
}
