//! Processes that die at every call of the store at which they can: nothing that was acknowledged is lost, nothing is taken
//! in twice, and the order stays.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::testing::{Fault, Faulty};
use graph_runtime::{
    At, Busy, Chain, Checkpointer, Commit, Lease, Message, MomentId, Page, Query, Record,
    StoreError, ThreadKey, Write,
};

use crate::desk::desk::Graph;
use crate::desk::{Folder, Room, done, say};
use crate::together::{at_work, process, until};

/// Knows the lease that was given last, so that a test can end what a dead process holds.
#[derive(Default)]
struct Ledger {
    inner: MemorySaver,
    last: Mutex<Option<(ThreadKey, Lease)>>,
}

impl Ledger {
    /// As if the time of that lease were over.
    async fn end_lease(&self) {
        let last = self.last.lock().unwrap().take();
        if let Some((key, lease)) = last {
            self.inner.release(&key, &lease).await.unwrap();
        }
    }
}

#[async_trait]
impl Checkpointer for Ledger {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.inner.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.inner.load(thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.inner.list(thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.threads(namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.inner.delete(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        self.inner.thread_of(namespace, user, proposed).await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        self.inner.writes(thread).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let lease = self.inner.lease(thread, holder, ttl).await?;
        *self.last.lock().unwrap() = lease.clone().map(|lease| (thread.clone(), lease));
        Ok(lease)
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release(thread, lease).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        self.inner.send(thread, message).await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.inner.inbox(thread).await
    }
}

/// What stands before a process that is to die.
type Mortal = Arc<Faulty<Arc<Ledger>>>;

fn mortal(ledger: &Arc<Ledger>) -> Mortal {
    Arc::new(Faulty::new(Arc::clone(ledger)))
}

/// Does something in a process that dies on the way, or doesn't come that far.
async fn until_death<T>(saver: &Mortal, life: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = saver.died() => None,
        output = life => Some(output),
    }
}

async fn all_done(graph: &Graph) -> Vec<String> {
    let state = graph.thread("t").state().await.unwrap();
    state.map(|moment| moment.state.done).unwrap_or_default()
}

/// Kills a process before and after each call of its life, and looks at what it leaves.
async fn everywhere<L, C>(life: impl Fn(Graph, Folder) -> L, look: impl Fn(Arc<Ledger>, Graph) -> C)
where
    L: Future<Output = ()>,
    C: Future<Output = ()>,
{
    let mut deaths = 0;
    for call in 1.. {
        let mut lived = false;
        for fault in [Fault::DiesBefore, Fault::DiesAfter] {
            let (room, ledger) = (Room::new(), Arc::<Ledger>::default());
            let (folder, saver) = (room.folder(), mortal(&ledger));
            let heir = process(&ledger, &folder);
            for text in ["a", "b"] {
                heir.thread("t").invoke(say(text)).enqueue().await.unwrap();
            }
            saver.plan(call, fault);
            let graph = process(&saver, &folder);
            lived = until_death(&saver, life(graph, folder.clone()))
                .await
                .is_some();
            deaths += u32::from(!lived);
            ledger.end_lease().await;
            look(ledger, heir).await;
        }
        if lived {
            assert!(deaths > 20, "it died {deaths} times only");
            return;
        }
    }
}

#[tokio::test]
async fn a_worker_may_die_wherever_it_likes() {
    let life = |graph: Graph, _| async move {
        graph.thread("t").work().await.unwrap();
    };
    everywhere(life, |_, heir| async move {
        let thread = heir.thread("t");
        let ids: Vec<MomentId> = thread
            .inbox()
            .await
            .unwrap()
            .into_iter()
            .filter_map(|queued| queued.input)
            .collect();
        let output = thread
            .invoke(say("c"))
            .if_busy(Busy::Enqueue)
            .await
            .unwrap();
        assert!(matches!(&output, Outcome::Done(done) if !done.went_on()));
        assert_eq!(output.done().unwrap().done, done(["a", "b", "c"]));
        assert!(thread.inbox().await.unwrap().is_empty());
        for id in ids {
            assert!(thread.outcome(id).await.unwrap().unwrap().done().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn who_lines_up_may_die_wherever_it_likes() {
    let life = |graph: Graph, _| async move {
        let run = graph.thread("t").invoke(say("x")).if_busy(Busy::Enqueue);
        run.await.unwrap();
    };
    everywhere(life, |_, heir| async move {
        let thread = heir.thread("t");
        let output = thread
            .invoke(say("c"))
            .if_busy(Busy::Enqueue)
            .await
            .unwrap();
        let all = output.done().unwrap().done;
        // Whether it was taken in only it could have known, but never in part, and never twice.
        let without = done(["a", "b", "c"]);
        let with = done(["a", "b", "x", "c"]);
        assert!(all == without || all == with, "{all:?}");
        assert!(thread.inbox().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_for_an_input_gets_its_outcome_whoever_dies() {
    let (room, ledger) = (Room::new(), Arc::<Ledger>::default());
    let (folder, saver) = (room.folder(), mortal(&ledger));
    let (graph, heir) = (process(&saver, &folder), process(&ledger, &folder));
    folder.shut("a");
    let first = at_work(&graph.thread("t"), "a").await;
    let second = heir
        .thread("t")
        .invoke(say("b"))
        .if_busy(Busy::Enqueue)
        .spawn();
    until(async || heir.thread("t").inbox().await.unwrap().len() == 1).await;
    saver.die();
    folder.open("a");
    ledger.end_lease().await;
    let output = second.outcome().await.unwrap().done().unwrap();
    assert_eq!(
        (output.said, output.done),
        (vec!["b".to_owned()], done(["a", "b"]))
    );
    drop(first);
}

#[tokio::test]
async fn an_input_whose_runner_dies_is_gone_on_with_by_whoever_waits_for_it() {
    let (room, ledger) = (Room::new(), Arc::<Ledger>::default());
    let (folder, saver) = (room.folder(), mortal(&ledger));
    let (worker, sender) = (process(&saver, &folder), process(&ledger, &folder));
    folder.shut("a");
    let id = sender.thread("t").invoke(say("a")).enqueue().await.unwrap();
    let working = worker.thread("t");
    let working = tokio::spawn(async move { working.work().await });
    folder.until("at a").await;
    // What was sent waits behind it.
    let behind = sender
        .thread("t")
        .invoke(say("b"))
        .if_busy(Busy::Enqueue)
        .spawn();
    until(async || sender.thread("t").inbox().await.unwrap().len() == 1).await;
    saver.die();
    working.abort();
    ledger.end_lease().await;
    folder.open("a");
    behind.outcome().await.unwrap();
    let outcome = sender.thread("t").outcome(id).await.unwrap().unwrap();
    assert_eq!(outcome.done().unwrap().said, ["a"]);
    assert_eq!(all_done(&sender).await, done(["a", "b"]));
}

/// What goes wrong with sending, and whether the input may have been taken in nevertheless.
#[tokio::test]
async fn a_connection_that_breaks_while_an_input_is_sent_loses_and_repeats_nothing() {
    let faults = [
        (Fault::Refused, false),
        (Fault::RequestLost, false),
        (Fault::ReplyLost, true),
        (Fault::Twice, true),
    ];
    for (fault, arrives) in faults {
        let (room, ledger) = (Room::new(), Arc::<Ledger>::default());
        let (folder, saver) = (room.folder(), mortal(&ledger));
        let thread = process(&saver, &folder).thread("t");
        // It is the only call.
        saver.plan(1, fault);
        let sent = thread.invoke(say("a")).enqueue().await;
        assert_eq!(sent.is_ok(), arrives, "{fault:?}: {sent:?}");
        let heir = process(&ledger, &folder);
        let output = heir
            .thread("t")
            .invoke(say("b"))
            .await
            .unwrap()
            .done()
            .unwrap();
        let expected = if arrives {
            done(["a", "b"])
        } else {
            done(["b"])
        };
        assert_eq!(output.done, expected, "{fault:?}");
    }
}
