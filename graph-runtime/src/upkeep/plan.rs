//! What goes of the records of one path, and what becomes of those that stay.
//!
//! A record stays as it is if what it goes on from stays. One that went on from a record which goes becomes a snapshot,
//! and goes on from the nearest one before it that stays; what is told by changes from there on is told by changes to
//! that snapshot. The answers that were taken by what went are known to the snapshot, so that one that comes in again
//! is still known for the same.

use std::collections::{HashMap, HashSet};

use super::keep::Keep;
use crate::checkpointer::{At, Expect, Query, Record, Rewrite, Source};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, QuestionId, Timestamp};
use crate::moment::{PAGE, Reader, Replay, StoredChild, answers_of, as_snapshot, based_on};

/// What decides over the moments of a thread, and of the graphs within it.
pub(super) enum Rule {
    Keep {
        keep: Keep,
        now: Timestamp,
    },
    /// Those of these runs go.
    WithoutRuns(HashSet<String>),
}

/// A record without what is in it.
struct Row {
    id: MomentId,
    parent: Option<MomentId>,
    base: MomentId,
    source: Source,
}

/// What a moment that stays needs of other records.
#[derive(Clone, Debug)]
pub(super) struct Footing {
    /// Where the graphs within stand.
    pub(super) children: Vec<StoredChild<'static>>,
    /// With which moment the call began that it is in the middle of.
    began: Option<MomentId>,
    /// What is active.
    active: Vec<ActivationId>,
}

/// What is to be done to the records of one path.
pub(super) struct Plan {
    /// The head and the count of rewrites that it was made by.
    head: MomentId,
    rewrites: u64,
    /// All records, oldest first.
    rows: Vec<Row>,
    kept: HashSet<MomentId>,
    /// Of those that stay, where that was asked for.
    footings: HashMap<MomentId, Footing>,
}

/// What becomes of a record that stays.
enum Becomes {
    /// A snapshot that goes on from another one.
    Snapshot(Option<MomentId>),
    /// A change to another snapshot.
    Change(MomentId),
}

impl Plan {
    /// Decides over the records of a path; `None` where there are none. What is `named` elsewhere stays, and the head.
    pub(super) async fn of(
        reader: &Reader<'_>,
        rule: &Rule,
        named: &HashSet<MomentId>,
        within: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(chain) = reader.load(At::Head).await? else {
            return Ok(None);
        };
        let Some(head) = chain.head else {
            return Ok(None);
        };
        let (rows, mut kept) = decide(reader, rule).await?;
        kept.insert(head);
        kept.extend(
            rows.iter()
                .map(|row| row.id)
                .filter(|id| named.contains(id)),
        );
        if matches!(rule, Rule::Keep { .. }) {
            keep_inputs(&rows, &mut kept);
        }
        let mut plan = Self {
            head,
            rewrites: chain.rewrites,
            rows,
            kept,
            footings: HashMap::new(),
        };
        if within {
            plan.find_footings(reader).await?;
        }
        Ok(Some(plan))
    }

    /// Looks at what stays, and lets what it needs stay too.
    async fn find_footings(&mut self, reader: &Reader<'_>) -> Result<(), Error> {
        loop {
            let rows = self.rows.iter().rev().map(|row| row.id);
            let new = |id: &MomentId| self.kept.contains(id) && !self.footings.contains_key(id);
            let unseen: Vec<_> = rows.filter(new).collect();
            if unseen.is_empty() {
                return Ok(());
            }
            let seen = reader.look_at(&unseen, |record, stood| Ok((record.id, footing(stood))));
            let before = self.footings.len();
            self.footings.extend(seen.await?);
            if self.footings.len() == before {
                return Ok(());
            }
            let began = self.footings.values().filter_map(|footing| footing.began);
            let began: HashSet<_> = began.collect();
            let rows = self.rows.iter().map(|row| row.id);
            self.kept.extend(rows.filter(|id| began.contains(id)));
        }
    }

    pub(super) fn footings(&self) -> impl Iterator<Item = &Footing> {
        self.footings.values()
    }

    /// Whether a turn is active where the path stands.
    pub(super) fn is_active(&self, turn: &str) -> bool {
        let head = self.footings.get(&self.head);
        head.is_some_and(|head| head.active.iter().any(|active| active.to_string() == turn))
    }

    /// How many records go.
    pub(super) fn removes(&self) -> usize {
        self.rows.len() - self.kept_rows().count()
    }

    fn kept_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| self.kept.contains(&row.id))
    }

    /// What it comes to; `None` where nothing goes.
    pub(super) async fn rewrite(&self, reader: &Reader<'_>) -> Result<Option<Rewrite>, Error> {
        if self.removes() == 0 {
            return Ok(None);
        }
        let removed = self.rows.iter().map(|row| row.id);
        Ok(Some(Rewrite {
            expected: Expect::Head(Some(self.head)),
            rewrites: self.rewrites,
            removed: removed.filter(|id| !self.kept.contains(id)).collect(),
            replaced: self.replaced(reader).await?,
            writes: Vec::new(),
        }))
    }

    /// What those that stay become, as far as it is something else.
    fn changes(&self) -> HashMap<MomentId, Becomes> {
        let parents: HashMap<_, _> = self.rows.iter().map(|row| (row.id, row.parent)).collect();
        let mut bases: HashMap<MomentId, MomentId> = HashMap::new();
        let mut changes = HashMap::new();
        for row in self.kept_rows() {
            let is_lost =
                |parent: &MomentId| parents.contains_key(parent) && !self.kept.contains(parent);
            if row.parent.as_ref().is_some_and(is_lost) {
                let before = |id: &MomentId| parents.get(id).copied().flatten();
                let mut line = std::iter::successors(row.parent, before);
                let parent = line.find(|id| self.kept.contains(id));
                bases.insert(row.id, row.id);
                changes.insert(row.id, Becomes::Snapshot(parent));
                continue;
            }
            let of_parent = || row.parent.and_then(|parent| bases.get(&parent).copied());
            let base = if row.base == row.id {
                None
            } else {
                of_parent()
            };
            let base = base.unwrap_or(row.base);
            bases.insert(row.id, base);
            if base != row.base {
                changes.insert(row.id, Becomes::Change(base));
            }
        }
        changes
    }

    async fn replaced(&self, reader: &Reader<'_>) -> Result<Vec<Record>, Error> {
        let changes = self.changes();
        let mut replaced = Vec::new();
        let mut answers = HashMap::new();
        let mut query = page();
        loop {
            let listed = reader.list(&query).await?;
            let Some(oldest) = listed.last() else { break };
            query.before = Some(oldest.sequence);
            for record in listed {
                match changes.get(&record.id) {
                    Some(Becomes::Change(base)) => {
                        let based = based_on(&record, *base, reader.seal);
                        replaced.push(based.map_err(|cause| reader.damaged(&record, cause))?);
                    }
                    Some(Becomes::Snapshot(_)) => {
                        let taken = answers_of(&record, reader.seal);
                        let taken = taken.map_err(|cause| reader.damaged(&record, cause))?;
                        answers.insert(record.id, taken);
                    }
                    None if self.kept.contains(&record.id) => {}
                    // What can't be read goes like all else: nobody will miss what it says.
                    None => {
                        let taken = answers_of(&record, reader.seal).unwrap_or_default();
                        answers.insert(record.id, taken);
                    }
                }
            }
        }
        for (id, becomes) in changes {
            if let Becomes::Snapshot(parent) = becomes {
                let answered = self.taken_on_the_way(id, parent, &answers);
                let Some(chain) = reader.load(At::Moment(id)).await? else {
                    continue;
                };
                let Some((record, stood)) = reader.stood(&chain)? else {
                    continue;
                };
                replaced.push(as_snapshot(record, &stood, parent, answered, reader.seal)?);
            }
        }
        replaced.sort_by_key(|record| record.sequence);
        Ok(replaced)
    }

    /// The answers that were taken since the moment that a snapshot goes on from, oldest first.
    fn taken_on_the_way(
        &self,
        to: MomentId,
        from: Option<MomentId>,
        answers: &HashMap<MomentId, Vec<(QuestionId, u64)>>,
    ) -> Vec<(QuestionId, u64)> {
        let mut taken = Vec::new();
        let mut at = Some(to);
        for row in self.rows.iter().rev() {
            if at == from {
                break;
            }
            if at == Some(row.id) {
                taken.push(answers.get(&row.id).cloned().unwrap_or_default());
                at = row.parent;
            }
        }
        taken.into_iter().rev().flatten().collect()
    }
}

/// All records of a path, oldest first, and which of them stay by the rule.
async fn decide(reader: &Reader<'_>, rule: &Rule) -> Result<(Vec<Row>, HashSet<MomentId>), Error> {
    let (mut rows, mut kept) = (Vec::new(), HashSet::new());
    let (mut query, mut newer) = (page(), 0);
    loop {
        let listed = reader.list(&query).await?;
        let Some(oldest) = listed.last() else { break };
        query.before = Some(oldest.sequence);
        match rule {
            Rule::Keep { keep, now } => {
                for record in listed
                    .iter()
                    .filter(|record| record.source != Source::Input)
                {
                    if keep.keeps(newer, record.created_at, *now) {
                        kept.insert(record.id);
                    }
                    newer += 1;
                }
            }
            Rule::WithoutRuns(runs) => {
                let ids: Vec<_> = listed.iter().map(|record| record.id).collect();
                let others = reader.look_at(&ids, |record, stood| {
                    Ok(Some(record.id).filter(|_| !runs.contains(&*stood.run.id)))
                });
                kept.extend(others.await?.into_iter().flatten());
            }
        }
        rows.extend(listed.into_iter().map(|record| Row {
            id: record.id,
            parent: record.parent,
            base: record.base,
            source: record.source,
        }));
    }
    rows.reverse();
    Ok((rows, kept))
}

/// An input stays with the step that took it, so that this can be done again from there.
fn keep_inputs(rows: &[Row], kept: &mut HashSet<MomentId>) {
    let parents: HashSet<_> = rows
        .iter()
        .filter(|row| kept.contains(&row.id))
        .filter_map(|row| row.parent)
        .collect();
    let inputs = rows.iter().filter(|row| row.source == Source::Input);
    kept.extend(inputs.map(|row| row.id).filter(|id| parents.contains(id)));
}

fn footing(stood: &Replay<'_>) -> Footing {
    Footing {
        children: {
            let children = stood.children.iter().cloned();
            children.map(StoredChild::into_owned).collect()
        },
        began: stood.run.call.and_then(|call| call.began),
        active: stood.active.iter().map(|(id, _)| *id).collect(),
    }
}

fn page() -> Query {
    Query {
        limit: Some(PAGE),
        ..Query::default()
    }
}
