//! Random walks through a thread's past: inputs, answers, values by hand, replays and forks at any moment, compared with
//! a model of the graph that knows nothing of storing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, MomentId, Query, Record, ThreadKey};

use graph_tests::graphs::branches::{Answer, Branches, Graph, Input, Node, Question, Values};
use graph_tests::office::scale;
use graph_tests::store::on_every_backend;

/// Where a thread of the graph stands.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    topic: String,
    consent: Option<bool>,
    work: Vec<String>,
    report: String,
    active: BTreeSet<Node>,
    /// Whether the question was asked.
    asked: bool,
    /// The slots of `{consent, write_up} -> publish`.
    slots: [bool; 2],
}

impl Model {
    fn begin(&mut self, topic: &str) {
        *self = Self {
            topic: topic.to_owned(),
            active: [Node::Consent, Node::Research].into(),
            ..Self::default()
        };
    }

    fn has_work(&self, answer: Option<bool>) -> bool {
        let waits = |node: &Node| *node == Node::Consent && self.asked && answer.is_none();
        self.active.iter().any(|node| !waits(node))
    }

    /// What follows when a node has ended.
    fn leave(&mut self, node: Node) {
        match node {
            Node::Research => drop(self.active.insert(Node::WriteUp)),
            Node::Consent => self.slots[0] = true,
            Node::WriteUp => self.slots[1] = true,
            Node::Publish => {}
        }
        if self.slots == [true; 2] {
            self.slots = [false; 2];
            self.active.insert(Node::Publish);
        }
    }

    fn step(&mut self, answer: Option<bool>) {
        for node in std::mem::take(&mut self.active) {
            match node {
                Node::Consent if !self.asked => {
                    self.asked = true;
                    self.active.insert(node);
                    continue;
                }
                Node::Consent if answer.is_none() => {
                    self.active.insert(node);
                    continue;
                }
                Node::Consent => (self.consent, self.asked) = (answer, false),
                Node::Research => self.work.push(format!("research on {}", self.topic)),
                Node::WriteUp => self.work.push("write-up".to_owned()),
                Node::Publish => {
                    self.report =
                        format!("{} / {:?}", self.work.join(" + "), self.consent.as_ref());
                }
            }
            self.leave(node);
        }
    }

    /// Takes steps; each makes a moment. Whether it stops for their number.
    fn run(&mut self, mut answer: Option<bool>, limit: usize, moments: &mut Vec<Self>) -> bool {
        for _ in 0..limit {
            if !self.has_work(answer) {
                return false;
            }
            self.step(answer);
            // Until it is asked, an answer stays where it is.
            answer = answer.filter(|_| self.asked);
            moments.push(self.clone());
        }
        self.has_work(answer)
    }

    /// Whether the values are set, which they aren't where the join would wait for ever.
    fn set(&mut self, work: &str, node: Option<Node>) -> bool {
        self.work.push(work.to_owned());
        let Some(node) = node else { return true };
        if !self.active.remove(&node) {
            self.active.clear();
            (self.slots, self.asked) = ([false; 2], false);
        }
        self.asked &= node != Node::Consent;
        self.leave(node);
        let one = self.slots[0] || self.active.contains(&Node::Consent);
        let other = self.slots[1]
            || self.active.contains(&Node::Research)
            || self.active.contains(&Node::WriteUp);
        one == other
    }

    fn is_at(&self, moment: &Moment<Branches>) -> bool {
        let state = &moment.state;
        (&state.topic, state.consent, &state.work, &state.report)
            == (&self.topic, self.consent, &self.work, &self.report)
            && moment.next == self.active.iter().copied().collect::<Vec<_>>()
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count as u64).unwrap()
    }
}

/// What came of an operation.
#[derive(Debug, PartialEq)]
enum Came {
    Well,
    ToItsLimit,
    Refused,
}

impl Came {
    fn of<T>(result: &Result<T, Error>) -> Self {
        match result {
            Ok(_) => Self::Well,
            Err(Error::StepLimit { .. }) => Self::ToItsLimit,
            Err(Error::Paused { .. } | Error::Unsound { .. } | Error::Stale { .. }) => {
                Self::Refused
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn limited(limited: bool) -> Self {
        if limited {
            Self::ToItsLimit
        } else {
            Self::Well
        }
    }
}

/// A walk: the thread, and the model of each of its moments.
struct Walk {
    graph: Graph,
    thread: Thread<Branches>,
    saver: Arc<dyn Checkpointer>,
    random: Random,
    models: HashMap<MomentId, Model>,
    stored: Vec<Record>,
    /// Answers to questions that were open once.
    old: Vec<Answer>,
}

impl Walk {
    async fn records(&self) -> Vec<Record> {
        let key = ThreadKey::new("branches", self.thread.id()).unwrap();
        let mut records = self.saver.list(&key, &Query::default()).await.unwrap();
        records.reverse();
        records
    }

    /// Holds what the thread says of itself against what the model has come to from `origin`.
    async fn check(&mut self, origin: Option<MomentId>, made: Vec<Model>) {
        let line = self
            .thread
            .history()
            .with_inputs()
            .line()
            .limit(made.len() + 1)
            .await
            .unwrap();
        for (moment, model) in line.iter().zip(made.iter().rev()) {
            assert!(model.is_at(moment), "{model:?}\n{moment:?}");
            self.models.insert(moment.id, model.clone());
        }
        assert_eq!(line.get(made.len()).map(|moment| moment.id), origin);
        let records = self.records().await;
        assert_eq!(
            records[..self.stored.len()],
            self.stored[..],
            "what was stored stays"
        );
        assert_eq!(records.len(), self.stored.len() + made.len());
        self.stored = records;
        let questions = self.thread.questions().await.unwrap();
        let asked = line.first().is_some_and(|head| self.models[&head.id].asked);
        assert_eq!(questions.len(), usize::from(asked));
        self.old.extend(
            questions
                .iter()
                .map(|Question::Consent(open)| open.answer(true)),
        );
    }

    #[allow(clippy::too_many_lines)] // one arm for each thing that can be done
    async fn go(&mut self, steps: usize) {
        let topic = format!("topic {steps}");
        let limit = self.random.below(5);
        let head = self.stored.last().map(|record| record.id);
        let Some(head) = head else {
            let (mut model, mut made) = (Model::default(), Vec::new());
            model.begin(&topic);
            made.push(model.clone());
            let limited = model.run(None, limit, &mut made);
            let done = self
                .thread
                .invoke(Input::new().topic(&topic))
                .step_limit(limit)
                .await;
            assert_eq!(Came::of(&done), Came::limited(limited));
            return self.check(None, made).await;
        };
        // Half of the time somewhere in the past.
        let at = match self.random.below(2) {
            0 => head,
            _ => self.stored[self.random.below(self.stored.len())].id,
        };
        let (mut model, mut made) = (self.models[&at].clone(), Vec::new());
        let branches = at != head;
        let node = [
            None,
            Some(Node::Consent),
            Some(Node::Research),
            Some(Node::WriteUp),
            Some(Node::Publish),
        ];
        let node = node[self.random.below(5)];
        let values = || Values::new().work(["by hand".to_owned()]);
        let there = self.thread.at(at);
        let (came, expected) = match self.random.below(7) {
            0 => {
                let expected = if model.active.is_empty() || model.has_work(None) {
                    if model.active.is_empty() {
                        model.begin(&topic);
                    }
                    model.topic.clone_from(&topic);
                    made.push(model.clone());
                    Came::limited(model.run(None, limit, &mut made))
                } else {
                    Came::Refused
                };
                let done = there
                    .invoke(Input::new().topic(&topic))
                    .step_limit(limit)
                    .await;
                (Came::of(&done), expected)
            }
            1 => {
                if branches {
                    made.push(model.clone());
                }
                let limited = model.run(None, limit, &mut made);
                (
                    Came::of(&there.resume().step_limit(limit).await),
                    Came::limited(limited),
                )
            }
            2 => {
                made.push(model.clone());
                let limited = model.run(None, limit, &mut made);
                (
                    Came::of(&there.replay().step_limit(limit).await),
                    Came::limited(limited),
                )
            }
            3 => {
                let is_set = model.set("by hand", node);
                made.extend(is_set.then(|| model.clone()));
                let update = there.fork(values());
                let done = match node {
                    Some(node) => update.as_node(node).await,
                    None => update.await,
                };
                (
                    Came::of(&done),
                    if is_set { Came::Well } else { Came::Refused },
                )
            }
            4 => {
                // Where the thread stands, whatever moment was chosen.
                model = self.models[&head].clone();
                let is_set = model.set("by hand", node);
                let update = self.thread.update(values());
                let update = match node {
                    Some(node) => update.as_node(node),
                    None => update,
                };
                let expected = if is_set {
                    made.push(model.clone());
                    Came::limited(model.run(None, limit, &mut made))
                } else {
                    Came::Refused
                };
                let came = Came::of(&update.resume().step_limit(limit).await);
                assert_eq!(came, expected);
                return self.check(Some(head), made).await;
            }
            5 => {
                // An answer reaches its own question, or none.
                let open = self.thread.questions().await.unwrap();
                model = self.models[&head].clone();
                let (answer, expected) = match &open[..] {
                    [Question::Consent(open)] => {
                        let limited = model.run(Some(false), limit, &mut made);
                        (open.answer(false), Came::limited(limited))
                    }
                    _ if self.old.is_empty() => return,
                    _ => {
                        let old = self.old[self.random.below(self.old.len())].clone();
                        (old, Came::Refused)
                    }
                };
                let done = self.thread.answer(answer).step_limit(limit).await;
                // One that was given but not taken for want of steps is taken by whoever goes on.
                if limit == 0 && expected == Came::ToItsLimit {
                    assert_eq!(Came::of(&done), expected);
                    let limited = model.run(Some(false), 9, &mut made);
                    assert!(!limited);
                    self.thread.resume().await.unwrap();
                } else {
                    assert_eq!(Came::of(&done), expected);
                }
                return self.check(Some(head), made).await;
            }
            _ => {
                let name = format!("{}-{steps}", self.thread.id());
                model.run(None, 9, &mut made);
                there.into(name.as_str()).replay().await.unwrap();
                let copy = self.graph.thread(name).state().await.unwrap().unwrap();
                assert!(model.is_at(&copy), "{model:?}\n{copy:?}");
                return self.check(Some(head), Vec::new()).await;
            }
        };
        assert_eq!(came, expected);
        let origin = if came == Came::Refused { head } else { at };
        self.check(Some(origin), made).await;
    }
}

on_every_backend! {
    async fn a_random_walk_through_the_past_ends_where_the_model_says(store) {
        for seed in 1..=8 * scale() {
            let saver = store.open().await;
            let graph = Branches::graph().checkpointer(Arc::clone(&saver)).build();
            let mut walk = Walk {
                thread: graph.thread(format!("walk-{seed}")),
                graph,
                saver,
                random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
                models: HashMap::new(),
                stored: Vec::new(),
                old: Vec::new(),
            };
            for steps in 0..40 {
                walk.go(steps).await;
            }
            // Every moment of every branch is what it was.
            for (id, model) in &walk.models {
                assert!(model.is_at(&walk.thread.moment(*id).await.unwrap()));
            }
        }
    }
}
