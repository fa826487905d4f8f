//! What can only be seen from inside: how the statements find what they look for, and damage.

use graph_runtime::{Prefix, Prefixes, Put, Search, Store, StoreError, Timestamp};
use rusqlite::Connection;

use super::SqliteStore;
use super::read::{IN_ORDER, NEXT_PREFIX};

fn now() -> Timestamp {
    Timestamp::from_micros(1)
}

async fn plan(store: &SqliteStore, statement: &'static str) -> String {
    let explain = move |database: &Connection| {
        let mut query = database.prepare(&format!("EXPLAIN QUERY PLAN {statement}"))?;
        // What the parameters are plays no part.
        let params: &[i64] = &[0; 4][..query.parameter_count()];
        let lines = query.query_map(rusqlite::params_from_iter(params), |row| row.get(3))?;
        Ok(lines.collect::<Result<Vec<String>, _>>()?.join("\n"))
    };
    store.workers.read(explain).await.unwrap()
}

#[tokio::test]
async fn a_search_goes_along_the_index_and_sorts_nothing() {
    let store = SqliteStore::memory().await.unwrap();
    for (statement, range) in [
        (
            IN_ORDER,
            "entries_in_order ((prefix,key)>(?,?) AND prefix<?)",
        ),
        (NEXT_PREFIX, "entries_in_order (prefix>? AND prefix<?)"),
    ] {
        let plan = plan(&store, statement).await;
        assert!(plan.contains(range) && !plan.contains("B-TREE"), "{plan}");
    }
}

#[tokio::test]
async fn what_was_meddled_with_is_a_typed_error() {
    let store = SqliteStore::memory().await.unwrap();
    for meddling in [
        "UPDATE entries SET value = '{'",
        "UPDATE entries SET prefix = x'61'",
        "UPDATE entries SET prefix = x'8000'",
    ] {
        store.clear(&Prefix::default()).await.unwrap();
        let put = Put::new(Prefix::new(["a"]).unwrap(), "k", "v");
        store.put(put, now()).await.unwrap();
        let meddle = |database: &Connection| Ok(database.execute(meddling, ())?);
        assert_eq!(store.workers.change(meddle).await.unwrap(), 1);
        let found = store.search(&Search::default(), now()).await;
        assert!(matches!(found, Err(StoreError::Corrupt(_))), "{found:?}");
    }
    let listed = store.prefixes(&Prefixes::default(), now()).await;
    assert!(matches!(listed, Err(StoreError::Corrupt(_))), "{listed:?}");
}

#[tokio::test]
async fn what_has_expired_does_not_pile_up() {
    let store = SqliteStore::memory().await.unwrap();
    for micro in 0..300 {
        let put = Put::new(Prefix::default(), format!("k{micro}"), micro);
        let put = put.ttl(std::time::Duration::from_micros(10));
        store.put(put, Timestamp::from_micros(micro)).await.unwrap();
    }
    let count = |database: &Connection| {
        let count = "SELECT count(*) FROM entries";
        Ok(database.query_row(count, (), |row| row.get::<_, i64>(0))?)
    };
    let kept = store.workers.read(count).await.unwrap();
    assert!(kept <= 11, "{kept} entries are kept, and ten live");
}
