//! Pruning a thread, and the graphs within it after it: nothing goes before what names it.

use std::collections::{HashMap, HashSet};

use super::Upkeep;
use super::plan::{Footing, Plan, Rule};
use crate::checkpointer::StoreError;
use crate::definition::BoxFuture;
use crate::engine::Home;
use crate::error::Error;
use crate::id::{MomentId, ThreadKey};
use crate::moment::{Reader, thread_text};

/// How often a path is planned anew because somebody has written to it meanwhile.
const TRIES: usize = 4;

/// What was removed from a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// Moments, with the records of inputs, of the thread and of graphs within it that still have others.
    pub moments: usize,
    /// Calls of graphs within it that nothing refers to any more: each with all it had stored.
    pub calls: usize,
}

impl Pruned {
    /// Whether nothing was to be removed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Upkeep {
    /// Removes what a rule doesn't keep of a thread that nobody runs.
    pub(super) async fn prune_by(&self, thread: &str, rule: &Rule) -> Result<Pruned, Error> {
        let home = self.home(thread)?;
        home.alone(async {
            let mut work = Pruner {
                home: &home,
                rule,
                pruned: Pruned::default(),
            };
            work.prune(home.key.clone(), HashSet::new()).await?;
            Ok(work.pruned)
        })
        .await
    }

    /// Whether pruning a thread would come to anything, as far as that can be said without taking it.
    pub(super) async fn is_to_be_pruned(&self, thread: &str, rule: &Rule) -> Result<bool, Error> {
        let home = self.home(thread)?;
        let reader = home.reader();
        let plan = Plan::of(&reader, rule, &HashSet::new(), false).await?;
        if plan.is_some_and(|plan| plan.removes() > 0) {
            return Ok(true);
        }
        let below = home.saver.paths(&home.key).await;
        Ok(!below.map_err(|source| reader.store(source))?.is_empty())
    }
}

struct Pruner<'a> {
    home: &'a Home,
    rule: &'a Rule,
    pruned: Pruned,
}

impl Pruner<'_> {
    /// Prunes a path and what lies below it. What is `named` by the graph around it stays.
    fn prune(
        &mut self,
        key: ThreadKey,
        named: HashSet<MomentId>,
    ) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let below = self.steps_below(&key).await?;
            let within = !below.is_empty() || !key.path().is_empty();
            let Some(plan) = self.rewrite(&key, &named, within).await? else {
                return Ok(());
            };
            let mut heads = heads(plan.footings());
            for step in below {
                let child = key.child(&step)?;
                let named = heads.remove(&step).unwrap_or_default();
                let turn = step.split_once('@').map(|(_, call)| turn_of(call));
                // What nothing names may have begun since the last moment; what remembers its calls goes on.
                let stays = !named.is_empty() || turn.is_none_or(|turn| plan.is_active(turn));
                if stays {
                    self.prune(child, named).await?;
                } else {
                    let deleted = self.home.saver.delete(&child).await;
                    deleted.map_err(|source| reader(self.home, &child).store(source))?;
                    self.pruned.calls += 1;
                }
            }
            Ok(())
        })
    }

    /// Rewrites the records of one path. Gives what it was planned by; `None` where there are no records.
    async fn rewrite(
        &mut self,
        key: &ThreadKey,
        named: &HashSet<MomentId>,
        within: bool,
    ) -> Result<Option<Plan>, Error> {
        let reader = reader(self.home, key);
        for _ in 0..TRIES {
            let Some(plan) = Plan::of(&reader, self.rule, named, within).await? else {
                return Ok(None);
            };
            let Some(rewrite) = plan.rewrite(&reader).await? else {
                return Ok(Some(plan));
            };
            match self.home.saver.rewrite(key, rewrite).await {
                Ok(()) => {
                    self.pruned.moments += plan.removes();
                    return Ok(Some(plan));
                }
                Err(StoreError::Conflict { .. } | StoreError::Rewritten) => {}
                Err(source) => return Err(reader.store(source)),
            }
        }
        Err(Error::Busy {
            thread: thread_text(key),
        })
    }

    /// The first steps of the ways down from a path, in their order.
    async fn steps_below(&self, key: &ThreadKey) -> Result<Vec<String>, Error> {
        let paths = self.home.saver.paths(key).await;
        let paths = paths.map_err(|source| reader(self.home, key).store(source))?;
        let skipped = match key.path() {
            "" => 0,
            path => path.len() + 1,
        };
        let step = |path: &String| path.get(skipped..)?.split('/').next().map(str::to_owned);
        let mut steps: Vec<_> = paths.iter().filter_map(step).collect();
        steps.sort_unstable();
        steps.dedup();
        Ok(steps)
    }
}

/// Where the moments that stay say that each graph within stands.
fn heads<'f>(footings: impl Iterator<Item = &'f Footing>) -> HashMap<String, HashSet<MomentId>> {
    let mut heads: HashMap<_, HashSet<_>> = HashMap::new();
    for child in footings.flat_map(|footing| &footing.children) {
        heads.entry(child.step()).or_default().insert(child.head);
    }
    heads
}

/// The turn that calls, without the item.
fn turn_of(call: &str) -> &str {
    call.split('.').next().unwrap_or(call)
}

fn reader<'a>(home: &'a Home, key: &'a ThreadKey) -> Reader<'a> {
    Reader {
        saver: &*home.saver,
        key,
        seal: home.reader().seal.of(key),
    }
}
