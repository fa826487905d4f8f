//! What outlives its handles is there when it is opened again.

use graph_runtime::Cache;

use super::super::Reopen;
use super::results::{get, key, later, put};

type Place = Reopen<dyn Cache>;

pub async fn results_are_there_again(place: Place) {
    let cache = place.open().await;
    put(&cache, &key("g", "n", 1), b"one").await;
    let (two, end) = (key("g", "n", 2), Some(later(10)));
    cache
        .put(&two, b"two".to_vec(), end, later(0))
        .await
        .unwrap();
    drop(cache);
    let cache = place.open().await;
    assert_eq!(get(&cache, &key("g", "n", 1)).await, Some(b"one".to_vec()));
    assert!(cache.get(&two, later(9)).await.unwrap().is_some());
    assert!(cache.get(&two, later(10)).await.unwrap().is_none());
}

pub async fn what_was_cleared_stays_away(place: Place) {
    let cache = place.open().await;
    put(&cache, &key("g", "n", 1), b"one").await;
    cache.clear("g", None).await.unwrap();
    drop(cache);
    assert_eq!(get(&place.open().await, &key("g", "n", 1)).await, None);
}

pub async fn two_handles_see_each_other(place: Place) {
    let (one, two) = (place.open().await, place.open().await);
    put(&one, &key("g", "n", 1), b"one").await;
    assert_eq!(get(&two, &key("g", "n", 1)).await, Some(b"one".to_vec()));
    two.clear("g", Some("n")).await.unwrap();
    assert_eq!(get(&one, &key("g", "n", 1)).await, None);
}
