//! One change of a thread, or of one path of it, without a transaction: what it adds and takes away is written
//! beside, and counts by one update of one document, the *head*.
//!
//! Each attempt at a change has an id of its own. The entries that it adds say that id as their `commit`, and the head's
//! version that they would make as their `at`. The entries that it takes away get the id into their `taken`. Then
//! the head is updated, if it still has the version that was looked at: it gets the next version, and the id as one
//! of its `open` commits. From then on, and not before, the entries count as they say.
//!
//! So an entry counts for a head if its `at` isn't above the head's version, its `commit` is among the open ones or
//! settled, and none of the open ones has taken it. Of two attempts at one version one at most finds the head as it
//! looked at it; the other's id is in no head, ever, and what it wrote is nothing. After some commits the open ones
//! are *settled*: what they have taken is removed, the `commit` of what they added is emptied, and what failed
//! attempts left is removed. An attempt that may still succeed would make a version above the head's, and what it
//! wrote stays.

use ::mongodb::Collection;
use ::mongodb::bson::{Document, doc};
use graph_runtime::{MomentId, StoreError, Timestamp};

use super::database::Database;
use super::entry::{self, LOT, Origin};
use super::failure;
use super::part::{Part, Place};

/// After how many commits what they left is settled, so that the head stays small.
const OPEN: usize = 16;

impl Database {
    /// Where the document lies that says what counts there.
    pub(super) fn heads(&self, place: &Place) -> &Collection<Document> {
        if place.is_root {
            &self.threads
        } else {
            &self.paths
        }
    }
}

/// A change in the making. Nothing of it counts until it is [decided](Change::decide).
pub(super) struct Change<'c> {
    database: &'c Database,
    place: &'c Place,
    part: &'c Part,
    /// Told apart from every other attempt, also one at the same commit.
    id: String,
    added: Vec<Document>,
    taken: Vec<String>,
    /// How many entries it adds.
    count: usize,
    /// How many writes there are after it.
    writes: u64,
}

impl<'c> Change<'c> {
    pub(super) fn new(database: &'c Database, place: &'c Place, part: &'c Part) -> Self {
        Self {
            database,
            place,
            part,
            id: MomentId::at(Timestamp::now()).to_string(),
            added: Vec::new(),
            taken: Vec::new(),
            count: 0,
            writes: part.writes,
        }
    }

    /// Adds an entry, whose documents are made of where it comes from and its own id.
    pub(super) fn add(&mut self, documents: impl FnOnce(&Origin<'_>, &str) -> Vec<Document>) {
        let origin = Origin {
            part: &self.part.id,
            commit: &self.id,
            at: self.part.version + 1,
        };
        let id = format!("{}-{}", self.id, self.count);
        self.added.append(&mut documents(&origin, &id));
        self.count += 1;
    }

    /// Takes an entry away.
    pub(super) fn take(&mut self, entry: &Document) -> Result<(), StoreError> {
        self.taken.append(&mut entry::ids(entry)?);
        Ok(())
    }

    /// Counts writes that are added and taken away.
    pub(super) fn count_writes(&mut self, added: usize, taken: usize) {
        self.writes = (self.writes + added as u64).saturating_sub(taken as u64);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.taken.is_empty()
    }

    /// Makes it count, with what the head says from then on. `false` where somebody else changed the part since
    /// it was looked at: then nothing has happened.
    pub(super) async fn decide(self, mut head: Document) -> Result<bool, StoreError> {
        let mut open = self.part.open.clone();
        if open.len() >= OPEN {
            settle(self.database, self.part).await?;
            open.clear();
        }
        self.prepare()
            .await
            .map_err(|error| failure::before(&error))?;
        open.push(self.id.clone());
        head.extend(doc! {
            "version": self.part.version + 1,
            "open": open,
            "writes": self.writes.cast_signed(),
        });
        let expected = doc! { "_id": &self.part.id, "version": self.part.version };
        let heads = self.database.heads(self.place);
        let decided = heads.update_one(expected, doc! { "$set": head }).await;
        let decided = decided.map_err(|error| failure::deciding(&error))?;
        // What fails from here on is finished by the next commits.
        if decided.matched_count == 1 {
            let _ = self.remove_taken().await;
            Ok(true)
        } else {
            let _ = self.undo().await;
            Ok(false)
        }
    }

    /// Writes what doesn't count yet.
    async fn prepare(&self) -> Result<(), ::mongodb::error::Error> {
        for lot in self.taken.chunks(LOT) {
            let these = doc! { "_id": { "$in": lot } };
            let mark = doc! { "$addToSet": { "taken": &self.id } };
            self.database.entries.update_many(these, mark).await?;
        }
        if !self.added.is_empty() {
            entry::insert(self.database, &self.added).await?;
        }
        Ok(())
    }

    async fn remove_taken(&self) -> Result<(), ::mongodb::error::Error> {
        for lot in self.taken.chunks(LOT) {
            let these = doc! { "_id": { "$in": lot } };
            self.database.entries.delete_many(these).await?;
        }
        Ok(())
    }

    async fn undo(&self) -> Result<(), ::mongodb::error::Error> {
        if !self.added.is_empty() {
            let mine = doc! { "part": &self.part.id, "commit": &self.id };
            self.database.entries.delete_many(mine).await?;
        }
        if !self.taken.is_empty() {
            let marked = doc! { "part": &self.part.id, "taken": &self.id };
            let unmark = doc! { "$pull": { "taken": &self.id } };
            self.database.entries.update_many(marked, unmark).await?;
        }
        Ok(())
    }
}

/// Does away with what the open commits left, and with what was left by those that didn't come to their end.
///
/// Whoever looked at the same version sees the same before, after and in between. What a commit adds that may
/// still come to its end is of a later version, and stays.
async fn settle(database: &Database, part: &Part) -> Result<(), StoreError> {
    let settled = async {
        let taken = doc! { "part": &part.id, "taken": { "$in": &part.open } };
        database.entries.delete_many(taken).await?;
        let added = doc! { "part": &part.id, "commit": { "$in": &part.open } };
        let settle = doc! { "$set": { "commit": "" } };
        database.entries.update_many(added, settle).await?;
        let left = doc! {
            "part": &part.id, "commit": { "$gt": "" }, "at": { "$lte": part.version },
        };
        database.entries.delete_many(left).await.map(drop)
    };
    settled
        .await
        .map_err(|error: ::mongodb::error::Error| failure::before(&error))
}
