//! The contract, proved for the runtime's own memory.

use graph_runtime::MemorySaver;

graph_checkpointers::conformance!(memory, MemorySaver::new());
