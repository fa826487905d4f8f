//! The line of inputs that wait for a thread where several processes run it: the thread's durable inbox.
//!
//! An input that finds the thread taken is put into the inbox, and counts as taken in from then on. Whoever takes the
//! thread runs what is first in the line; the commit that stores an input takes its letter out, so that it is run once,
//! whoever dies meanwhile. Its moment has the letter's id: whoever waits for the input finds its run by that, and how
//! it ended.

mod claim;
mod outcome;
mod serve;
mod stop;
mod wait;

use std::collections::HashSet;

pub(super) use claim::before_stopped;
pub(crate) use outcome::outcome;
pub(super) use serve::attend;
pub(crate) use serve::{discard, work};
pub(super) use stop::{Stopper, stop_others};
pub(crate) use wait::enqueue;
pub(super) use wait::{look, run_in_line};

use super::registry::Hold;
use super::request::{Command, Home};
use crate::checkpointer::{At, Commit, Query, Record, Source, StoreError};
use crate::definition::{GraphNode, StateGraph, node_named};
use crate::error::Error;
use crate::id::MomentId;
use crate::moment::{Letter, LetterInput, header_of, thread_text};
use crate::setting::Setting;

/// How many records are looked through at a time.
const PAGE: usize = 16;

/// What an input's first record takes out of the inbox.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// The id of that record, if the input has waited under it.
    pub(super) id: Option<MomentId>,
    pub(super) positions: Vec<u64>,
}

/// A letter and its place in the line.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) position: u64,
    pub(crate) letter: Letter,
}

/// A message that nobody can run.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) position: u64,
    pub(crate) what: String,
}

/// What waits for a thread, in order.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// A message that waits in a thread's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Queued {
    /// Where in the inbox it lies.
    pub position: u64,
    /// The id that the input's moment will have. `None` if it can't be run; then `trouble` says why.
    pub input: Option<MomentId>,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

impl Waiting {
    pub(crate) fn into_queued(self) -> Vec<Queued> {
        let inputs = self.entries.into_iter();
        let inputs = inputs.filter(|entry| entry.letter.input.is_some());
        let inputs = inputs.map(|entry| Queued {
            position: entry.position,
            input: Some(entry.letter.id),
            trouble: None,
        });
        let unreadable = self.unreadable.into_iter().map(|message| Queued {
            position: message.position,
            input: None,
            trouble: Some(message.what),
        });
        let mut queued: Vec<_> = inputs.chain(unreadable).collect();
        queued.sort_by_key(|message| message.position);
        queued
    }

    /// What is run next, those left out that can't be.
    fn first(&self, refused: &HashSet<MomentId>) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| !refused.contains(&entry.letter.id))
    }

    /// Where an input lies, more than once if its message came twice.
    fn positions(&self, id: MomentId) -> Vec<u64> {
        let same = self.entries.iter().filter(|entry| entry.letter.id == id);
        same.map(|entry| entry.position).collect()
    }

    /// Whether somebody who came later wants all before them to stop.
    fn stops(&self, first: &Entry) -> bool {
        let behind = |entry: &&Entry| entry.position > first.position;
        let mut later = self.entries.iter().filter(behind);
        later.any(|entry| entry.letter.interrupts())
    }
}

/// Reads a thread's inbox.
pub(crate) async fn waiting<G: StateGraph>(home: &Home) -> Result<Waiting, Error> {
    let reader = home.reader();
    let messages = home.saver.inbox(&home.key).await;
    let mut waiting = Waiting::default();
    for message in messages.map_err(|source| reader.store(source))? {
        let position = message.position;
        let letter = Letter::open(&message, reader.seal).map_err(|source| source.to_string());
        let checked = letter.and_then(|letter| match &letter.input {
            Some(input) => check::<G>(input).map(|()| letter),
            None => Ok(letter),
        });
        match checked {
            Ok(letter) => waiting.entries.push(Entry { position, letter }),
            Err(what) => waiting.unreadable.push(Unreadable { position, what }),
        }
    }
    Ok(waiting)
}

/// Whether this version of the graph can run an input.
fn check<G: StateGraph>(input: &LetterInput) -> Result<(), String> {
    let names = input.pause_before.iter().chain(&input.pause_after);
    for name in names {
        if node_named::<G>(name).is_none() {
            return Err(format!(
                "it is to pause at node `{name}`, which this version of the graph doesn't have"
            ));
        }
    }
    let read = G::read_input(&input.json);
    read.map(drop).map_err(|error| {
        format!("its input isn't one that this version of the graph takes ({error})")
    })
}

/// An input as it waits; `None` for a graph whose inputs can't.
fn letter_input<G: StateGraph>(
    command: &Command<G>,
    setting: &Setting<G>,
) -> Result<Option<LetterInput>, Error> {
    let (Command::Invoke(input) | Command::FromStart(input)) = command else {
        return Ok(None);
    };
    let json = G::input_json(input).map_err(|source| Error::Encode {
        what: "the input".to_owned(),
        source,
    })?;
    let names = |nodes: &[G::Node]| nodes.iter().map(|node| node.name().to_owned()).collect();
    Ok(json.map(|json| LetterInput {
        json,
        from_start: matches!(command, Command::FromStart(_)),
        metadata: setting.metadata.clone(),
        step_limit: setting.step_limit,
        durability: setting.durability,
        pause_before: names(&setting.pause_before),
        pause_after: names(&setting.pause_after),
    }))
}

/// Puts a letter into the inbox. `None` where the store has none.
async fn send(home: &Home, letter: &Letter) -> Result<Option<u64>, Error> {
    let reader = home.reader();
    let message = letter.seal(reader.seal).map_err(|source| Error::Encode {
        what: "the input".to_owned(),
        source,
    })?;
    match home.saver.send(&home.key, message).await {
        Ok(position) => Ok(Some(position)),
        Err(StoreError::Unsupported(_)) => Ok(None),
        Err(source @ StoreError::Unknown(_)) => match arrived(home, letter.id).await? {
            Some(position) => Ok(Some(position)),
            None => Err(reader.store(source)),
        },
        Err(source) => Err(reader.store(source)),
    }
}

/// Where a letter lies of which nobody knows whether it was sent; 0 if it was run by now.
async fn arrived(home: &Home, id: MomentId) -> Result<Option<u64>, Error> {
    let reader = home.reader();
    let messages = home.saver.inbox(&home.key).await;
    for message in messages.map_err(|source| reader.store(source))? {
        if Letter::open(&message, reader.seal).is_ok_and(|letter| letter.id == id) {
            return Ok(Some(message.position));
        }
    }
    Ok(stored(home, id).await?.map(|_| 0))
}

/// The record of an input that was taken in.
async fn stored(home: &Home, id: MomentId) -> Result<Option<Record>, Error> {
    let chain = home.saver.load(&home.key, At::Moment(id)).await;
    let chain = chain.map_err(|source| home.reader().store(source))?;
    Ok(chain.and_then(|mut chain| chain.records.pop()))
}

/// Takes messages out of the inbox that are not to be run. Whoever does that has the thread.
async fn receive(home: &Home, epoch: u64, positions: Vec<u64>) -> Result<(), Error> {
    let commit = Commit {
        received: positions,
        epoch,
        ..Commit::default()
    };
    match home.saver.commit(&home.key, commit).await {
        Ok(()) => Ok(()),
        Err(StoreError::Fenced { .. }) => Err(Error::TakenOver {
            thread: thread_text(&home.key),
        }),
        Err(source) => Err(home.reader().store(source)),
    }
}

/// [`receive`], and leaves the thread to others.
async fn drop_out(home: &Home, hold: Hold, positions: Vec<u64>) -> Result<(), Error> {
    let received = receive(home, hold.epoch(), positions).await;
    hold.give_back().await;
    received
}

/// Whether the input that was taken in last has waited in the inbox: its record has the id of its run.
async fn has_waited(home: &Home) -> Result<bool, Error> {
    let mut waited = false;
    let seal = home.reader().seal;
    line_while(home, |record| {
        let is_input = record.source == Source::Input;
        if is_input {
            let header = header_of(record, seal)?;
            waited = header.is_some_and(|header| header.id == record.id.to_string());
        }
        Ok(!is_input)
    })
    .await?;
    Ok(waited)
}

/// The records that lead to the thread's head, newest first, as long as they are wanted.
async fn line_while(
    home: &Home,
    mut wanted: impl FnMut(&Record) -> Result<bool, StoreError>,
) -> Result<Vec<Record>, Error> {
    let reader = home.reader();
    let failed = |source| reader.store(source);
    let mut page = Query {
        limit: Some(PAGE),
        ..Query::default()
    };
    let (mut line, mut next) = (Vec::new(), None);
    loop {
        let listed = home.saver.list(&home.key, &page).await.map_err(failed)?;
        page.before = listed.last().map(|oldest| oldest.sequence);
        let over = listed.len() < PAGE;
        for record in listed {
            if *next.get_or_insert(record.id) != record.id {
                continue;
            }
            if !wanted(&record).map_err(failed)? {
                return Ok(line);
            }
            let parent = record.parent;
            line.push(record);
            match parent {
                Some(parent) => next = Some(parent),
                None => return Ok(line),
            }
        }
        if over {
            return Ok(line);
        }
    }
}
