//! What waits in a graph within a graph: for a time, for an answer until a time, in the middle of a node.

use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks, Checkpointer, Graph};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use graph_tests::store::on_every_backend;
use graph_tests::watch::{HOUR, MINUTE, Watch};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Which(pub String);

impl Asks for Which {
    type Answer = u32;
}

/// Asks for an hour, sleeps for one, and then asks twice in the middle of a node.
#[graph(id = "inside")]
mod inside {
    use super::*;

    #[state]
    pub struct Inside {
        pub consent: Option<bool>,
        pub sizes: Vec<u32>,
    }

    edges! { start -> consent -> pause -> pack -> end; }

    #[ask(into = consent, within = "1h", else = false)]
    fn consent() -> String {
        "may we?".to_owned()
    }

    #[wait(time = "1h")]
    fn pause() {}

    #[node(writes(sizes), asks(Which))]
    async fn pack(run: &Asking<Which>) -> Vec<u32> {
        let shirt = run.interrupt("shirt", Which("shirt".to_owned())).await;
        let shoes = run.interrupt("shoes", Which("shoes".to_owned())).await;
        vec![shirt, shoes]
    }
}

#[graph(id = "around")]
mod around {
    use super::*;

    #[state]
    pub struct Around {
        pub packed: Option<inside::Output>,
    }

    edges! { start -> parcel -> end; }

    #[subgraph(inside::Inside, into = packed)]
    fn parcel() -> inside::Input {
        inside::Input::new()
    }
}

use around::{Around, Question};

fn graph(saver: Arc<dyn Checkpointer>, watch: &Watch) -> Graph<Around> {
    Around::graph()
        .checkpointer(saver)
        .clock(watch.clone())
        .build()
}

on_every_backend! {
    async fn a_thread_is_woken_for_what_waits_within_a_graph(store) {
        let (saver, watch) = (store.open().await, Watch::new());
        let thread = graph(Arc::clone(&saver), &watch).thread("t");
        let pause = thread.invoke(around::Input::new()).await.unwrap().paused().unwrap();
        let Question::Parcel(parcel) = &pause.questions()[0];
        assert!(matches!(&parcel.question, inside::Question::Consent(_)));
        watch.advance(HOUR + MINUTE);
        // Nobody has answered: the ask answers itself, and then only the clock is waited for.
        let pause = graph(store.open().await, &watch).thread("t").wake().await.unwrap().paused().unwrap();
        assert!(pause.questions().is_empty());
        watch.advance(HOUR);
        let pause = graph(store.open().await, &watch).thread("t").wake().await.unwrap().paused().unwrap();
        // The answers to a node that asks twice stay until it has ended.
        let Question::Parcel(parcel) = &pause.questions()[0];
        let inside::Question::Pack(pack) = &parcel.question else { panic!("not packing") };
        assert_eq!(pack.name(), "shirt");
        let answer = parcel.answer(pack.answer(4u32));
        let pause = graph(store.open().await, &watch).thread("t").answer(answer).await.unwrap().paused().unwrap();
        let Question::Parcel(parcel) = &pause.questions()[0];
        let inside::Question::Pack(pack) = &parcel.question else { panic!("not packing") };
        assert_eq!(pack.name(), "shoes");
        let answer = parcel.answer(pack.answer(42u32));
        let done = graph(store.open().await, &watch).thread("t").answer(answer).await.unwrap().done().unwrap();
        let packed = done.packed.unwrap();
        assert_eq!((packed.consent, packed.sizes), (Some(false), vec![4, 42]));
        let key = graph_runtime::ThreadKey::new("around", "t").unwrap();
        assert_eq!(saver.writes(&key).await.unwrap(), []);
    }
}
