//! What is put is what is read.

use std::sync::Arc;

use graph_runtime::{Commit, Prefixes, Put, Search, Store, StoreError};
use serde_json::{Value, json};

use super::kit::{at, entry, get, get_at, keys, later, listed, now, put, put_at, search};

pub async fn every_kind_of_value_comes_back(store: Arc<dyn Store>) {
    let values = [
        json!(null),
        json!(false),
        json!(""),
        json!([]),
        json!({}),
        json!([null, [1, "2"], {"a": [{}]}]),
        json!({"": {"b": null}, "a.b": 1, "$set": 2}),
    ];
    for value in values {
        put(&store, &["p"], "k", value.clone()).await;
        assert_eq!(get(&store, &["p"], "k").await, Some(value));
    }
}

pub async fn every_number_comes_back(store: Arc<dyn Store>) {
    let values = json!([
        0,
        -1,
        i64::MIN,
        i64::MAX,
        u64::MAX,
        9_007_199_254_740_993_i64,
        1.0,
        -0.0,
        0.1,
        1e300,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        123_456_789.123_456_79
    ]);
    put(&store, &["p"], "k", values.clone()).await;
    let back = get(&store, &["p"], "k").await.unwrap();
    assert_eq!(back, values);
    // 1 isn't 1.0 to whoever reads it, nor 0 the same as -0.0.
    assert_eq!(back.to_string(), values.to_string());
}

pub async fn every_text_comes_back(store: Arc<dyn Store>) {
    let texts = [
        "\0",
        "a\0b",
        "\u{1}\u{1f}\u{7f}\u{2028}",
        "\"\\/'`",
        "'; DROP TABLE entries; --",
        "\u{fffd}\u{ffff}\u{10ffff}",
        "e\u{301} \u{e9} 👩‍👩‍👧‍👦",
        "\r\n\t",
    ];
    for text in texts {
        put(&store, &["p"], "k", json!({ text: text })).await;
        assert_eq!(get(&store, &["p"], "k").await, Some(json!({ text: text })));
    }
}

pub async fn a_put_replaces_the_whole_value(store: Arc<dyn Store>) {
    put(&store, &["p"], "k", json!({"a": 1, "b": 2})).await;
    put(&store, &["p"], "k", json!({"a": 3})).await;
    assert_eq!(get(&store, &["p"], "k").await, Some(json!({"a": 3})));
    assert_eq!(keys(&store, Search::default()).await, ["k"]);
}

pub async fn the_time_of_creation_stays_and_that_of_the_put_moves(store: Arc<dyn Store>) {
    for micros in [0, 5, 9] {
        put_at(&store, entry(&["p"], "k", micros), later(micros)).await;
    }
    let found = get_at(&store, &["p"], "k", later(20)).await.unwrap();
    assert_eq!((found.created_at, found.updated_at), (now(), later(9)));
    assert_eq!((found.prefix, found.key.as_str()), (at(&["p"]), "k"));
    assert_eq!(found.expires_at, None);
}

pub async fn what_was_deleted_is_created_anew(store: Arc<dyn Store>) {
    put(&store, &["p"], "k", 1).await;
    store.delete(&at(&["p"]), "k").await.unwrap();
    put_at(&store, entry(&["p"], "k", 2), later(5)).await;
    let found = get_at(&store, &["p"], "k", later(5)).await.unwrap();
    assert_eq!(found.created_at, later(5));
}

pub async fn one_key_at_two_prefixes_is_two_entries(store: Arc<dyn Store>) {
    let places: [&[&str]; 4] = [&[], &["a"], &["a", "b"], &["b"]];
    for (number, place) in places.iter().enumerate() {
        put(&store, place, "k", number).await;
    }
    for (number, place) in places.iter().enumerate() {
        assert_eq!(get(&store, place, "k").await, Some(json!(number)));
    }
}

pub async fn what_is_not_there_is_none(store: Arc<dyn Store>) {
    put(&store, &["a", "b"], "k", 1).await;
    for (place, key) in [
        (&["a", "b"][..], "other"),
        (&["a"], "k"),
        (&["a", "b", "c"], "k"),
        (&[], "k"),
        (&["b"], "k"),
    ] {
        assert_eq!(get(&store, place, key).await, None, "{place:?} {key}");
    }
}

pub async fn a_deleted_entry_is_gone_and_no_other(store: Arc<dyn Store>) {
    for (place, key) in [(&["a"][..], "k"), (&["a"], "l"), (&["a", "b"], "k")] {
        put(&store, place, key, 1).await;
    }
    store.delete(&at(&["a"]), "k").await.unwrap();
    store.delete(&at(&["a"]), "k").await.unwrap();
    store.delete(&at(&["none"]), "k").await.unwrap();
    assert_eq!(get(&store, &["a"], "k").await, None);
    assert_eq!(keys(&store, Search::default()).await, ["l", "k"]);
}

pub async fn clearing_takes_what_is_below_and_nothing_beside(store: Arc<dyn Store>) {
    let places: [&[&str]; 6] = [
        &[],
        &["a"],
        &["a", "b"],
        &["a", "b", "c"],
        &["ab"],
        &["b", "a"],
    ];
    for place in places {
        put(&store, place, "k", 1).await;
    }
    store.clear(&at(&["a"])).await.unwrap();
    store.clear(&at(&["none"])).await.unwrap();
    let left = listed(&store, Prefixes::default()).await;
    assert_eq!(left, [at(&[]), at(&["ab"]), at(&["b", "a"])]);
    store.clear(&at(&[])).await.unwrap();
    assert!(search(&store, Search::default()).await.is_empty());
}

pub async fn a_value_may_be_large(store: Arc<dyn Store>) {
    let large = Value::from("ü".repeat(1 << 20));
    put(&store, &["p"], "k", large.clone()).await;
    assert_eq!(get(&store, &["p"], "k").await, Some(large));
}

pub async fn a_value_beyond_the_limit_is_refused(store: Arc<dyn Store>) {
    // With its quotes it is one byte too long.
    let large = "x".repeat(Commit::MAX_PAYLOAD_BYTES - 1);
    let refused = store.put(entry(&["p"], "k", large), now()).await;
    assert!(
        matches!(refused, Err(StoreError::TooLarge { .. })),
        "{refused:?}"
    );
    assert_eq!(get(&store, &["p"], "k").await, None);
}

pub async fn a_value_is_as_deep_as_can_be_read_again(store: Arc<dyn Store>) {
    let nested = |depth| (0..depth).fold(json!(1), |value, _| json!([value]));
    let deepest = nested(Put::MAX_DEPTH);
    put(&store, &["p"], "k", deepest.clone()).await;
    let refused = store
        .put(entry(&["p"], "k", nested(Put::MAX_DEPTH + 1)), now())
        .await;
    assert!(matches!(refused, Err(StoreError::Unfit(_))), "{refused:?}");
    assert_eq!(get(&store, &["p"], "k").await, Some(deepest));
}

async fn works(store: impl Store) {
    let place = at(&["pointed"]);
    store.put(entry(&["pointed"], "k", 1), now()).await.unwrap();
    let kept = store.get(&place, "k", now()).await.unwrap();
    assert_eq!(kept.map(|entry| entry.value), Some(json!(1)));
    let found = store
        .search(&Search::under(place.clone()), now())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let prefixes = store.prefixes(&Prefixes::default(), now()).await.unwrap();
    assert_eq!(prefixes, [at(&["pointed"])]);
    assert_eq!(store.sweep(now()).await.unwrap(), 0);
    store.delete(&place, "k").await.unwrap();
    store.clear(&place).await.unwrap();
    assert!(store.get(&place, "k", now()).await.unwrap().is_none());
}

pub async fn what_points_to_a_store_is_one(store: Arc<dyn Store>) {
    works(store.clone()).await;
    let boxed: Box<dyn Store> = Box::new(store);
    works(Arc::new(boxed)).await;
}
