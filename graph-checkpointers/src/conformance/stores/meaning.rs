//! Searches by meaning.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    Cause, Embed, Embedded, Field, Near, Put, Search, Shelf, Store, StoreError, Vectors,
};
use serde_json::json;

use super::kit::{at, entry, keys, keys_at, later, now, paged, put, put_at, search};

fn meant(segments: &[&str], key: &str, each: &[&[f32]]) -> Put {
    Put {
        vectors: Some(Vectors {
            model: "m".into(),
            each: each.iter().map(|vector| vector.to_vec()).collect(),
        }),
        ..entry(segments, key, json!({ "key": key }))
    }
}

fn near(vector: &[f32]) -> Search {
    Search {
        near: Some(Near {
            model: "m".into(),
            vector: vector.to_vec(),
        }),
        ..Search::default()
    }
}

async fn put_all(store: &Arc<dyn Store>) {
    for (place, key, vectors) in [
        ("p", "east", &[&[1.0, 0.0][..]][..]),
        ("p", "north", &[&[0.0, 2.0]]),
        ("p", "west", &[&[-3.0, 0.0]]),
        ("q", "between", &[&[1.0, 1.0]]),
        ("q", "both", &[&[0.0, 1.0], &[-1.0, 0.0]]),
        ("q", "also east", &[&[0.5, 0.0]]),
    ] {
        put_at(store, meant(&[place], key, vectors), now()).await;
    }
    put(store, &["p"], "means nothing", 1).await;
}

pub async fn the_nearest_come_first(store: Arc<dyn Store>) {
    put_all(&store).await;
    let found = keys(&store, near(&[9.0, 0.0])).await;
    // Of the equally near, the first by prefix and key.
    let order = ["east", "also east", "between", "north", "both", "west"];
    assert_eq!(found, order);
    let found = search(&store, near(&[0.0, 1.0]).limit(2)).await;
    let keys: Vec<_> = found.iter().map(|found| &*found.entry.key).collect();
    assert_eq!(keys, ["north", "both"]);
    assert_eq!(found[0].score, Some(1.0));
    assert_eq!(found[1].entry.value, json!({"key": "both"}));
}

pub async fn what_cannot_be_compared_is_not_found(store: Arc<dyn Store>) {
    put_all(&store).await;
    assert!(keys(&store, near(&[1.0])).await.is_empty());
    assert!(keys(&store, near(&[0.0, 0.0])).await.is_empty());
    let mut other = near(&[1.0, 0.0]);
    other.near.as_mut().unwrap().model = "other".into();
    assert!(keys(&store, other).await.is_empty());
    for vectors in [&[][..], &[&[][..]], &[&[0.0, 0.0]]] {
        put_at(&store, meant(&["p"], "x", vectors), now()).await;
    }
    assert_eq!(keys(&store, near(&[1.0, 0.0])).await.len(), 6);
}

pub async fn a_put_replaces_the_meaning(store: Arc<dyn Store>) {
    put_all(&store).await;
    put_at(&store, meant(&["p"], "west", &[&[1.0, 0.0]]), now()).await;
    put(&store, &["p"], "east", 1).await;
    let found = keys(&store, near(&[1.0, 0.0]).limit(2)).await;
    assert_eq!(found, ["west", "also east"]);
    assert_eq!(keys(&store, near(&[1.0, 0.0])).await.len(), 5);
}

pub async fn prefixes_conditions_and_ends_count(store: Arc<dyn Store>) {
    put_all(&store).await;
    let under = Search {
        prefix: at(&["q"]),
        ..near(&[1.0, 0.0])
    };
    assert_eq!(keys(&store, under.clone().limit(1)).await, ["also east"]);
    let other = under.having(Field::from("key").ne("also east"));
    assert_eq!(keys(&store, other).await, ["between", "both"]);
    let short = meant(&["p"], "best", &[&[1.0, 0.0]]).ttl(Duration::from_micros(5));
    put_at(&store, short, now()).await;
    let best = near(&[1.0, 0.0]).limit(1);
    assert_eq!(keys_at(&store, best.clone(), later(4)).await, ["best"]);
    assert_eq!(keys_at(&store, best, later(5)).await, ["east"]);
}

pub async fn pages_of_the_nearest_leave_no_gap(store: Arc<dyn Store>) {
    for number in 0..40_u8 {
        // Several of each direction, so that the order within them matters.
        let vector = [f32::from(number % 5), 1.0];
        put_at(
            &store,
            meant(&["p"], &format!("{number:02}"), &[&vector]),
            now(),
        )
        .await;
    }
    let all = keys(&store, near(&[1.0, 0.5])).await;
    assert_eq!(all.len(), 40);
    for limit in [1, 3, 7, 40] {
        assert_eq!(paged(&store, near(&[1.0, 0.5]).limit(limit)).await, all);
    }
}

pub async fn a_query_that_nobody_understands_is_refused(store: Arc<dyn Store>) {
    let refused = store.search(&Search::default().query("x"), now()).await;
    assert!(
        matches!(refused, Err(StoreError::Unsupported(_))),
        "{refused:?}"
    );
}

/// How often a text has each of two words.
struct Words;

#[async_trait]
impl Embed for Words {
    fn model(&self) -> &'static str {
        "words"
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Cause> {
        let has = |text: &String, word| if text.contains(word) { 1.0 } else { 0.0 };
        Ok(texts
            .iter()
            .map(|text| vec![has(text, "tea"), has(text, "dog"), 0.1])
            .collect())
    }
}

pub async fn an_embedded_store_understands_queries(store: Arc<dyn Store>) {
    let embedded = Embedded::new(store, Words).fields(["title", "body"]);
    let shelf = Shelf::new(Arc::new(embedded)).under(["notes"]);
    for (key, value) in [
        ("1", json!({"title": "a dog", "note": "tea"})),
        ("2", json!({"title": "none", "body": "green tea"})),
        ("3", json!({"note": "tea"})),
    ] {
        shelf.put(key, &value).await.unwrap();
    }
    let query = Search::default().query("tea time");
    let found = shelf.search::<serde_json::Value>(query).await.unwrap();
    let keys: Vec<_> = found.iter().map(|found| &*found.entry.key).collect();
    assert_eq!(keys, ["2", "1"]);
}
