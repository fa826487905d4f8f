//! A digest that is killed wherever it can be killed.

use std::fs;
use std::time::Duration;

use graph_runtime::Durability;
use graph_runtime::testing::crash_everywhere;

use crate::graph::digest::{Digest, Input, Question, Reader};

const FILES: [(&str, &str); 3] = [
    ("a.md", "# Threads\n\nA thread holds moments.\n"),
    ("b.md", "# Moments\n\nMoments hold a state.\n"),
    ("c.bin", "no text: \u{0}"),
];

#[test]
fn a_report_is_written_whole_wherever_it_is_killed() {
    // A file is read and written on another thread, which killing a run doesn't stop as it would in a process: with
    // one thread for that, it has stopped before the next run comes to it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(survives());
}

async fn survives() {
    let (read, written) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = written.path().join("digest.md");
    for (file, text) in FILES {
        fs::write(read.path().join(file), text).unwrap();
    }
    let survived = crash_everywhere(
        |saver| {
            let reader = Reader {
                pace: Duration::ZERO,
            };
            let graph = Digest::graph().context(reader).checkpointer(saver);
            graph.durability(Durability::Sync).build()
        },
        || {
            let files = FILES.map(|(file, _)| file.to_owned()).to_vec();
            Input::new(read.path().to_owned(), files, out.clone())
        },
    )
    .answering(|question| match question {
        Question::Approve(question) => Some(question.answer(true)),
    })
    .after_each(|digest| {
        assert_eq!(fs::read_to_string(&out).unwrap(), digest.report);
        assert_eq!(digest.readings.len(), FILES.len());
        fs::remove_file(&out).unwrap();
        assert_eq!(fs::read_dir(written.path()).unwrap().count(), 0);
    })
    .await
    .unwrap();
    assert!(survived.calls > 5 && survived.polls > 20, "{survived:?}");
}
