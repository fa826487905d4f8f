//! A graph that changes while threads of it are under way: what goes on, what is refused, and the ways on from there.
//! What is refused with which words is told in `changed`.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Query, ThreadKey};

use self::first::First;
use self::second::Second;
use graph_tests::store::{Store, on_every_backend};

/// The first version.
#[graph(id = "evolving")]
mod first {
    #[state]
    pub struct First {
        #[input]
        pub stop: String,
        pub consent: Option<bool>,
        #[reduce(append)]
        pub log: Vec<String>,
        /// Text here, a list later.
        pub tags: String,
        /// Called something else later.
        #[reduce(sum)]
        pub total: u32,
    }

    edges! {
        start -> {ask_them, research};
        research -> draft;
        {ask_them, draft} -> publish -> for item in [1u32, 2] { print(item) };
        print -> close -> end;
    }

    fn say(stop: &str, name: String) -> Result<String, String> {
        if stop == name { Err(name) } else { Ok(name) }
    }

    #[ask(into = consent)]
    fn ask_them() -> String {
        "may we?".to_owned()
    }

    #[node(writes(log, tags, total))]
    fn research(stop: &str) -> Result<(String, String, u32), String> {
        Ok((say(stop, "research".to_owned())?, "a b".to_owned(), 3))
    }

    #[node(writes(log))]
    fn draft(stop: &str) -> Result<String, String> {
        say(stop, "draft".to_owned())
    }

    #[node(writes(log))]
    fn publish(stop: &str) -> Result<String, String> {
        say(stop, "publish".to_owned())
    }

    #[node(writes(log))]
    fn print(item: u32, stop: &str) -> Result<String, String> {
        say(stop, format!("print {item}"))
    }

    #[node(writes(log))]
    fn close(stop: &str) -> Result<String, String> {
        say(stop, "close".to_owned())
    }
}

/// The second version: every node that can be stood at has another name, a field is retyped, one renamed, one new.
#[graph(id = "evolving")]
mod second {
    use serde_json::{Map, Value, json};

    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Second {
        #[input]
        pub stop: String,
        pub consent: Option<bool>,
        #[reduce(append)]
        pub log: Vec<String>,
        pub tags: Vec<String>,
        #[reduce(sum)]
        pub sum: u32,
        #[default(5)]
        #[reduce(sum)]
        pub fresh: u32,
    }

    edges! {
        start -> {consent, research};
        research -> write_up;
        {consent, write_up} -> publish -> for item in [1u32, 2] { set(item) };
        set -> finish -> end;
    }

    #[migrate]
    fn upgrade(state: &mut Map<String, Value>) -> Result<(), String> {
        if let Some(total) = state.remove("total") {
            state.insert("sum".to_owned(), total);
        }
        if let Some(Value::String(tags)) = state.get("tags") {
            if tags == "unheard of" {
                return Err("nobody knows these tags".to_owned());
            }
            let tags = tags.split_whitespace().collect::<Vec<_>>();
            state.insert("tags".to_owned(), json!(tags));
        }
        Ok(())
    }

    #[ask(into = consent, alias = "ask_them")]
    fn consent() -> String {
        "may we really?".to_owned()
    }

    #[node(writes(log))]
    fn research() -> String {
        "research".to_owned()
    }

    #[node(writes(log, fresh), alias("sketch", "draft"))]
    fn write_up() -> (String, u32) {
        ("write_up".to_owned(), 1)
    }

    #[node(writes(log))]
    fn publish() -> String {
        "publish".to_owned()
    }

    #[node(writes(log), alias = "print")]
    fn set(item: u32) -> String {
        format!("set {item}")
    }

    #[node(writes(log), alias = "close")]
    fn finish() -> String {
        "finish".to_owned()
    }
}

/// A version without the nodes of the others, and without a word about where they went.
#[graph(id = "evolving")]
mod other {
    #[state]
    pub struct Other {
        #[input]
        pub stop: String,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    edges! {
        start -> begin -> wind_up -> end;
    }

    #[node(writes(log))]
    fn begin() -> String {
        "begin".to_owned()
    }

    #[node(writes(log))]
    fn wind_up() -> String {
        "wind_up".to_owned()
    }
}

/// A version that can't read the state at all.
#[graph(id = "evolving")]
mod retyped {
    #[state]
    pub struct Retyped {
        #[input]
        pub stop: String,
        pub tags: u32,
    }

    edges! { start -> research -> end; }

    #[node(writes(tags))]
    fn research() -> u32 {
        1
    }
}

async fn old(store: &Store) -> Thread<First> {
    First::graph()
        .checkpointer(store.open().await)
        .build()
        .thread("t")
}

async fn new(store: &Store) -> Thread<Second> {
    Second::graph()
        .checkpointer(store.open().await)
        .build()
        .thread("t")
}

async fn other(store: &Store) -> Thread<other::Other> {
    other::Other::graph()
        .checkpointer(store.open().await)
        .build()
        .thread("t")
}

/// Runs the first version until it stops at this node, its question answered if it comes to that.
async fn stopped_at(store: &Store, node: &str) -> Option<first::Answer> {
    let thread = old(store).await;
    match thread.invoke(first::Input::new().stop(node)).await {
        Ok(Outcome::Paused(pause)) => {
            let answer = pause.ask_them().unwrap().answer(true);
            if node.is_empty() {
                return Some(answer);
            }
            thread.answer(answer).await.unwrap_err();
        }
        Ok(Outcome::Done(_)) => panic!("it doesn't stop at `{node}`"),
        Err(_) => {}
    }
    None
}

async fn newest_fingerprint(saver: &dyn Checkpointer) -> (String, bool) {
    let key = ThreadKey::new("evolving", "t").unwrap();
    let query = Query {
        limit: Some(1),
        ..Query::default()
    };
    let record = saver.list(&key, &query).await.unwrap().remove(0);
    let body = record.payload.split(|byte| *byte == b'\n').nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    (
        body["run"]["fingerprint"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        record.is_snapshot(),
    )
}

on_every_backend! {
    async fn a_thread_that_waits_at_a_renamed_node_takes_its_answer(store) {
        let answer = stopped_at(&store, "").await.unwrap();
        let thread = new(&store).await;
        let moment = thread.state().await.unwrap().unwrap();
        assert_eq!((&moment.next[..], moment.gone.len()), (&[second::Node::Consent][..], 0));
        // The question is the one that was asked.
        let second::Question::Consent(open) = &thread.questions().await.unwrap()[0];
        assert_eq!(open.question, "may we?");
        // What somebody has made of it elsewhere, under the old name.
        let answer = serde_json::to_string(&answer).unwrap();
        assert!(answer.contains("ask_them"));
        let answer: second::Answer = serde_json::from_str(&answer).unwrap();
        let output = thread.answer(answer).await.unwrap().done().unwrap();
        assert_eq!(output.consent, Some(true));
        assert_eq!(output.log, ["research", "draft", "publish", "set 1", "set 2", "finish"]);
    }

    async fn slots_items_and_results_are_found_by_the_new_names(store) {
        for (node, log) in [
            ("research", vec!["research", "write_up", "publish", "set 1", "set 2", "finish"]),
            ("draft", vec!["research", "write_up", "publish", "set 1", "set 2", "finish"]),
            ("publish", vec!["research", "draft", "publish", "set 1", "set 2", "finish"]),
            // One of the two had been printed.
            ("print 2", vec!["research", "draft", "publish", "print 1", "set 2", "finish"]),
            ("close", vec!["research", "draft", "publish", "print 1", "print 2", "finish"]),
        ] {
            stopped_at(&store, node).await;
            let thread = new(&store).await;
            let mut outcome = thread.resume().await.unwrap();
            if let Outcome::Paused(pause) = &outcome {
                outcome = thread.answer(pause.consent().unwrap().answer(true)).await.unwrap();
            }
            assert_eq!(outcome.done().unwrap().log, log, "{node}");
            thread.reset().await.unwrap();
        }
    }

    async fn a_state_is_migrated_where_it_is_read_and_stored_in_its_new_form(store) {
        let answer = stopped_at(&store, "").await.unwrap();
        let thread = new(&store).await;
        for moment in thread.history().await.unwrap() {
            let ran = moment.ran.contains(&second::Node::Research) || moment.step > 2;
            let tags: &[&str] = if ran { &["a", "b"] } else { &[] };
            assert_eq!((&moment.state.tags[..], moment.state.fresh), (tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>().as_slice(), 5));
        }
        let pause = thread.resume().await.unwrap().paused().unwrap();
        let question = pause.consent().unwrap().answer(true);
        drop(answer);
        let output = thread.answer(question).await.unwrap().done().unwrap();
        assert_eq!((output.tags, output.sum, output.fresh), (vec!["a".to_owned(), "b".to_owned()], 3, 5));
        // Opened anew, its changes lie over the first snapshot that the new version has written.
        let state = new(&store).await.state().await.unwrap().unwrap().state;
        assert_eq!((state.sum, state.fresh, state.tags.len(), state.log.len()), (3, 5, 2, 6));
    }

    async fn the_first_record_of_a_new_version_is_a_snapshot_under_its_fingerprint(store) {
        stopped_at(&store, "publish").await;
        let saver = store.open().await;
        let (before, _) = newest_fingerprint(&*saver).await;
        let thread = new(&store).await;
        let moment = thread.update(second::Values::new().sum(4)).await.unwrap();
        assert_eq!(moment.state.sum, 7);
        let (after, is_snapshot) = newest_fingerprint(&*saver).await;
        assert!(is_snapshot);
        assert_ne!(before, after);
        assert_eq!(after, format!("{:016x}", Second::FINGERPRINT));
        // The next one is a change like any other.
        thread.update(second::Values::new().sum(1)).await.unwrap();
        assert!(!newest_fingerprint(&*saver).await.1);
        assert_eq!(thread.state().await.unwrap().unwrap().state.sum, 8);
        let output = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(output.log, ["research", "draft", "publish", "set 1", "set 2", "finish"]);
    }

    async fn old_and_new_take_turns_without_mixing(store) {
        stopped_at(&store, "publish").await;
        let thread = new(&store).await;
        thread.update(second::Values::new().sum(4)).await.unwrap();
        // The old version reads what it knows: what isn't there takes its default.
        let moment = old(&store).await.state().await;
        assert!(matches!(&moment, Err(Error::GraphChanged { what, .. }) if what.contains("field `tags`")), "{:?}", moment.err());
        // On another branch it goes on as ever.
        let mine = old(&store).await;
        let history = new(&store).await.history().await.unwrap();
        let fork = mine.at(history[1].id).fork(first::Values::new().stop("")).resume().await.unwrap();
        assert_eq!(fork.done().unwrap().total, 3);
        assert_eq!(thread.state().await.unwrap().unwrap().state.sum, 3);
    }

    async fn a_thread_whose_node_is_gone_is_never_over(store) {
        let answer = stopped_at(&store, "").await.unwrap();
        let thread = other(&store).await;
        let moment = thread.state().await.unwrap().unwrap();
        assert_eq!((&moment.next[..], &moment.gone[..]), (&[][..], &["ask_them".to_owned()][..]));
        assert_eq!(moment.state.log, ["research", "draft"]);
        for error in [
            thread.resume().await.unwrap_err(),
            thread.invoke(other::Input::new()).await.unwrap_err(),
            thread.at(moment.id).replay().await.unwrap_err(),
            thread.update(other::Values::new()).await.unwrap_err(),
            thread.questions().await.unwrap_err(),
        ] {
            assert!(matches!(&error, Error::GraphChanged { what, .. } if what == "node `ask_them` is gone"), "{error}");
        }
        // Nothing is lost by it.
        assert!(old(&store).await.answer(answer).await.unwrap().done().is_some());
    }

    async fn what_is_unfinished_and_unreadable_can_be_left_behind(store) {
        stopped_at(&store, "").await;
        let thread = other(&store).await;
        let head = thread.state().await.unwrap().unwrap().id;
        let log = || other::Values::new().log(["by hand".to_owned()]);
        let fork = thread.at(head).fork(log()).as_node(other::Node::Begin).await.unwrap();
        assert_eq!((fork.parent, &fork.next[..]), (Some(head), &[other::Node::WindUp][..]));
        assert_eq!(thread.resume().await.unwrap().done().unwrap().log, ["research", "draft", "by hand", "wind_up"]);

        let copy = thread.at(head).into("copy").fork(log()).as_node(other::Node::Begin).resume().await.unwrap();
        assert_eq!(copy.done().unwrap().log[2..], ["by hand", "wind_up"]);
    }

    async fn an_update_behind_a_node_goes_on_where_the_head_is_unreadable(store) {
        stopped_at(&store, "draft").await;
        let thread = other(&store).await;
        let log = other::Values::new().log(["by hand".to_owned()]);
        let done = thread.update(log).as_node(other::Node::Begin).resume().await.unwrap().done().unwrap();
        assert_eq!(done.log, ["research", "by hand", "wind_up"]);
        let key = ThreadKey::new("evolving", "t").unwrap();
        assert_eq!(store.open().await.writes(&key).await.unwrap(), []);
    }

    async fn an_unreadable_thread_begins_again_with_its_state_kept(store) {
        stopped_at(&store, "draft").await;
        let thread = other(&store).await;
        let done = thread.from_start(other::Input::new()).await.unwrap().done().unwrap();
        assert_eq!(done.log, ["research", "begin", "wind_up"]);
        let key = ThreadKey::new("evolving", "t").unwrap();
        assert_eq!(store.open().await.writes(&key).await.unwrap(), []);
    }

    async fn a_state_that_cant_be_read_names_its_field(store) {
        stopped_at(&store, "publish").await;
        let thread = retyped::Retyped::graph().checkpointer(store.open().await).build().thread("t");
        let error = thread.state().await.unwrap_err().to_string();
        assert!(error.contains("at field `tags`"), "{error}");
        assert!(error.contains("`#[migrate]`"), "{error}");
    }

    async fn a_migration_that_fails_says_why(store) {
        stopped_at(&store, "publish").await;
        old(&store).await.update(first::Values::new().tags("unheard of")).await.unwrap();
        let error = new(&store).await.state().await.unwrap_err().to_string();
        assert!(error.contains("its state can't be migrated: nobody knows these tags"), "{error}");
    }
}

/// The nodes of the first version, joined where it did not join: a thread between them would start `publish` twice.
#[graph(id = "evolving")]
mod unjoined {
    #[state]
    pub struct Unjoined {
        #[input]
        pub stop: String,
        pub consent: Option<bool>,
    }

    edges! {
        start -> if state.stop.is_empty() { ask_them } else { draft };
        ask_them | draft -> publish -> end;
    }

    #[ask(into = consent)]
    fn ask_them() -> String {
        "may we?".to_owned()
    }

    #[node]
    fn draft() {}

    #[node]
    fn publish() {}
}

#[tokio::test]
async fn where_a_run_would_go_wrong_it_does_not_go_on() {
    let saver = Arc::new(MemorySaver::new());
    let old = First::graph()
        .checkpointer(Arc::clone(&saver))
        .build()
        .thread("t");
    old.invoke(first::Input::new().stop("draft"))
        .await
        .unwrap_err();
    let thread = unjoined::Unjoined::graph()
        .checkpointer(saver)
        .build()
        .thread("t");
    let error = thread.resume().await.unwrap_err();
    let Error::GraphChanged { what, .. } = &error else {
        panic!("{error}")
    };
    assert!(what.contains("`publish` can be started twice"), "{what}");
    // All the nodes are there: the moment itself can be read.
    let moment = thread.state().await.unwrap().unwrap();
    assert_eq!(
        moment.next,
        [unjoined::Node::AskThem, unjoined::Node::Draft]
    );
}
