//! A server that was restarted in between has forgotten what it did: it does again what the contract lets it, and
//! says of the rest that it isn't known.

use std::sync::Arc;
use std::time::Duration;

use graph_checkpointers::HttpSaver;
use graph_runtime::{Checkpointer, Commit, MemorySaver, Query, Rewrite, StoreError, ThreadKey};

use crate::faults::write;
use crate::proxy::{Fault, Meanwhile, Proxy};
use crate::support::served::{serve, server};
use crate::support::{adding, after, first, key};

/// One store behind two servers, and a client that is led to the second one when its request is lost.
struct Forgetting {
    store: Arc<MemorySaver>,
    proxy: Proxy,
    client: HttpSaver,
    next: std::net::SocketAddr,
}

impl Forgetting {
    async fn begin() -> Self {
        let store = Arc::new(MemorySaver::new());
        let (one, next) = (
            serve(server(store.clone())).await,
            serve(server(store.clone())).await,
        );
        let proxy = Proxy::before(one.address).await;
        let client = proxy.client().await;
        let next = {
            one.leave();
            let address = next.address;
            next.leave();
            address
        };
        Self {
            store,
            proxy,
            client,
            next,
        }
    }

    /// The next request is lost before or after it has happened, and the server with it.
    fn restarts(&self, passed: bool, then: Option<Meanwhile>) {
        let (proxy, next) = (self.proxy.clone(), self.next);
        let then = async move {
            if let Some(then) = then {
                then.await;
            }
            proxy.turn_to(next);
        };
        let then = Box::pin(then);
        self.proxy.plan([Fault::Lost { passed, then }]);
    }

    /// Somebody else's commit, straight to the store.
    fn meanwhile(&self, commit: Commit) -> Meanwhile {
        let store = self.store.clone();
        Box::pin(async move { store.commit(&behind(), commit).await.unwrap() })
    }

    async fn records(&self) -> usize {
        let records = self.store.list(&behind(), &Query::default()).await;
        records.unwrap().len()
    }
}

/// What the thread is called in the store.
fn behind() -> ThreadKey {
    ThreadKey::new("acme:tests", "t").unwrap()
}

fn is_unknown<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unknown(_)))
}

#[tokio::test]
async fn a_commit_with_records_happens_once() {
    for passed in [true, false] {
        let all = Forgetting::begin().await;
        all.restarts(passed, None);
        let commit = adding(None, &first());
        all.client.commit(&key("t"), commit).await.unwrap();
        assert_eq!(all.records().await, 1);
        all.proxy.assert_all_happened();
        assert_eq!(all.proxy.requests().len(), 3, "checked, lost, repeated");
    }
}

#[tokio::test]
async fn a_commit_that_others_built_upon_has_happened() {
    let all = Forgetting::begin().await;
    let start = first();
    all.restarts(
        true,
        Some(all.meanwhile(adding(Some(&start), &after(&start)))),
    );
    all.client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    assert_eq!(all.records().await, 2);
}

#[tokio::test]
async fn a_commit_that_others_were_faster_than_has_not() {
    let all = Forgetting::begin().await;
    let other = first();
    all.restarts(false, Some(all.meanwhile(adding(None, &other))));
    let refused = all.client.commit(&key("t"), adding(None, &first())).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { found, .. }) if found == Some(other.id)),
        "{refused:?}"
    );
    assert_eq!(all.records().await, 1);
}

#[tokio::test]
async fn whether_a_message_was_sent_is_not_known() {
    for passed in [true, false] {
        let all = Forgetting::begin().await;
        all.restarts(passed, None);
        assert!(is_unknown(&all.client.send(&key("t"), vec![1]).await));
        let inbox = all.client.inbox(&key("t")).await.unwrap();
        assert_eq!(inbox.len(), usize::from(passed));
        // The next one is a new one.
        all.client.send(&key("t"), vec![2]).await.unwrap();
    }
}

#[tokio::test]
async fn whether_writes_were_consumed_is_not_known() {
    let all = Forgetting::begin().await;
    let start = first();
    all.client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    let late = write(&start, 0, "late");
    let consuming = Commit {
        consumed: vec![late.key.activation],
        ..Commit::default()
    };
    let putting = Commit {
        writes: vec![late.clone()],
        ..Commit::default()
    };
    all.restarts(true, Some(all.meanwhile(putting)));
    assert!(is_unknown(&all.client.commit(&key("t"), consuming).await));
    assert_eq!(all.client.writes(&key("t")).await.unwrap(), [late]);
}

#[tokio::test]
async fn whether_a_thread_was_deleted_is_not_known() {
    let all = Forgetting::begin().await;
    all.client
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    all.restarts(true, Some(all.meanwhile(adding(None, &first()))));
    assert!(is_unknown(&all.client.delete(&key("t")).await));
    assert_eq!(all.records().await, 1, "what began in between is there");
}

#[tokio::test]
async fn whether_a_thread_was_rewritten_is_not_known() {
    let all = Forgetting::begin().await;
    let start = first();
    all.client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    let rewrite = Rewrite {
        replaced: vec![start],
        ..Rewrite::default()
    };
    all.restarts(true, None);
    assert!(is_unknown(&all.client.rewrite(&key("t"), rewrite).await));
}

#[tokio::test]
async fn leases_and_users_are_asked_for_again() {
    for passed in [true, false] {
        let all = Forgetting::begin().await;
        all.restarts(passed, None);
        let ttl = Duration::from_mins(1);
        let lease = all
            .client
            .lease(&key("t"), "a", ttl)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(lease.epoch, 1);
        let refused = all.client.lease(&key("t"), "b", ttl).await;
        assert!(matches!(refused, Err(StoreError::Leased { holder, .. }) if holder == "a"));

        let all = Forgetting::begin().await;
        let lease = all
            .client
            .lease(&key("t"), "a", ttl)
            .await
            .unwrap()
            .unwrap();
        all.restarts(passed, None);
        all.client.release(&key("t"), &lease).await.unwrap();
        all.client.lease(&key("t"), "b", ttl).await.unwrap();

        let all = Forgetting::begin().await;
        all.restarts(passed, None);
        assert_eq!(
            all.client.thread_of("tests", "ada", "t").await.unwrap(),
            "t"
        );
    }
}
