//! Searches by prefix and by conditions.

use std::sync::Arc;

use graph_runtime::{Condition, Field, Prefix, Search, Store};
use serde_json::{Value, json};

use super::kit::{at, keys, paged, put, search};

pub async fn everything_below_comes_in_order(store: Arc<dyn Store>) {
    for (place, key) in [
        (&["b"][..], "1"),
        (&["a", "b"], "2"),
        (&["a"], "4"),
        (&["a"], "3"),
        (&["a", "a"], "5"),
        (&[], "6"),
    ] {
        put(&store, place, key, key).await;
    }
    let all = keys(&store, Search::default()).await;
    assert_eq!(all, ["6", "3", "4", "5", "2", "1"]);
    let below = search(&store, Search::under(at(&["a"]))).await;
    let below: Vec<_> = below
        .iter()
        .map(|found| (found.entry.prefix.clone(), found.entry.value.clone()))
        .collect();
    let expected = [
        (at(&["a"]), json!("3")),
        (at(&["a"]), json!("4")),
        (at(&["a", "a"]), json!("5")),
        (at(&["a", "b"]), json!("2")),
    ];
    assert_eq!(below, expected);
}

pub async fn a_part_of_a_segment_is_no_prefix(store: Arc<dyn Store>) {
    let places: [&[&str]; 6] = [
        &["a", "x"],
        &["ab"],
        &["a/x"],
        &["a\u{1}"],
        &["a "],
        &["A", "x"],
    ];
    for place in places {
        put(&store, place, "k", place.join("|")).await;
    }
    let found = search(&store, Search::under(at(&["a"]))).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entry.value, json!("a|x"));
    for nothing in ["", "x", "%", "a%", "_"] {
        // No segment is empty, so nobody can ask for that one.
        if let Ok(prefix) = Prefix::new([nothing]) {
            assert!(search(&store, Search::under(prefix)).await.is_empty());
        }
    }
}

async fn put_numbers(store: &Arc<dyn Store>, count: u32) -> Vec<String> {
    let keys: Vec<_> = (0..count).map(|number| format!("{number:04}")).collect();
    for (key, number) in keys.iter().zip(0..count) {
        let place = format!("p{}", number / 7);
        put(store, &[&place], key, json!({ "number": number })).await;
    }
    // By the prefixes' text, which is not the order of the numbers.
    let mut sorted: Vec<_> = keys
        .into_iter()
        .zip(0..count)
        .map(|(key, number)| (format!("p{}", number / 7), key))
        .collect();
    sorted.sort_unstable();
    sorted.into_iter().map(|(_, key)| key).collect()
}

pub async fn a_limit_gives_the_first(store: Arc<dyn Store>) {
    let sorted = put_numbers(&store, 100).await;
    for limit in [0, 1, 7, 99, 100, 101, usize::MAX] {
        let found = keys(&store, Search::default().limit(limit)).await;
        assert_eq!(found, sorted[..limit.min(100)], "{limit}");
    }
}

pub async fn pages_leave_no_gap(store: Arc<dyn Store>) {
    let sorted = put_numbers(&store, 100).await;
    for limit in [1, 3, 7, 100] {
        let all = paged(&store, Search::default().limit(limit)).await;
        assert_eq!(all, sorted, "{limit}");
    }
    let even = Field::from("number").is_in((0..100).step_by(2));
    let all = paged(&store, Search::default().having(even).limit(3)).await;
    assert_eq!(all.len(), 50);
}

pub async fn a_page_follows_what_has_gone_meanwhile(store: Arc<dyn Store>) {
    for key in ["a", "b", "c", "d"] {
        put(&store, &["p"], key, key).await;
    }
    let page = search(&store, Search::default().limit(2)).await;
    let rest = Search::default().after(page[1].place());
    store.delete(&at(&["p"]), "b").await.unwrap();
    put(&store, &["p"], "aa", "late").await;
    put(&store, &["p"], "bb", "late").await;
    assert_eq!(keys(&store, rest).await, ["bb", "c", "d"]);
}

pub async fn a_page_stays_under_its_prefix(store: Arc<dyn Store>) {
    for place in ["a", "b", "c"] {
        for key in ["1", "2"] {
            put(&store, &[place], &format!("{place}{key}"), key).await;
        }
    }
    let found = search(&store, Search::default()).await;
    let after = |number: usize| Search::under(at(&["b"])).after(found[number].place());
    for (number, left) in [(0, &["b1", "b2"][..]), (1, &["b1", "b2"]), (2, &["b2"])] {
        assert_eq!(keys(&store, after(number)).await, left, "{number}");
    }
    for number in 3..6 {
        assert!(keys(&store, after(number)).await.is_empty(), "{number}");
    }
}

/// Values of all kinds, some of which have what is asked for.
fn values() -> Vec<Value> {
    vec![
        json!({"kind": "fact", "stars": 1, "by": {"name": "Ada", "age": 36}}),
        json!({"kind": "fact", "stars": 1.0, "by": {"name": "Bob"}}),
        json!({"kind": "rule", "stars": 2.5, "by": null}),
        json!({"kind": "rule", "stars": "1"}),
        json!({"kind": "", "stars": null}),
        json!({"kind": null, "tags": ["a", {"b": true}]}),
        json!({"by.name": "Ada", "stars": 9_007_199_254_740_993_i64}),
        json!({"stars": 9_007_199_254_740_992.0, "kind": ["fact"]}),
        json!({"stars": -1, "kind": "FACT", "by": {"name": "%"}}),
        json!({"stars": u64::MAX, "by": {"name": "' OR 1=1 --"}}),
        json!("fact"),
        json!(1),
        json!([{"kind": "fact"}]),
        json!(null),
        json!({}),
    ]
}

fn conditions() -> Vec<Condition> {
    let (kind, stars) = (|| Field::from("kind"), || Field::from("stars"));
    let name = || Field::from(["by", "name"]);
    vec![
        kind().eq("fact"),
        kind().ne("fact"),
        kind().eq(Value::Null),
        kind().eq(""),
        kind().eq(json!(["fact"])),
        kind().gt("fac"),
        kind().is_in(["rule", "FACT"]),
        kind().is_in(Vec::<Value>::new()),
        kind().exists(),
        kind().is_missing(),
        stars().eq(1),
        stars().eq(1.0),
        stars().eq("1"),
        stars().ne(1),
        stars().gt(1),
        stars().gte(1),
        stars().lt(2.5),
        stars().lte(2.5),
        stars().eq(9_007_199_254_740_993_i64),
        stars().eq(9_007_199_254_740_992.0),
        stars().gt(9_007_199_254_740_992_i64),
        stars().gte(u64::MAX),
        stars().lt(-0.5),
        stars().is_in([json!(1), json!(null)]),
        name().eq("Ada"),
        name().eq("%"),
        name().eq("' OR 1=1 --"),
        name().eq("_"),
        name().exists(),
        name().gt("A"),
        Field::from("by.name").eq("Ada"),
        Field::from("by.name").exists(),
        Field::from(["by"]).eq(json!({"age": 36.0, "name": "Ada"})),
        Field::from(["by", "age"]).lte(36.0),
        Field::from(["tags", "1", "b"]).eq(true),
        Field::from(["tags", "2"]).exists(),
        Field::from(["0", "kind"]).eq("fact"),
        Field::from([]).eq("fact"),
        Field::from([]).gte(0.5),
        Field::from([]).exists(),
        Field::from("$where").eq("1"),
        Field::from("' OR '1'='1").eq(1),
        Field::from("kind\") OR (\"1").exists(),
        Field::from("").exists(),
    ]
}

async fn put_values(store: &Arc<dyn Store>) {
    for (number, value) in values().into_iter().enumerate() {
        put(store, &["p"], &format!("{number:02}"), value).await;
    }
}

/// Which of the values are due.
fn due(conditions: &[&Condition]) -> Vec<String> {
    let values = values();
    let due = values.iter().enumerate().filter(|(_, value)| {
        let mut conditions = conditions.iter();
        conditions.all(|condition| condition.holds(value))
    });
    due.map(|(number, _)| format!("{number:02}")).collect()
}

pub async fn conditions_mean_what_the_contract_says(store: Arc<dyn Store>) {
    put_values(&store).await;
    for condition in conditions() {
        let found = keys(&store, Search::default().having(condition.clone())).await;
        assert_eq!(found, due(&[&condition]), "{condition:?}");
    }
}

/// Spelt out, where the case above asks the library itself.
pub async fn numbers_of_two_kinds_are_equal(store: Arc<dyn Store>) {
    put_values(&store).await;
    let with = |condition| keys(&store, Search::default().having(condition));
    assert_eq!(with(Field::from("stars").eq(1)).await, ["00", "01"]);
    assert_eq!(with(Field::from("stars").eq(1.0)).await, ["00", "01"]);
    assert_eq!(with(Field::from("stars").eq("1")).await, ["03"]);
    assert_eq!(with(Field::from("by.name").eq("Ada")).await, ["06"]);
    assert_eq!(with(Field::from(["by", "name"]).eq("Ada")).await, ["00"]);
    assert_eq!(with(Field::from("kind").eq(Value::Null)).await, ["05"]);
}

pub async fn all_conditions_must_hold(store: Arc<dyn Store>) {
    put_values(&store).await;
    let conditions = conditions();
    for pair in conditions.windows(2).chain(conditions.chunks(3)) {
        let search = pair
            .iter()
            .fold(Search::default(), |search, one| search.having(one.clone()));
        let expected = due(&pair.iter().collect::<Vec<_>>());
        assert_eq!(keys(&store, search).await, expected, "{pair:?}");
    }
}

pub async fn a_limit_counts_what_is_found(store: Arc<dyn Store>) {
    put_numbers(&store, 60).await;
    let search = Search::under(at(&["p1"]))
        .having(Field::from("number").gte(10))
        .limit(2);
    assert_eq!(keys(&store, search).await, ["0010", "0011"]);
}

pub async fn many_entries_are_found(store: Arc<dyn Store>) {
    let sorted = put_numbers(&store, 1_500).await;
    assert_eq!(keys(&store, Search::default()).await, sorted);
    let last = Search::default().having(Field::from("number").gt(1_498));
    assert_eq!(keys(&store, last).await, ["1499"]);
}
