//! What becomes of values on their way through storage, and of those that can't take it.

use std::sync::Arc;

use graph_runtime::prelude::*;

/// A state whose values are hard to keep.
#[graph(id = "values")]
mod values {
    use serde::{Deserialize, Serialize, Serializer};

    /// Can't be encoded where it is 13.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Fussy(pub u32);

    impl Serialize for Fussy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                13 => Err(serde::ser::Error::custom("13 is unlucky")),
                number => serializer.serialize_u32(number),
            }
        }
    }

    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Words {
        #[input]
        pub next: u32,
        pub fussy: Fussy,
        #[input]
        #[reduce(append)]
        pub floats: Vec<f64>,
        #[input]
        #[serde(rename = "a \"name\"\\")]
        pub named: String,
        #[reduce(union)]
        pub set: std::collections::BTreeSet<u32>,
        #[reduce(merge)]
        pub map: std::collections::BTreeMap<u32, Option<String>>,
    }

    edges! { start -> set_it -> more -> end; }

    #[node(writes(fussy))]
    fn set_it(next: u32) -> Fussy {
        Fussy(next)
    }

    /// What is removed and reduced by the same update is there afterwards.
    #[node(writes(set, map))]
    fn more(next: u32) -> update::More {
        let update = update::More::new().remove_set([next]).set([next, next]);
        update.map([(next, None)]).remove_map([next])
    }
}

use values::{Input, Words};

fn thread(saver: &Arc<MemorySaver>) -> Thread<Words> {
    Words::graph()
        .checkpointer(Arc::clone(saver))
        .build()
        .thread("t")
}

#[tokio::test]
async fn what_can_not_be_stored_is_an_error_that_names_it_and_the_thread_stands() {
    let saver = Arc::new(MemorySaver::new());
    let error = thread(&saver)
        .invoke(Input::new().next(13))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Encode { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("field `fussy`") && text.contains("13 is unlucky"),
        "{text}"
    );
    let stands = thread(&saver).state().await.unwrap().unwrap();
    assert_eq!(
        (stands.next, stands.state.fussy.0),
        (vec![values::Node::SetIt], 0)
    );
    let done = thread(&saver)
        .invoke(Input::new().next(12))
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.fussy.0, 12);
}

#[tokio::test]
async fn an_update_removes_before_it_reduces() {
    let saver = Arc::new(MemorySaver::new());
    for _ in 0..2 {
        let done = thread(&saver)
            .invoke(Input::new().next(5))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!((done.set.len(), done.map.len()), (1, 1));
        let stored = thread(&saver).state().await.unwrap().unwrap().state;
        assert_eq!((stored.set, stored.map), (done.set, done.map));
    }
}

#[tokio::test]
async fn numbers_and_names_come_back_as_they_were() {
    let saver = Arc::new(MemorySaver::new());
    let mut seed = 7u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        f64::from_bits(seed)
    };
    let floats: Vec<_> = (0..3000)
        .map(|_| random())
        .filter(|float| float.is_finite())
        .collect();
    let input = Input::new()
        .floats(floats.clone())
        .named("\"quoted\" \\ and\nmore");
    thread(&saver).invoke(input).await.unwrap();
    thread(&saver)
        .invoke(Input::new().named("b\""))
        .await
        .unwrap();
    let stored = thread(&saver).state().await.unwrap().unwrap().state;
    assert_eq!(stored.named, "b\"");
    let bits = |floats: &[f64]| {
        floats
            .iter()
            .map(|float| float.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&stored.floats), bits(&floats), "to the last bit");
}
