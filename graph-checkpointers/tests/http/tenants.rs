//! Who may ask, and that nobody reaches what another tenant stored.

use std::sync::Arc;
use std::time::Duration;

use graph_checkpointers::HttpSaver;
use graph_runtime::{
    At, Checkpointer, Commit, MAX_ID_BYTES, MemorySaver, Page, Query, Record, StoreError,
    ThreadKey, Timestamp, Usage,
};
use serde_json::{Value, json};

use crate::raw::Http;
use crate::support::served::{OTHER_TOKEN, TOKEN, serve, server};
use crate::support::{adding, first};

async fn two() -> (Arc<MemorySaver>, HttpSaver, HttpSaver) {
    let store = Arc::new(MemorySaver::new());
    let served = serve(server(store.clone())).await;
    let acme = served.client().await;
    let globex = HttpSaver::connect(&served.url(), OTHER_TOKEN)
        .await
        .unwrap();
    served.leave();
    (store, acme, globex)
}

/// Every address asks who it is, before anything else.
#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let description = Http::ask("GET", "/openapi.json").without("authorization");
    let description = description.send(served.address).await.json();
    let mut asked = 0;
    for (path, verbs) in description["paths"].as_object().unwrap() {
        for (verb, described) in verbs.as_object().unwrap() {
            let request = Http::ask(&verb.to_uppercase(), path);
            if described["security"] == json!([]) {
                let open = request.without("authorization").send(served.address).await;
                assert_eq!(open.status(), 200, "{verb} {path}");
                continue;
            }
            let other_case = TOKEN.to_uppercase();
            let longer = format!("Bearer {TOKEN}x");
            for value in [
                "",
                "Bearer",
                "Bearer ",
                TOKEN,
                &format!("Basic {TOKEN}"),
                &format!("Bearer  {TOKEN}"),
                &longer,
                &longer[..longer.len() - 2],
                &format!("Bearer {other_case}"),
                "Bearer acme",
            ] {
                let refused = request.clone().with("authorization", value);
                let refused = refused.send(served.address).await;
                assert_eq!(refused.kind(), "unauthorized", "{verb} {path} {value}");
                assert_eq!(refused.status(), 401);
                assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
                assert!(refused.header("moment-mark").is_none());
            }
            let refused = request.without("authorization").send(served.address).await;
            assert_eq!(refused.status(), 401, "{verb} {path}");
            asked += 1;
        }
    }
    assert!(asked >= 17);
    let known = Http::ask("GET", "/v1/check").with("authorization", &format!("bearer {TOKEN}"));
    assert_eq!(known.send(served.address).await.status(), 200);
    served.stop().await;
}

#[tokio::test]
async fn a_token_that_is_not_known_is_said_and_not_shown() {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let token = "s3cret-and-not-known-there";
    let refused = HttpSaver::connect(&served.url(), token).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert!(refused.to_string().contains("token"), "{refused}");
    assert!(!format!("{refused:?} {refused}").contains(token));
    let client = served.client().await;
    assert!(!format!("{client:?}").contains(TOKEN), "{client:?}");
    let shown = format!("{:?}", server(Arc::new(MemorySaver::new())));
    assert!(shown.contains("acme") && !shown.contains(TOKEN), "{shown}");
    served.stop().await;
}

fn names() -> Vec<String> {
    let long = "x".repeat(MAX_ID_BYTES);
    let names = [
        "support",
        "acme",
        "acme:support",
        ":support",
        "#",
        ":",
        "../acme:support",
        "acme:acme:support",
        "acme#support",
        "*",
        "%",
        "a\u{1}b",
        long.as_str(),
    ];
    names.map(str::to_owned).to_vec()
}

/// A thread under every name, with something of everything in it.
async fn stored_by(acme: &HttpSaver) -> Vec<(ThreadKey, Record)> {
    let mut kept = Vec::new();
    for name in names() {
        let thread = ThreadKey::new(name.as_str(), "t").unwrap();
        let record = first();
        let begin = Commit {
            writes: vec![crate::faults::write(&record, 0, "w")],
            ..adding(None, &record)
        };
        acme.commit(&thread, begin).await.unwrap();
        acme.commit(&thread.child("web").unwrap(), adding(None, &first()))
            .await
            .unwrap();
        acme.send(&thread, vec![1]).await.unwrap();
        acme.lease(&thread, "holder", Duration::MAX).await.unwrap();
        assert_eq!(acme.thread_of(&name, "ada", "t").await.unwrap(), "t");
        kept.push((thread, record));
    }
    kept
}

/// One tenant stores under every name; the other sees none of it under any of them, and takes none of it away.
#[tokio::test]
async fn nobody_sees_what_another_stored() {
    let (store, acme, globex) = two().await;
    let kept = stored_by(&acme).await;
    let ever = Timestamp::from_micros(u64::MAX);
    for (thread, record) in &kept {
        let name = thread.namespace();
        assert_eq!(globex.load(thread, At::Head).await.unwrap(), None);
        assert_eq!(
            globex.load(thread, At::Moment(record.id)).await.unwrap(),
            None
        );
        assert!(
            globex
                .list(thread, &Query::default())
                .await
                .unwrap()
                .is_empty()
        );
        assert!(globex.writes(thread).await.unwrap().is_empty());
        assert!(globex.inbox(thread).await.unwrap().is_empty());
        assert!(globex.paths(thread).await.unwrap().is_empty());
        assert_eq!(globex.usage(thread).await.unwrap(), Usage::default());
        assert!(
            globex
                .threads(name, &Page::default())
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            globex
                .due(name, ever, &Page::default())
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            globex
                .idle(name, ever, &Page::default())
                .await
                .unwrap()
                .is_empty()
        );
        globex
            .lease(thread, "other", Duration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(
            globex.thread_of(name, "ada", "other").await.unwrap(),
            "other"
        );
        globex.delete(thread).await.unwrap();
    }
    for (thread, record) in &kept {
        let chain = acme.load(thread, At::Head).await.unwrap().unwrap();
        assert_eq!(chain.records, std::slice::from_ref(record));
        assert_eq!(
            (chain.writes.len(), acme.inbox(thread).await.unwrap().len()),
            (1, 1)
        );
        assert_eq!(
            acme.threads(thread.namespace(), &Page::default())
                .await
                .unwrap(),
            ["t"]
        );
        assert_eq!(
            acme.thread_of(thread.namespace(), "ada", "late")
                .await
                .unwrap(),
            "t"
        );
        let held = acme.lease(thread, "another", Duration::MAX).await;
        assert!(matches!(held, Err(StoreError::Leased { holder, .. }) if holder == "holder"));
    }
    // What the store calls it is no name of a tenant's own.
    let behind = store
        .threads("acme:support", &Page::default())
        .await
        .unwrap();
    assert_eq!(behind, ["t"]);
    assert!(
        store
            .threads("support", &Page::default())
            .await
            .unwrap()
            .is_empty()
    );
}

/// A key says nothing of what another tenant asked.
#[tokio::test]
async fn each_tenant_has_its_own_keys() {
    let served = serve(server(Arc::new(MemorySaver::new()))).await;
    let ask = |token: &str| {
        Http::ask("POST", "/v1/thread/messages?namespace=a&thread=t")
            .with_body("application/octet-stream", "m")
            .with("authorization", &format!("Bearer {token}"))
            .with("idempotency-key", "one")
    };
    let mut told: Vec<Value> = Vec::new();
    for token in [TOKEN, OTHER_TOKEN, TOKEN, OTHER_TOKEN] {
        told.push(ask(token).send(served.address).await.json());
    }
    assert_eq!(
        told,
        [1, 2, 1, 2].map(|position| json!({ "position": position }))
    );
    served.stop().await;
}
