//! Fields that a graph within another shares with it: what was done there comes back in terms of the outer
//! graph's reducers, and what happened beside it meanwhile stands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use graph_runtime::prelude::*;
use graph_runtime::{Patch, Reducer, Shares};
use serde::{Deserialize, Serialize};

use graph_tests::store::on_every_backend;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub id: u32,
    pub text: String,
}

fn note(id: u32, text: &str) -> Note {
    let text = text.to_owned();
    Note { id, text }
}

/// The longest text stays.
pub enum Longest {}

impl Reducer<String> for Longest {
    type Delta = String;

    fn reduce(value: &mut String, delta: String) {
        if delta.len() > value.len() {
            *value = delta;
        }
    }
}

impl Shares<String> for Longest {
    fn difference(_: &String, after: String) -> Patch<String, String> {
        Patch::reduce(after)
    }
}

/// Knows nothing of reducers: it sets everything, once somebody has said so.
#[graph(id = "setter")]
mod setter {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Setter {
        pub list: Vec<u32>,
        pub queue: VecDeque<u32>,
        pub shortened: Vec<u32>,
        pub more: u32,
        pub less: u32,
        pub balance: i64,
        pub share: f64,
        pub top: u32,
        pub low: u32,
        pub all: bool,
        pub any: bool,
        pub first: Option<String>,
        pub latest: String,
        pub tags: BTreeSet<String>,
        pub bag: HashSet<u32>,
        pub pages: BTreeMap<String, u32>,
        pub counts: HashMap<String, u32>,
        pub notes: Vec<Note>,
        pub longest: String,
        pub plain: String,
        pub untouched: String,
        pub go: Option<bool>,
        #[output]
        pub seen: Vec<u32>,
    }

    edges! { start -> wait -> set -> end; }

    #[ask(into = go)]
    fn wait() -> String {
        "go?".to_owned()
    }

    #[node(writes(
        list, queue, shortened, more, less, balance, share, top, low, all, any, first, latest,
        tags, bag, pages, counts, notes, longest, plain, seen
    ))]
    fn set(state: &Setter) -> update::Set {
        let mut state = state.clone();
        let seen = state.list.clone();
        state.list.push(2);
        state.queue.push_back(2);
        state.shortened.pop();
        state.tags.remove("gone");
        state.tags.insert("new".to_owned());
        state.bag.remove(&1);
        state.bag.insert(2);
        state.pages.remove("gone");
        state.pages.insert("changed".to_owned(), 2);
        state.counts.remove("gone");
        state.counts.insert("new".to_owned(), 2);
        state.notes.remove(0);
        state.notes[0] = note(2, "changed");
        state.notes.push(note(4, "new"));
        update::Set::new()
            .list(state.list)
            .queue(state.queue)
            .shortened(state.shortened)
            .more(state.more + 2)
            .less(state.less - 1)
            .balance(state.balance - 2)
            .share(state.share + 0.5)
            .top(9)
            .low(1)
            .all(false)
            .any(true)
            .first(Some("child".to_owned()))
            .latest("child")
            .tags(state.tags)
            .bag(state.bag)
            .pages(state.pages)
            .counts(state.counts)
            .notes(state.notes)
            .longest("longer than that")
            .plain("child")
            .seen(seen)
    }
}

/// A reducer for every field, and a node beside the child, which waits meanwhile.
#[graph(id = "outer")]
mod outer {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Outer {
        #[reduce(append)]
        #[default(vec![1])]
        pub list: Vec<u32>,
        #[reduce(append)]
        #[default(VecDeque::from([1]))]
        pub queue: VecDeque<u32>,
        #[reduce(append)]
        #[default(vec![1, 2])]
        pub shortened: Vec<u32>,
        #[reduce(sum)]
        #[default(1)]
        pub more: u32,
        #[reduce(sum)]
        #[default(1)]
        pub less: u32,
        #[reduce(sum)]
        pub balance: i64,
        #[reduce(sum)]
        pub share: f64,
        #[reduce(max)]
        pub top: u32,
        #[reduce(min)]
        #[default(5)]
        pub low: u32,
        #[reduce(and)]
        #[default(true)]
        pub all: bool,
        #[reduce(or)]
        pub any: bool,
        #[reduce(keep_first)]
        pub first: Option<String>,
        #[reduce(last)]
        pub latest: String,
        #[reduce(union)]
        #[default(BTreeSet::from(["old".to_owned(), "gone".to_owned()]))]
        pub tags: BTreeSet<String>,
        #[reduce(union)]
        #[default(HashSet::from([1]))]
        pub bag: HashSet<u32>,
        #[reduce(merge)]
        #[default(BTreeMap::from(["changed", "gone", "old"].map(|page| (page.to_owned(), 1))))]
        pub pages: BTreeMap<String, u32>,
        #[reduce(merge)]
        #[default(HashMap::from([("gone".to_owned(), 1)]))]
        pub counts: HashMap<String, u32>,
        #[reduce(upsert(key = id))]
        #[default(vec![note(1, "gone"), note(2, "old"), note(3, "kept")])]
        pub notes: Vec<Note>,
        #[reduce(Longest)]
        #[default("long".to_owned())]
        pub longest: String,
        pub plain: String,
        #[default("untouched".to_owned())]
        pub untouched: String,
        pub lent: Option<setter::Output>,
    }

    edges! {
        start -> {child, beside};
        {child, beside} -> finish -> end;
    }

    #[subgraph(
        setter::Setter,
        share(
            list, queue, shortened, more, less, balance, share, top, low, all, any, first, latest, tags, bag, pages,
            counts, notes, longest, plain, untouched,
        ),
        into = lent
    )]
    fn child() -> setter::Input {
        setter::Input::new()
    }

    #[node(writes(
        list, queue, more, balance, share, top, low, tags, bag, pages, counts, notes, longest
    ))]
    fn beside() -> update::Beside {
        update::Beside::new()
            .list([7])
            .queue([7])
            .more(10)
            .balance(10)
            .share(1.0)
            .top(3)
            .low(2)
            .tags(["beside".to_owned()])
            .bag([7])
            .pages([("beside".to_owned(), 7)])
            .counts([("beside".to_owned(), 7)])
            .notes([note(3, "beside"), note(7, "beside")])
            .longest("longer".to_owned())
    }

    #[node]
    fn finish() {}
}

on_every_backend! {
    async fn what_a_child_did_comes_back_by_our_reducers(store) {
        let built = async || outer::Outer::graph().checkpointer(store.open().await).build().thread("t");
        let pause = built().await.invoke(outer::Input::new()).await.unwrap().paused().unwrap();
        // What happened beside it has taken effect by now, and is known to the thread alone.
        assert_eq!(built().await.state().await.unwrap().unwrap().state.list, [1, 7]);
        let question = pause.child().unwrap();
        let setter::Question::Wait(wait) = &question.question;
        let answer = question.answer(wait.answer(true));
        let output = built().await.answer(answer).await.unwrap().done().unwrap();
        assert_eq!((&output.list, &output.queue), (&vec![1, 7, 2], &VecDeque::from([1, 7, 2])));
        assert_eq!(output.shortened, [1], "no appending comes to that, so it is set");
        assert_eq!((output.more, output.less, output.balance), (13, 0, 8));
        assert!((output.share - 1.5).abs() < 1e-9);
        assert_eq!((output.top, output.low, output.all, output.any), (9, 1, false, true));
        assert_eq!((output.first.as_deref(), output.latest.as_str()), (Some("child"), "child"));
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(output.tags, words(&["old", "beside", "new"]));
        assert_eq!(output.bag, HashSet::from([2, 7]));
        let pages = [("beside", 7), ("changed", 2), ("old", 1)];
        assert_eq!(output.pages, pages.map(|(page, count)| (page.to_owned(), count)).into());
        let counts = [("beside", 7), ("new", 2)];
        assert_eq!(output.counts, counts.map(|(word, count)| (word.to_owned(), count)).into());
        let notes = [note(2, "changed"), note(3, "beside"), note(7, "beside"), note(4, "new")];
        assert_eq!(output.notes, notes);
        assert_eq!((output.longest.as_str(), output.plain.as_str()), ("longer than that", "child"));
        assert_eq!(output.untouched, "untouched");
        // It began with what we had then.
        assert_eq!(output.lent.unwrap().seen, [1]);
    }
}
