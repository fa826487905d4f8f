//! Lists of prefixes.

use std::collections::BTreeSet;
use std::sync::Arc;

use graph_runtime::{Prefix, Prefixes, Store};

use super::kit::{at, listed, put};

const PLACES: [&[&str]; 12] = [
    &[],
    &["a"],
    &["a", "b"],
    &["a", "b", "c"],
    &["a", "b", "c", "d"],
    &["a", "bb", "c"],
    &["a\u{1}"],
    &["ab", "b"],
    &["b", "c", "d"],
    &["b", "c", "e"],
    &["c", "%"],
    &["\u{10ffff}", "\u{10ffff}"],
];

async fn put_places(store: &Arc<dyn Store>) {
    for place in PLACES {
        for key in ["1", "2", "3"] {
            put(store, place, key, key).await;
        }
    }
}

/// What a list should give, the long way.
fn due(prefixes: &Prefixes) -> Vec<Prefix> {
    let cut = |prefix: &Prefix| match prefixes.depth {
        Some(depth) => prefix.cut(prefixes.under.depth().saturating_add(depth)),
        None => prefix.clone(),
    };
    let all: BTreeSet<_> = PLACES
        .iter()
        .map(|place| at(place))
        .filter(|prefix| prefix.is_under(&prefixes.under))
        .map(|prefix| cut(&prefix))
        .filter(|prefix| prefixes.after.as_ref().is_none_or(|after| prefix > after))
        .collect();
    all.into_iter()
        .take(prefixes.limit.unwrap_or(usize::MAX))
        .collect()
}

pub async fn each_is_listed_once_in_order(store: Arc<dyn Store>) {
    assert!(listed(&store, Prefixes::default()).await.is_empty());
    put_places(&store).await;
    let mut places = PLACES.map(at);
    places.sort_unstable();
    assert_eq!(listed(&store, Prefixes::default()).await, places);
    let users = listed(&store, Prefixes::under(at(&["a"])).depth(1)).await;
    assert_eq!(users, [at(&["a"]), at(&["a", "b"]), at(&["a", "bb"])]);
}

/// Every way to ask for them.
pub async fn under_depth_after_and_limit_go_together(store: Arc<dyn Store>) {
    put_places(&store).await;
    let unders: [&[&str]; 7] = [
        &[],
        &["a"],
        &["a", "b"],
        &["b"],
        &["b", "c", "d"],
        &["c"],
        &["x"],
    ];
    let mut afters: Vec<_> = PLACES.iter().map(|place| Some(at(place))).collect();
    afters.extend([None, Some(at(&["a", "b", "bb"])), Some(at(&["b", "x"]))]);
    for under in unders {
        for after in &afters {
            for depth in [None, Some(0), Some(1), Some(2), Some(usize::MAX)] {
                for limit in [None, Some(0), Some(1), Some(3)] {
                    let prefixes = Prefixes {
                        under: at(under),
                        depth,
                        after: after.clone(),
                        limit,
                    };
                    let expected = due(&prefixes);
                    assert_eq!(
                        listed(&store, prefixes.clone()).await,
                        expected,
                        "{prefixes:?}"
                    );
                }
            }
        }
    }
}

pub async fn a_prefix_goes_with_its_last_entry(store: Arc<dyn Store>) {
    for key in ["1", "2"] {
        put(&store, &["a", "b"], key, 1).await;
    }
    store.delete(&at(&["a", "b"]), "1").await.unwrap();
    assert_eq!(listed(&store, Prefixes::default()).await, [at(&["a", "b"])]);
    store.delete(&at(&["a", "b"]), "2").await.unwrap();
    assert!(listed(&store, Prefixes::default()).await.is_empty());
}
