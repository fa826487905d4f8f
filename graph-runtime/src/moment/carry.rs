//! Taking graphs within another one along onto a branch: what they have stored is copied to where they look for it
//! there, each turn under an id of its own, so that they stand where they stood.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::body::{RunHeader, StoredActivation, StoredCall, StoredChild};
use super::copy::{Copy, Renamed};
use super::payload::ThreadSeal;
use super::read::{Child, Reader, thread_text};
use super::replay::Replay;
use crate::checkpointer::{At, Chain, Checkpointer, Commit, Expect, Record};
use crate::definition::BoxFuture;
use crate::error::Error;
use crate::id::{ActivationId, MomentId, QuestionId, ThreadKey, Timestamp};

/// Where a graph within another one is to stand on a branch, wherever it stood at the moment.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) child: Child,
    pub(crate) edit: Option<Edit>,
}

/// Sets values in a state as it is stored: gives the state, and the fingerprint of the graph that it is one of then.
pub(crate) type Edit =
    Arc<dyn Fn(&Reader<'_>, &Replay<'_>) -> Result<(String, String), Error> + Send + Sync>;

impl Placed {
    /// Whether it is in what this turn of the graph at `outer` calls, or is that.
    pub(crate) fn is_within(&self, outer: &ThreadKey, node: &str, turn: ActivationId) -> bool {
        let path = &*self.child.path;
        let inside = match outer.path() {
            "" => Some(path),
            outer => path
                .strip_prefix(outer)
                .and_then(|rest| rest.strip_prefix('/')),
        };
        let step = inside.and_then(|inside| inside.split('/').next());
        match step.and_then(|step| step.split_once('@')) {
            None => step == Some(node),
            Some((_, call)) => call.split('.').next() == Some(&*turn.to_string()),
        }
    }
}

/// What goes along onto a branch.
pub(crate) struct Luggage<'a> {
    saver: &'a dyn Checkpointer,
    /// That of whoever packs it.
    seal: ThreadSeal,
    /// The run that begins the branch.
    run: RunHeader<'static>,
    now: Timestamp,
    placed: &'a [Placed],
    /// The paths of those that have got their place.
    settled: HashSet<&'a str>,
    /// The turns of all that were copied, as they were called and as they are called now.
    turns: HashMap<ActivationId, ActivationId>,
    /// What is to be stored before the branch begins: what lies deepest comes first.
    commits: Vec<(ThreadKey, Commit)>,
}

/// What was packed.
pub(crate) struct Packed {
    /// Where each graph stands on the branch.
    pub(crate) children: Vec<StoredChild<'static>>,
    /// The turns of all that were copied, as they were called and as they are called now.
    pub(crate) turns: HashMap<ActivationId, ActivationId>,
    /// What is to be stored before the branch begins, in this order.
    pub(crate) commits: Vec<(ThreadKey, Commit)>,
}

/// A graph that goes along, and what is set in it.
struct Case<'a> {
    child: StoredChild<'static>,
    edit: Option<&'a Edit>,
}

/// From where to where.
struct Way<'k> {
    from: &'k ThreadKey,
    to: &'k ThreadKey,
}

impl<'a> Luggage<'a> {
    pub(crate) fn new(
        saver: &'a dyn Checkpointer,
        seal: ThreadSeal,
        run: RunHeader<'static>,
        now: Timestamp,
        placed: &'a [Placed],
    ) -> Self {
        Self {
            saver,
            seal,
            run,
            now,
            placed,
            settled: HashSet::new(),
            turns: HashMap::new(),
            commits: Vec::new(),
        }
    }

    /// Packs what these turns call, and whatever remembers its calls.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if what is stored of one is gone, [`Error::NotActive`] if one can't be put where it was
    /// to be, [`Error::Store`], [`Error::Corrupt`].
    pub(crate) async fn pack(
        mut self,
        from: &ThreadKey,
        to: &ThreadKey,
        children: &[StoredChild<'_>],
        turns: &[Renamed<'_>],
    ) -> Result<Packed, Error> {
        let children = self.pack_all(&Way { from, to }, children, turns).await?;
        let mut placed = self.placed.iter();
        if let Some(left) = placed.find(|placed| !self.settled.contains(&*placed.child.path)) {
            return Err(Error::NotActive {
                thread: thread_text(from),
                path: left.child.path.clone(),
            });
        }
        Ok(Packed {
            children,
            turns: self.turns,
            commits: self.commits,
        })
    }

    fn pack_all<'s>(
        &'s mut self,
        way: &'s Way<'_>,
        children: &'s [StoredChild<'_>],
        turns: &'s [Renamed<'_>],
    ) -> BoxFuture<'s, Result<Vec<StoredChild<'static>>, Error>> {
        Box::pin(async move {
            let mut packed = Vec::new();
            for case in self.cases(way.from, children, turns)? {
                packed.extend(self.pack_one(way, case, turns).await?);
            }
            Ok(packed)
        })
    }

    /// Those that have come somewhere, and those that are to.
    fn cases(
        &mut self,
        from: &ThreadKey,
        children: &[StoredChild<'_>],
        turns: &[Renamed<'_>],
    ) -> Result<Vec<Case<'a>>, Error> {
        let children = children.iter().cloned().map(StoredChild::into_owned);
        let mut cases: Vec<_> = children.map(|child| Case { child, edit: None }).collect();
        for placed in self.placed {
            let called = turns.iter().filter(|turn| turn.node == placed.child.node);
            for turn in called.map(|turn| Some(turn.old)).chain([None]) {
                let child = placed.child.as_stored(turn);
                if from.child(&child.step())?.path() == placed.child.path {
                    cases.retain(|case| !case.child.is_same(&child));
                    let edit = placed.edit.as_ref();
                    cases.push(Case { child, edit });
                    self.settled.insert(&placed.child.path);
                }
            }
        }
        Ok(cases)
    }

    async fn pack_one(
        &mut self,
        outer: &Way<'_>,
        Case { child: old, edit }: Case<'_>,
        turns: &[Renamed<'_>],
    ) -> Result<Option<StoredChild<'static>>, Error> {
        let renamed = |old| Some(turns.iter().find(|turn| turn.old == old)?.new);
        let turn = match old.turn.map(renamed) {
            None => None,
            Some(Some(turn)) => Some(turn),
            // Its turn ends where the branch begins.
            Some(None) => return Ok(None),
        };
        let mut child = StoredChild {
            turn,
            ..old.clone()
        };
        let way = Way {
            from: &outer.from.child(&old.step())?,
            to: &outer.to.child(&child.step())?,
        };
        let chain = self.chain(way.from, old.head).await?;
        let (tip, stood) = self.stood(way.from, old.head, &chain)?;
        let call = stood.run.call.and_then(|call| {
            let turn = renamed(call.turn)?;
            Some(StoredCall { turn, ..call })
        });
        if !way.leads_away() && call.is_none() && edit.is_none() {
            // It is between two calls. The next one finds that it has gone further meanwhile, and goes on from here.
            return Ok(Some(child));
        }
        child.head = self.copy(&way, tip, &stood, call, edit).await?;
        Ok(Some(child))
    }

    /// Copies a moment to where the graph looks for it, and the one at which the call began.
    async fn copy(
        &mut self,
        way: &Way<'_>,
        tip: &Record,
        stood: &Replay<'_>,
        mut call: Option<StoredCall>,
        edit: Option<&Edit>,
    ) -> Result<MomentId, Error> {
        let behind = self.reader(way.to).leftover().await?;
        let began = call
            .and_then(|call| call.began)
            .filter(|_| way.leads_away());
        let first = match began.filter(|began| *began != tip.id) {
            Some(began) => Some(
                self.copy_beginning(way, began, call, behind.sequence)
                    .await?,
            ),
            None => None,
        };
        let parent = match &first {
            Some(first) => Some(first.id),
            None => Some(tip.id).filter(|_| !way.leads_away()),
        };
        let sequence = first
            .as_ref()
            .map_or(behind.sequence, |first| first.sequence);
        let copy = Copy::of(tip, stood, self.run.clone(), self.now);
        let mut copy = copy.behind(sequence).fork(parent);
        if let (Some(call), Some(_)) = (&mut call, began) {
            call.began = first.as_ref().map(|first| first.id).or(Some(copy.id()));
        }
        copy.run.call = call;
        let turns = copy.turns();
        copy.children = self.pack_all(way, &stood.children, &turns).await?;
        for (turn, renamed) in copy.started.iter_mut().zip(&turns) {
            self.rename_questions(way.from, turn, renamed);
        }
        if let Some(edit) = edit {
            let fingerprint;
            (copy.state, fingerprint) = edit(&self.reader(way.from), stood)?;
            copy.run.fingerprint = fingerprint.into();
        }
        let id = copy.id();
        let copied = copy.seal(self.seal.of(way.to))?;
        self.turns
            .extend(turns.iter().map(|turn| (turn.old, turn.new)));
        let commit = Commit {
            expected: Expect::Head(behind.head),
            records: first.into_iter().chain([copied]).collect(),
            consumed: behind.turns,
            rewrites: behind.rewrites,
            ..Commit::default()
        };
        self.commits.push((way.to.clone(), commit));
        Ok(id)
    }

    /// Where a call began: what the graph has done to shared fields is told by the difference from there.
    async fn copy_beginning(
        &self,
        way: &Way<'_>,
        began: MomentId,
        call: Option<StoredCall>,
        sequence: u64,
    ) -> Result<Record, Error> {
        let chain = self.chain(way.from, began).await?;
        let (record, stood) = self.stood(way.from, began, &chain)?;
        let mut copy = Copy::of(record, &stood, self.run.clone(), self.now).behind(sequence);
        let began = Some(copy.id());
        copy.run.call = call.map(|call| StoredCall { began, ..call });
        copy.seal(self.seal.of(way.to))
    }

    /// What waits in a graph that was copied waits under a new id; what stands elsewhere now asks anew.
    fn rename_questions(
        &self,
        outer: &ThreadKey,
        turn: &mut StoredActivation<'_>,
        renamed: &Renamed<'_>,
    ) {
        let within = |placed: &Placed| placed.is_within(outer, renamed.node, renamed.old);
        if turn.waits_in_part() || self.placed.iter().any(within) {
            turn.questions = None;
        }
        for question in turn.questions.iter_mut().flatten() {
            if let Some(id) = &mut question.id {
                rename(id, &self.turns);
            }
        }
    }

    async fn chain(&self, key: &ThreadKey, moment: MomentId) -> Result<Chain, Error> {
        let chain = self.reader(key).load(At::Moment(moment)).await?;
        chain.ok_or_else(|| unknown(key, moment))
    }

    /// What stands at a moment, whose line this is.
    fn stood<'c>(
        &self,
        key: &ThreadKey,
        moment: MomentId,
        chain: &'c Chain,
    ) -> Result<(&'c Record, Replay<'c>), Error> {
        let stood = self.reader(key).stood(chain)?;
        stood.ok_or_else(|| unknown(key, moment))
    }

    fn reader<'k>(&self, key: &'k ThreadKey) -> Reader<'k>
    where
        'a: 'k,
    {
        Reader {
            saver: self.saver,
            key,
            seal: self.seal.of(key),
        }
    }
}

impl Way<'_> {
    /// Whether it leads to a place of its own.
    fn leads_away(&self) -> bool {
        self.from != self.to
    }
}

/// Calls the turn that asks as it is called now.
pub(crate) fn rename(question: &mut QuestionId, turns: &HashMap<ActivationId, ActivationId>) {
    if let Some(turn) = turns.get(&question.activation) {
        question.activation = *turn;
    }
}

fn unknown(key: &ThreadKey, moment: MomentId) -> Error {
    Error::UnknownMoment {
        thread: thread_text(key),
        moment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_into_what_one_turn_calls() {
        let turn = |index| ActivationId {
            moment: MomentId::numbered(7),
            index,
        };
        let thread = ThreadKey::new("graph", "t").unwrap();
        let (one, twelve) = (format!("web@{}", turn(1)), format!("web@{}", turn(12)));
        let web = thread.child(&one).unwrap();
        let within = |path: String, outer: &ThreadKey, node: &str, index| {
            let child = Child {
                node: String::new(),
                item: None,
                path,
                moment: MomentId::numbered(0),
            };
            Placed { child, edit: None }.is_within(outer, node, turn(index))
        };
        assert!(within(one.clone(), &thread, "web", 1));
        assert!(within(format!("{one}.3"), &thread, "web", 1));
        assert!(within(
            format!("{one}/search@{}", turn(2)),
            &thread,
            "web",
            1
        ));
        assert!(within(
            format!("{one}/search@{}", turn(2)),
            &web,
            "search",
            2
        ));
        assert!(within("memory".to_owned(), &thread, "memory", 5));
        // Not what only begins like it.
        assert!(!within(twelve.clone(), &thread, "web", 1));
        assert!(!within(
            format!("{twelve}/search@{}", turn(2)),
            &web,
            "search",
            2
        ));
        assert!(!within(one, &web, "web", 1));
        assert!(!within("memory".to_owned(), &thread, "mem", 5));
    }
}
