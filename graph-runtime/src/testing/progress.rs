//! How far a killed run has come, in its graph and in all graphs within it: which tasks are open as it is stored, and which
//! begin when it goes on.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::definition::BoxFuture;
use crate::engine::Home;
use crate::error::{Error, OfItem};
use crate::moment::StoredTurn;

/// The way down to a graph or a task: nodes, each with its item.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way(Vec<(String, Option<u32>)>);

/// What is stored of a run.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The step that is next in each graph that has begun.
    next: BTreeMap<Way, u64>,
    /// How often each task may begin in that step: its result isn't stored.
    open: BTreeMap<Way, usize>,
}

impl Progress {
    /// What is stored of a thread.
    pub(super) async fn of(home: &Home) -> Result<Self, Error> {
        let mut progress = Self::default();
        progress.look(home, Way::default(), None).await?;
        Ok(progress)
    }

    /// Looks at a graph, and at those that are called in it. One that a turn calls and that stands in another call has not
    /// begun with this one.
    fn look<'a>(
        &'a mut self,
        home: &'a Home,
        way: Way,
        caller: Option<&'a StoredTurn>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let Some(stored) = home.reader().stored_turns().await? else {
                return Ok(());
            };
            if stored.call.map(|call| call.turn) != caller.map(|caller| caller.id) {
                return Ok(());
            }
            for turn in &stored.turns {
                for (item, is_kept) in &turn.tasks {
                    let task = way.then(&turn.node, *item);
                    *self.open.entry(task.clone()).or_default() += usize::from(!is_kept);
                    for step in steps(turn, *item) {
                        let key = home.key.child(&step)?;
                        let within = Home {
                            key,
                            ..home.clone()
                        };
                        self.look(&within, task.clone(), Some(turn)).await?;
                    }
                }
            }
            self.next.insert(way, stored.step + 1);
            Ok(())
        })
    }

    /// Whether anything is stored.
    pub(super) fn has_begun(&self) -> bool {
        !self.next.is_empty()
    }

    /// A task that has begun though its result is stored.
    pub(super) fn ran_again<'b>(&self, begun: &'b [(Way, u64)]) -> Option<&'b Way> {
        let mut left = self.open.clone();
        let mut again = begun.iter().filter(|(task, step)| {
            if self.next.get(&task.graph()) != Some(step) {
                return false;
            }
            let left = left.entry(task.clone()).or_default();
            let is_over = *left == 0;
            *left = left.saturating_sub(1);
            is_over
        });
        again.next().map(|(task, _)| task)
    }
}

/// Under which names a graph that a task calls may be stored.
fn steps(turn: &StoredTurn, item: Option<u32>) -> [String; 2] {
    let StoredTurn { id, node, .. } = turn;
    let call = match item {
        None => format!("{node}@{id}"),
        Some(item) => format!("{node}@{id}.{item}"),
    };
    [call, node.clone()]
}

impl Way {
    fn then(&self, node: &str, item: Option<u32>) -> Self {
        let mut way = self.clone();
        way.0.push((node.to_owned(), item));
        way
    }

    /// The graph that a task is one of.
    fn graph(&self) -> Self {
        let mut way = self.clone();
        way.0.pop();
        way
    }

    /// The task that an event says has begun, and its step.
    pub(super) fn begun(event: &Value) -> Option<(Self, u64)> {
        let (mut way, mut event) = (Self::default(), event);
        loop {
            let item = event.get("item").and_then(Value::as_u64);
            let item = item.and_then(|item| u32::try_from(item).ok());
            way = way.then(event.get("node")?.as_str()?, item);
            match event.get("event")?.as_str()? {
                "started" => return Some((way, event.get("step")?.as_u64()?)),
                "within" => event = event.get("within")?,
                _ => return None,
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, (node, item)) in self.0.iter().enumerate() {
            let arrow = if depth == 0 { "" } else { " > " };
            write!(f, "{arrow}`{node}`{}", OfItem(*item))?;
        }
        Ok(())
    }
}
