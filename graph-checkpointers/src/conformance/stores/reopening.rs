//! What was acknowledged is there when the store is opened again, and for whoever has it open beside us.

use std::time::Duration;

use graph_runtime::{Near, Put, Search, Store, Vectors};
use serde_json::json;
use tokio::task::JoinSet;

use super::super::Reopen;
use super::kit::{at, entry, get, get_at, keys, keys_at, later, now, put, put_at};

type Place = Reopen<dyn Store>;

pub async fn entries_are_there_again(place: Place) {
    let store = place.open().await;
    let value = json!({"text": "ü\0", "number": 1.0});
    put(&store, &["a", "b"], "k", value.clone()).await;
    let short = entry(&["a"], "short", 1).ttl(Duration::from_micros(10));
    put_at(&store, short, now()).await;
    let before = get_at(&store, &["a", "b"], "k", now()).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(get_at(&store, &["a", "b"], "k", now()).await, before);
    assert_eq!(before.unwrap().value, value);
    assert_eq!(keys_at(&store, Search::default(), later(9)).await.len(), 2);
    assert_eq!(keys_at(&store, Search::default(), later(10)).await, ["k"]);
}

pub async fn what_was_deleted_stays_away(place: Place) {
    let store = place.open().await;
    for key in ["1", "2"] {
        put(&store, &["p"], key, key).await;
        put(&store, &["q"], key, key).await;
    }
    store.delete(&at(&["p"]), "1").await.unwrap();
    store.clear(&at(&["q"])).await.unwrap();
    drop(store);
    let store = place.open().await;
    assert_eq!(keys(&store, Search::default()).await, ["2"]);
}

pub async fn meanings_are_there_again(place: Place) {
    let vectors = Vectors {
        model: "m".into(),
        each: vec![vec![1.0, 0.5], vec![0.25, -1.0]],
    };
    let put = Put {
        vectors: Some(vectors),
        ..entry(&["p"], "k", 1)
    };
    put_at(&place.open().await, put, now()).await;
    let near = Near {
        model: "m".into(),
        vector: vec![0.5, -2.0],
    };
    let search = Search {
        near: Some(near),
        ..Search::default()
    };
    let found = place.open().await.search(&search, now()).await.unwrap();
    assert_eq!(found[0].score, Some(1.0));
}

pub async fn two_handles_see_each_other(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    put(&one, &["p"], "k", 1).await;
    assert_eq!(get(&two, &["p"], "k").await, Some(json!(1)));
    put(&two, &["p"], "k", 2).await;
    assert_eq!(get(&one, &["p"], "k").await, Some(json!(2)));
    two.delete(&at(&["p"]), "k").await.unwrap();
    assert_eq!(get(&one, &["p"], "k").await, None);
}

pub async fn handles_that_race_lose_nothing(place: Place) {
    let mut tasks = JoinSet::new();
    for task in 0..4 {
        let place = place.clone();
        tasks.spawn(async move {
            let store = place.open().await;
            for number in 0..10 {
                put(&store, &["p"], &format!("{task}-{number}"), number).await;
                put(&store, &["p"], "shared", number).await;
            }
        });
    }
    tasks.join_all().await;
    let store = place.open().await;
    assert_eq!(keys(&store, Search::default()).await.len(), 41);
    assert_eq!(get(&store, &["p"], "shared").await, Some(json!(9)));
}
