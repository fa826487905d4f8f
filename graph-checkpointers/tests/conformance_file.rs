//! The contract, proved for a directory of text files.

use graph_checkpointers::FileSaver;

graph_checkpointers::conformance!(
    file,
    |place| FileSaver::open(place.path("moments")).await.unwrap(),
    without(upkeep, lease, inbox)
);
