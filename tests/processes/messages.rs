//! Messages that can't be run: said to whoever works for the thread, in nobody's way, and to be taken out.

use std::sync::Arc;

use graph_runtime::Checkpointer;
use graph_runtime::prelude::*;

use crate::desk::{Room, done, say};
use crate::together::process;

/// The same graph in a version that says other things.
#[graph(id = "desk")]
mod later {
    #[state]
    pub struct Later {
        #[input]
        pub sung: Vec<String>,
    }

    edges! { start -> sing -> end; }

    #[node]
    fn sing() {}
}

/// What a message looks like that a process of the graph has sent.
async fn genuine(room: &Room, thread: &str) -> Vec<u8> {
    let (folder, saver) = (room.folder(), Arc::new(MemorySaver::new()));
    let input = process(&saver, &folder).thread(thread).invoke(say("x"));
    input.enqueue().await.unwrap();
    let mut inbox = saver.inbox(&folder.key(thread)).await.unwrap();
    inbox.remove(0).payload
}

#[tokio::test]
async fn a_damaged_message_blocks_nobody_and_is_told_to_whoever_works() {
    let room = Room::new();
    let folder = room.folder();
    let mut flipped = genuine(&room, "t").await;
    *flipped.last_mut().unwrap() ^= 1;
    let other = genuine(&room, "another thread").await;
    let newer = b"moment/9 json 0000000000000000\n{}".to_vec();
    for payload in [b"rubbish".to_vec(), Vec::new(), flipped, other, newer] {
        let saver = Arc::new(MemorySaver::new());
        let thread = process(&saver, &folder).thread("t");
        thread.invoke(say("a")).enqueue().await.unwrap();
        let position = saver.send(&folder.key("t"), payload).await.unwrap();
        thread.invoke(say("b")).enqueue().await.unwrap();
        let error = thread.work().await.unwrap_err();
        let Error::Unreadable { position: told, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*told, position);
        // All others were run, and are from now on.
        let output = thread.invoke(say("c")).await.unwrap().done().unwrap();
        assert_eq!(output.done, done(["a", "b", "c"]));
        let inbox = thread.inbox().await.unwrap();
        assert_eq!(
            (inbox.len(), inbox[0].position, inbox[0].input),
            (1, position, None)
        );
        assert!(inbox[0].trouble.is_some());
        thread.discard(position).await.unwrap();
        assert_eq!(thread.work().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn an_input_of_another_version_waits_for_a_process_of_that_version() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let thread = process(&saver, &folder).thread("t");
    let graph = later::Later::graph()
        .shared()
        .namespace(folder.key("t").namespace())
        .checkpointer(Arc::clone(&saver));
    let later = graph.build().thread("t");
    let sung = later::Input::new().sung(vec!["la".to_owned()]);
    later.invoke(sung).enqueue().await.unwrap();
    assert!(matches!(thread.work().await, Err(Error::Unreadable { .. })));
    thread.invoke(say("a")).await.unwrap();
    assert_eq!(later.work().await.unwrap(), 1);
    assert!(thread.inbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_message_that_came_twice_is_run_once() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let thread = process(&saver, &folder).thread("t");
    thread.invoke(say("a")).enqueue().await.unwrap();
    let payload = saver
        .inbox(&folder.key("t"))
        .await
        .unwrap()
        .remove(0)
        .payload;
    saver.send(&folder.key("t"), payload.clone()).await.unwrap();
    assert_eq!(thread.work().await.unwrap(), 1);
    assert!(thread.inbox().await.unwrap().is_empty());
    // Late, when the first one was run long ago.
    saver.send(&folder.key("t"), payload).await.unwrap();
    let output = thread.invoke(say("b")).await.unwrap().done().unwrap();
    assert_eq!(output.done, done(["a", "b"]));
    assert!(thread.inbox().await.unwrap().is_empty());
}
