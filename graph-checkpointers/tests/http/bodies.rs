//! Requests that a well-behaved client doesn't send: each is refused in words that a program reads, and changes
//! nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::{Checkpointer, MemorySaver, Page, StoreError};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::raw::Http;
use crate::support::served::{serve, server};
use crate::support::{adding, first, key};

const FRAMES: &str = "application/vnd.moments+octet-stream";
const COMMITS: &str = "/v1/thread/commits?namespace=tests&thread=t";
const MESSAGES: &str = "/v1/thread/messages?namespace=tests&thread=t";

async fn start() -> (Arc<MemorySaver>, SocketAddr) {
    let store = Arc::new(MemorySaver::new());
    let served = serve(server(store.clone())).await;
    let address = served.address;
    served.leave();
    (store, address)
}

async fn threads(store: &MemorySaver) -> Vec<String> {
    store.threads("acme:tests", &Page::default()).await.unwrap()
}

/// The line of a commit with a record and a write, of five and three bytes.
fn line() -> Value {
    let id = first().id;
    json!({
        "expected": "none",
        "records": [{
            "id": id, "parent": null, "base": id, "sequence": 1, "step": 1, "source": "input",
            "created_at": 1, "due": null, "bytes": 5,
        }],
        "writes": [{"key": format!("{id}-0/update:ü\n"), "bytes": 3}],
        "consumed": [], "received": [], "rewrites": 0, "epoch": 0,
    })
}

fn body(line: &Value, payloads: &[u8]) -> Vec<u8> {
    [line.to_string().as_bytes(), b"\n", payloads].concat()
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_refused_wherever_it_ends() {
    let (store, address) = start().await;
    let whole = body(&line(), b"firstput");
    for end in 0..whole.len() {
        let asked = Http::ask("POST", COMMITS).with_body(FRAMES, &whole[..end]);
        let refused = asked.send(address).await;
        assert_eq!(
            (refused.status(), refused.kind().as_str()),
            (400, "bad_request"),
            "{end}"
        );
    }
    assert!(threads(&store).await.is_empty());
    let asked = Http::ask("POST", COMMITS).with_body(FRAMES, whole);
    assert_eq!(asked.send(address).await.status(), 204);
    assert_eq!(threads(&store).await, ["t"]);
}

#[tokio::test]
async fn a_body_that_says_something_else_is_refused() {
    let (store, address) = start().await;
    let changed = |at: &str, value: Value| {
        let mut line = line();
        *line.pointer_mut(at).unwrap() = value;
        body(&line, b"firstput")
    };
    let mut more = line();
    more["more"] = json!(1);
    let mut less = line();
    less.as_object_mut().unwrap().remove("epoch");
    let bodies = [
        body(&line(), b"firstput!"),
        body(&more, b"firstput"),
        body(&less, b"firstput"),
        body(&json!([]), b""),
        changed("/expected", json!("nobody")),
        changed("/expected", json!(null)),
        changed("/records/0/id", json!("x")),
        changed("/records/0/id", json!(7)),
        changed("/records/0/source", json!("dream")),
        changed("/records/0/sequence", json!(-1)),
        changed("/records/0/sequence", json!(1.5)),
        changed("/records/0/bytes", json!(u64::MAX)),
        changed("/records/0/bytes", json!(6)),
        changed("/writes/0/bytes", json!(2)),
        changed("/writes/0/key", json!("x")),
        changed("/consumed", json!(["x"])),
        changed("/received", json!(["1"])),
        b"\n\n\n".to_vec(),
        b"\xff\xfe\n".to_vec(),
        vec![b'['; 100_000],
        [&vec![b'['; 100_000][..], b"\n"].concat(),
    ];
    for body in bodies {
        let text = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
        let refused = Http::ask("POST", COMMITS)
            .with_body(FRAMES, body)
            .send(address)
            .await;
        assert_eq!(
            (refused.status(), refused.kind().as_str()),
            (400, "bad_request"),
            "{text}"
        );
    }
    assert!(threads(&store).await.is_empty());
}

/// Bytes that were changed by chance are a commit, or refused; never the end of the server.
#[tokio::test]
async fn a_body_with_changed_bytes_breaks_nothing() {
    let (_, address) = start().await;
    let whole = body(&line(), b"firstput");
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance % below as u64).unwrap()
    };
    for _ in 0..300 {
        let mut body = whole.clone();
        for _ in 0..=next(3) {
            let place = next(body.len());
            body[place] = u8::try_from(next(256)).unwrap();
        }
        let answer = Http::ask("POST", COMMITS)
            .with_body(FRAMES, body)
            .send(address)
            .await;
        assert!(
            [204, 400, 409, 422].contains(&answer.status()),
            "{answer:?}"
        );
    }
    assert_eq!(
        Http::ask("GET", "/health").send(address).await.status(),
        200
    );
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let (store, address) = start().await;
    for kind in [
        "application/json",
        "text/plain",
        "application/octet-stream; a=b",
    ] {
        let asked = Http::ask("POST", COMMITS).with_body(kind, body(&line(), b"firstput"));
        assert_eq!(asked.send(address).await.status(), 415, "{kind}");
    }
    let asked = Http::ask("POST", COMMITS).with_body(FRAMES, body(&line(), b"firstput"));
    assert_eq!(
        asked
            .clone()
            .without("content-type")
            .send(address)
            .await
            .status(),
        415
    );
    assert!(threads(&store).await.is_empty());
    let kind = "Application/Vnd.Moments+Octet-Stream; a=b";
    assert_eq!(
        asked
            .with("content-type", kind)
            .send(address)
            .await
            .status(),
        204
    );
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let (_, address) = start().await;
    for (target, status, kind) in [
        ("/v1/thread/records?namespace=a", 400, "bad_request"),
        (
            "/v1/thread/records?namespace=a&thread=b&thread=c",
            400,
            "bad_request",
        ),
        (
            "/v1/thread/records?namespace=a&thread=b&lmit=1",
            400,
            "bad_request",
        ),
        (
            "/v1/thread/records?namespace=a&thread=b&limit=x",
            400,
            "bad_request",
        ),
        (
            "/v1/thread/records?namespace=a&thread=b&limit=-1",
            400,
            "bad_request",
        ),
        (
            "/v1/thread/records?namespace=a&thread=%FF",
            400,
            "bad_request",
        ),
        ("/v1/thread/records?namespace=a&thread=", 400, "invalid_id"),
        (
            "/v1/thread/records?namespace=a&thread=%00",
            400,
            "invalid_id",
        ),
        ("/v1/thread/records?namespace=&thread=b", 400, "invalid_id"),
        (
            "/v1/thread/records?namespace=a&thread=b&path=a//b",
            400,
            "invalid_id",
        ),
        (
            "/v1/thread/chain?namespace=a&thread=b&at=x",
            400,
            "bad_request",
        ),
        ("/v1/thread/chain?namespace=a&thread=b", 404, "no_moment"),
        (
            "/v1/threads/due?namespace=a&now=1&after=t",
            400,
            "bad_request",
        ),
        ("/v1/nothing", 404, "no_route"),
        ("/v1/thread/../check", 404, "no_route"),
        ("/", 404, "no_route"),
        ("/v1/thread", 405, "no_route"),
    ] {
        let answer = Http::ask("GET", target).send(address).await;
        assert_eq!(
            (answer.status(), answer.kind().as_str()),
            (status, kind),
            "{target}"
        );
    }
    let long = format!("/v1/thread/records?namespace={}&thread=b", "x".repeat(513));
    let answer = Http::ask("GET", &long).send(address).await;
    assert_eq!(
        answer.json()["id"],
        json!({
            "reason": "too_long", "what": "namespace", "bytes": 513, "limit": 512,
        })
    );
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let store = Arc::new(MemorySaver::new());
    let served = serve(server(store.clone()).body_limit(1_000)).await;
    let (address, client) = (served.address, served.client().await);
    served.leave();
    let octets = "application/octet-stream";
    let sent = Http::ask("POST", MESSAGES).with_body(octets, vec![0; 1_000]);
    assert_eq!(sent.send(address).await.status(), 200);
    // Said before the body is sent.
    let announced = Http {
        body: Vec::new(),
        ..Http::ask("POST", MESSAGES).with_body(octets, vec![0; 1_001])
    };
    let refused = announced.send(address).await;
    assert_eq!(
        (refused.status(), refused.kind().as_str()),
        (413, "too_large")
    );
    assert_eq!(refused.json()["limit"], 1_000);
    assert_eq!(refused.json()["bytes"], 1_001);
    // Not said at all.
    let chunk = [b"3e9\r\n".as_slice(), &[0; 1_001], b"\r\n"].concat();
    let chunked = Http::ask("POST", MESSAGES)
        .with("content-type", octets)
        .with("transfer-encoding", "chunked");
    let refused = Http {
        body: chunk,
        ..chunked
    }
    .send(address)
    .await;
    assert_eq!(
        (refused.status(), refused.kind().as_str()),
        (413, "too_large")
    );
    let refused = client.send(&key("t"), vec![0; 1_001]).await;
    assert!(
        matches!(
            refused,
            Err(StoreError::TooLarge {
                bytes: 1_001,
                limit: 1_000,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(client.inbox(&key("t")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let served = serve(server(Arc::new(MemorySaver::new())).time_limit(Duration::from_millis(100)));
    let served = served.await;
    let asked = Http::ask("POST", MESSAGES).with_body("application/octet-stream", "whole");
    let bytes = asked.bytes();
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    let refused = Http::read(&mut stream).await.unwrap();
    assert_eq!(refused.status(), 408);
    served.stop().await;
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let (_, address) = start().await;
    let octets = "application/octet-stream";
    let ask = |target: &str, body: &str| {
        Http::ask("POST", target)
            .with_body(octets, body)
            .with("idempotency-key", "one")
    };
    let sent = ask(MESSAGES, "a").send(address).await;
    assert_eq!(sent.json(), json!({"position": 1}));
    assert_eq!(
        ask(MESSAGES, "a").send(address).await.json(),
        json!({"position": 1})
    );
    for other in [ask(MESSAGES, "b"), ask(&format!("{MESSAGES}2"), "a")] {
        let refused = other.send(address).await;
        assert_eq!(
            (refused.status(), refused.kind().as_str()),
            (422, "key_reused")
        );
    }
    let sent = ask(MESSAGES, "a")
        .with("idempotency-key", "two")
        .send(address)
        .await;
    assert_eq!(sent.json(), json!({"position": 2}));
    // Without one, each is a new one.
    for position in [3, 4] {
        let sent = ask(MESSAGES, "a")
            .without("idempotency-key")
            .send(address)
            .await;
        assert_eq!(sent.json(), json!({ "position": position }));
    }
    for key in ["", &"x".repeat(129)] {
        let refused = ask(MESSAGES, "a")
            .with("idempotency-key", key)
            .send(address)
            .await;
        assert_eq!(
            (refused.status(), refused.kind().as_str()),
            (400, "bad_request")
        );
    }
}

/// A commit that breaks the rules of commits is refused by the server, too.
#[tokio::test]
async fn the_rules_of_commits_hold_for_every_client() {
    let (store, address) = start().await;
    let mut rude = line();
    rude["expected"] = json!("any");
    let asked = Http::ask("POST", COMMITS).with_body(FRAMES, body(&rude, b"firstput"));
    let refused = asked.send(address).await;
    assert_eq!(
        (refused.status(), refused.kind().as_str()),
        (422, "malformed")
    );
    assert!(threads(&store).await.is_empty());
    let behind = graph_runtime::ThreadKey::new("acme:tests", "t").unwrap();
    store.commit(&behind, adding(None, &first())).await.unwrap();
    let asked = Http::ask("POST", COMMITS).with_body(FRAMES, body(&line(), b"firstput"));
    let refused = asked.send(address).await;
    assert_eq!(
        (refused.status(), refused.kind().as_str()),
        (409, "conflict")
    );
    assert_eq!(refused.json()["expected"], Value::Null);
}
