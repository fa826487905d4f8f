//! Connections that break, and proxies that fail: what was asked for once happens once.

use std::sync::Arc;
use std::time::Duration;

use graph_checkpointers::HttpSaver;
use graph_runtime::testing::{self, Faulty};
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, MemorySaver, Query, Record, StoreError, Write,
    WriteKey, WriteKind,
};

use crate::proxy::{Fault, Proxy};
use crate::raw::Http;
use crate::support::served::{TOKEN, serve, server};
use crate::support::{adding, after, first, key};

/// Everything that may go wrong once and be made good.
fn faults() -> Vec<Fault> {
    vec![
        Fault::RequestLost,
        Fault::ReplyLost,
        Fault::HeadCut,
        Fault::BodyCut,
        Fault::Twice,
        Fault::Refused(502),
        Fault::Refused(503),
        Fault::Refused(504),
        Fault::Answered(502),
        Fault::Answered(503),
        Fault::Answered(504),
    ]
}

/// A memory, a server before it, a proxy before that, and a client.
async fn chain() -> (Arc<MemorySaver>, Proxy, HttpSaver) {
    let store = Arc::new(MemorySaver::new());
    let served = serve(server(store.clone())).await;
    let proxy = Proxy::before(served.address).await;
    served.leave();
    let client = proxy.client().await;
    proxy.requests();
    (store, proxy, client)
}

pub(crate) fn write(record: &Record, index: u32, payload: &str) -> Write {
    let activation = ActivationId {
        moment: record.id,
        index,
    };
    Write {
        key: WriteKey::of_turn(activation, WriteKind::Update),
        payload: payload.into(),
    }
}

async fn listed(client: &HttpSaver) -> Vec<Record> {
    let mut records = client.list(&key("t"), &Query::default()).await.unwrap();
    records.reverse();
    records
}

#[tokio::test]
async fn every_commit_happens_once() {
    let (_, proxy, client) = chain().await;
    let mut written: Vec<Record> = Vec::new();
    for fault in faults() {
        let next = written.last().map_or_else(first, after);
        proxy.plan([fault]);
        let commit = adding(written.last(), &next);
        client.commit(&key("t"), commit).await.unwrap();
        written.push(next);
    }
    proxy.assert_all_happened();
    assert_eq!(listed(&client).await, written);
}

#[tokio::test]
async fn every_message_is_sent_once() {
    let (_, proxy, client) = chain().await;
    let mut positions = Vec::new();
    let mut sent = Vec::new();
    for (number, fault) in faults().into_iter().enumerate() {
        proxy.plan([fault]);
        let message = vec![u8::try_from(number).unwrap()];
        positions.push(client.send(&key("t"), message.clone()).await.unwrap());
        sent.push(message);
    }
    proxy.assert_all_happened();
    let inbox = client.inbox(&key("t")).await.unwrap();
    assert_eq!(
        inbox
            .iter()
            .map(|message| message.position)
            .collect::<Vec<_>>(),
        positions
    );
    assert_eq!(
        inbox
            .into_iter()
            .map(|message| message.payload)
            .collect::<Vec<_>>(),
        sent
    );
}

/// One that removes writes would, done again, remove those that came in between.
#[tokio::test]
async fn what_was_consumed_is_not_consumed_again() {
    let (store, proxy, client) = chain().await;
    let start = first();
    client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    let (early, late) = (write(&start, 0, "early"), write(&start, 0, "late"));
    let putting = |write: &Write| Commit {
        writes: vec![write.clone()],
        ..Commit::default()
    };
    client.commit(&key("t"), putting(&early)).await.unwrap();
    let namesake = graph_runtime::ThreadKey::new("acme:tests", "t").unwrap();
    let meanwhile = {
        let (store, commit) = (store.clone(), putting(&late));
        async move { store.commit(&namesake, commit).await.unwrap() }
    };
    proxy.plan([Fault::Lost {
        passed: true,
        then: Box::pin(meanwhile),
    }]);
    let consuming = Commit {
        consumed: vec![early.key.activation],
        ..Commit::default()
    };
    client.commit(&key("t"), consuming).await.unwrap();
    proxy.assert_all_happened();
    assert_eq!(client.writes(&key("t")).await.unwrap(), [late]);
}

/// One that deletes would, done again, delete what began in between.
#[tokio::test]
async fn what_was_deleted_is_not_deleted_again() {
    let (store, proxy, client) = chain().await;
    client
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    let begun = first();
    let namesake = graph_runtime::ThreadKey::new("acme:tests", "t").unwrap();
    let meanwhile = {
        let (store, commit) = (store.clone(), adding(None, &begun));
        async move { store.commit(&namesake, commit).await.unwrap() }
    };
    proxy.plan([Fault::Lost {
        passed: true,
        then: Box::pin(meanwhile),
    }]);
    client.delete(&key("t")).await.unwrap();
    assert_eq!(listed(&client).await, [begun]);
}

/// The head moved on from what was committed, and that it was is known all the same.
#[tokio::test]
async fn a_commit_that_others_built_upon_is_no_conflict() {
    let (store, proxy, client) = chain().await;
    let start = first();
    let next = after(&start);
    let namesake = graph_runtime::ThreadKey::new("acme:tests", "t").unwrap();
    let meanwhile = {
        let (store, commit) = (store.clone(), adding(Some(&start), &next));
        async move { store.commit(&namesake, commit).await.unwrap() }
    };
    proxy.plan([Fault::Lost {
        passed: true,
        then: Box::pin(meanwhile),
    }]);
    client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    assert_eq!(listed(&client).await, [start, next]);
}

#[tokio::test]
async fn reads_are_repeated() {
    let (_, proxy, client) = chain().await;
    let start = first();
    client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    for fault in faults() {
        proxy.plan([fault]);
        let chain = client.load(&key("t"), At::Head).await.unwrap().unwrap();
        assert_eq!(chain.records, std::slice::from_ref(&start));
    }
    proxy.assert_all_happened();
}

#[tokio::test]
async fn it_is_not_tried_for_ever() {
    let (_, proxy, client) = chain().await;
    for (lose, may_have_arrived) in [
        (Fault::Answered as fn(u16) -> Fault, true),
        (Fault::Refused, true),
        (|_| Fault::RequestLost, true),
    ] {
        proxy.plan((0..5).map(|_| lose(502)));
        proxy.requests();
        let failed = client.send(&key("t"), vec![1]).await.unwrap_err();
        assert_eq!(
            matches!(failed, StoreError::Unknown(_)),
            may_have_arrived,
            "{failed}"
        );
        let requests = proxy.requests();
        assert_eq!(requests.len(), 5);
        let keys: Vec<_> = requests
            .iter()
            .map(|ask| ask.header("idempotency-key"))
            .collect();
        assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]));
        // A read changes nothing.
        proxy.plan((0..5).map(|_| lose(502)));
        let failed = client.inbox(&key("t")).await.unwrap_err();
        assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    }
    proxy.assert_all_happened();
    // The first of the three arrived, each time the same.
    assert_eq!(client.inbox(&key("t")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_proxy_says_otherwise_is_not_repeated() {
    let (_, proxy, client) = chain().await;
    for (status, may_have_happened) in [
        (301, false),
        (403, false),
        (404, false),
        (413, false),
        (429, false),
        (500, true),
    ] {
        proxy.plan([Fault::Refused(status)]);
        proxy.requests();
        let failed = client.send(&key("t"), vec![1]).await.unwrap_err();
        assert_eq!(
            matches!(failed, StoreError::Unknown(_)),
            may_have_happened,
            "{failed}"
        );
        assert!(failed.to_string().contains(&status.to_string()), "{failed}");
        assert_eq!(proxy.requests().len(), 1);
    }
    assert!(client.inbox(&key("t")).await.unwrap().is_empty());
}

/// A page that says "welcome" acknowledges nothing.
#[tokio::test]
async fn a_stranger_acknowledges_nothing() {
    let (store, proxy, client) = chain().await;
    for status in [200, 204] {
        proxy.plan([Fault::Refused(status)]);
        let failed = client
            .commit(&key("t"), adding(None, &first()))
            .await
            .unwrap_err();
        assert!(matches!(failed, StoreError::Unknown(_)), "{failed}");
        assert!(failed.to_string().contains("no moment server"), "{failed}");
    }
    proxy.plan([Fault::Refused(200)]);
    let failed = HttpSaver::connect(&proxy.url(), TOKEN).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    assert!(
        store
            .threads("acme:tests", &graph_runtime::Page::default())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_reply_that_never_comes_is_not_waited_for() {
    let (_, proxy, _) = chain().await;
    let options = HttpSaver::options(&proxy.url(), TOKEN).timeout(Duration::from_millis(200));
    let client = options.clone().connect().await.unwrap();
    proxy.plan([Fault::Held, Fault::Held]);
    client.send(&key("t"), vec![1]).await.unwrap();
    let hasty = options.retries(0).connect().await.unwrap();
    proxy.plan([Fault::Held]);
    let failed = hasty.send(&key("t"), vec![2]).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unknown(_)), "{failed}");
    proxy.plan([Fault::Held]);
    let failed = hasty.load(&key("t"), At::Head).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    proxy.assert_all_happened();
    let inbox = client.inbox(&key("t")).await.unwrap();
    assert_eq!(
        inbox
            .into_iter()
            .map(|message| message.payload)
            .collect::<Vec<_>>(),
        [[1], [2]]
    );
}

/// What nobody received certainly didn't happen.
#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let (store, _, _) = chain().await;
    let served = serve(server(store)).await;
    let (url, client) = (served.url(), served.client().await);
    served.stop().await;
    let failed = client.send(&key("t"), vec![1]).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    assert!(failed.to_string().contains(&url), "{failed}");
    let failed = HttpSaver::connect(&url, TOKEN).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
}

/// The store's own troubles: what it refuses for now is tried again, what it doesn't know is said.
#[tokio::test]
async fn what_the_store_says_is_taken_at_its_word() {
    let store = Arc::new(Faulty::new(MemorySaver::new()));
    let served = serve(server(store.clone())).await;
    let client = served.client().await;
    served.leave();
    let plan = |fault, times| {
        let calls = store.calls();
        (1..=times).for_each(|later| store.plan(calls + later, fault));
    };
    let start = first();
    plan(testing::Fault::Refused, 4);
    client
        .commit(&key("t"), adding(None, &start))
        .await
        .unwrap();
    plan(testing::Fault::Refused, 5);
    let failed = client.send(&key("t"), vec![1]).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    let calls = store.calls();
    plan(testing::Fault::ReplyLost, 1);
    let failed = client.send(&key("t"), vec![2]).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unknown(_)), "{failed}");
    assert_eq!(store.calls(), calls + 1);
    let inbox = client.inbox(&key("t")).await.unwrap();
    assert_eq!(inbox.len(), 1);
    // A refusal is a refusal, and not tried again.
    let calls = store.calls();
    let refused = client
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::Conflict { expected: None, found } if found == Some(start.id))
    );
    assert_eq!(store.calls(), calls + 1);
}

/// Whoever asks goes away, and what was asked for happens all the same: whoever asks again is told.
#[tokio::test]
async fn what_was_begun_is_done_without_anybody_waiting() {
    let (_, proxy, client) = chain().await;
    client.send(&key("t"), vec![1]).await.unwrap();
    let again: Http = proxy.requests().pop().unwrap();
    let mark = again.header("moment-repeats-since");
    assert_eq!(mark, None, "it was the first attempt");
    // The very same request, from somewhere else.
    let proxied = proxy.url();
    let address = proxied.strip_prefix("http://").unwrap().parse().unwrap();
    let told = again.send(address).await;
    assert_eq!(told.json(), serde_json::json!({"position": 1}));
    assert_eq!(client.inbox(&key("t")).await.unwrap().len(), 1);
}
