//! A server that is stopped, a store that takes its time or breaks down.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_checkpointers::HttpSaver;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, MemorySaver, Page, Query, Record, Rewrite, StoreError,
    ThreadKey,
};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use crate::support::served::{TOKEN, serve, server};
use crate::support::{adding, first, key};

/// A store whose commits wait until they are let through, or whose commits panic.
struct Slow {
    inner: MemorySaver,
    begun: Notify,
    gate: Semaphore,
    panics: bool,
}

impl Slow {
    fn new(panics: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: MemorySaver::new(),
            begun: Notify::new(),
            gate: Semaphore::new(0),
            panics,
        })
    }

    async fn records(&self) -> usize {
        let behind = ThreadKey::new("acme:tests", "t").unwrap();
        let records = self.inner.list(&behind, &Query::default()).await;
        records.unwrap().len()
    }
}

#[async_trait]
impl Checkpointer for Slow {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.begun.notify_one();
        assert!(!self.panics, "as planned");
        self.gate.acquire().await.unwrap().forget();
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
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_what_it_began() {
    let store = Slow::new(false);
    let served = serve(server(store.clone())).await;
    let client = served.client().await;
    let waited_for =
        tokio::spawn(async move { client.commit(&key("t"), adding(None, &first())).await });
    store.begun.notified().await;
    let stopping = tokio::spawn(served.stop());
    assert_eq!(store.records().await, 0);
    store.gate.add_permits(1);
    stopping.await.unwrap();
    assert_eq!(store.records().await, 1);
    waited_for.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_what_nobody_waits_for() {
    let store = Slow::new(false);
    let served = serve(server(store.clone())).await;
    let client = served.client().await;
    let given_up =
        tokio::spawn(async move { client.commit(&key("t"), adding(None, &first())).await });
    store.begun.notified().await;
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    let mut stopping = tokio::spawn(served.stop());
    // However long that is, it doesn't end before what it began.
    let ended = timeout(Duration::from_millis(300), &mut stopping).await;
    assert!(ended.is_err());
    store.gate.add_permits(1);
    stopping.await.unwrap();
    assert_eq!(store.records().await, 1);
}

#[tokio::test]
async fn a_reply_that_takes_too_long_is_asked_for_again() {
    let store = Slow::new(false);
    let served = serve(server(store.clone()).time_limit(Duration::from_millis(50))).await;
    let options = HttpSaver::options(&served.url(), TOKEN);
    let hasty = options.clone().retries(0).connect().await.unwrap();
    let failed = hasty.commit(&key("t"), adding(None, &first())).await;
    assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
    store.gate.add_permits(1);
    // As often as it takes.
    let patient = options.retries(1_000).connect().await.unwrap();
    let record = first();
    let commit = adding(None, &record);
    let other = key("other");
    let waited_for = tokio::spawn(async move { patient.commit(&other, commit).await });
    store.begun.notified().await;
    store.begun.notified().await;
    store.gate.add_permits(1);
    waited_for.await.unwrap().unwrap();
    assert_eq!(
        store.records().await,
        1,
        "it went on without anybody waiting"
    );
    served.leave();
}

#[tokio::test]
async fn a_store_that_breaks_down_leaves_it_open() {
    let store = Slow::new(true);
    let served = serve(server(store)).await;
    let client = served.client().await;
    let failed = client.commit(&key("t"), adding(None, &first())).await;
    assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
    client.check().await.unwrap();
    served.stop().await;
}

/// What the store behind leaves out is left out here, in the same words.
#[tokio::test]
async fn what_the_store_leaves_out_is_left_out() {
    let served = serve(server(Slow::new(false))).await;
    let client = served.client().await;
    let (thread, ttl) = (key("t"), Duration::from_secs(1));
    assert_eq!(client.lease(&thread, "a", ttl).await.unwrap(), None);
    let lease = graph_runtime::Lease {
        epoch: 1,
        holder: "a".to_owned(),
        until: graph_runtime::Timestamp::now(),
    };
    client.release(&thread, &lease).await.unwrap();
    assert!(client.inbox(&thread).await.unwrap().is_empty());
    for (refused, what) in [
        (client.send(&thread, vec![1]).await.map(drop), "inbox"),
        (client.paths(&thread).await.map(drop), "upkeep"),
        (client.usage(&thread).await.map(drop), "upkeep"),
        (client.rewrite(&thread, Rewrite::default()).await, "upkeep"),
    ] {
        assert!(
            matches!(refused, Err(StoreError::Unsupported(said)) if said == what),
            "{refused:?}"
        );
    }
    served.stop().await;
}
