//! What counts: the small file that is replaced by each commit.

use std::path::{Path, PathBuf};

use graph_runtime::{MomentId, Standing, StoreError, ThreadKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::place::Place;
use super::{disk, entry};

/// What counts of a thread, or of one path of it. A record whose sequence is higher, and writes in another
/// file than the one named here, are left-overs of a commit that didn't come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) namespace: String,
    pub(super) thread: String,
    pub(super) path: String,
    /// Told apart from what was deleted before.
    pub(super) life: MomentId,
    /// How many commits and rewrites there were.
    pub(super) commits: u64,
    pub(super) moment: Option<MomentId>,
    pub(super) sequence: u64,
    pub(super) due: Option<Timestamp>,
    /// The commit that wrote the writes; none where there are none.
    pub(super) writes: Option<u64>,
    /// The rewrite that wrote the records anew; none where none did.
    #[serde(default)]
    pub(super) records: Option<u64>,
    /// How often records went.
    #[serde(default)]
    pub(super) rewrites: u64,
}

impl Head {
    /// Before the first commit.
    pub(super) fn new(key: &ThreadKey) -> Self {
        Self {
            namespace: key.namespace().to_owned(),
            thread: key.thread().to_owned(),
            path: key.path().to_owned(),
            life: MomentId::at(Timestamp::now()),
            commits: 0,
            moment: None,
            sequence: 0,
            due: None,
            writes: None,
            records: None,
            rewrites: 0,
        }
    }

    /// Of a thread; `None` where nothing was written, or where it is being forgotten.
    pub(super) fn of(place: &Place, key: &ThreadKey) -> Result<Option<Self>, StoreError> {
        let directory = place.of(key);
        let Some(head) = Self::read(&directory)? else {
            return Ok(None);
        };
        if (&*head.namespace, &*head.thread, &*head.path)
            != (key.namespace(), key.thread(), key.path())
        {
            let why = "it belongs to another thread; was its directory moved?";
            return Err(disk::damaged(&file(&directory), why));
        }
        let gone = Gone::read(&place.thread(key))?;
        Ok(Some(head).filter(|_| !gone.is_some_and(|gone| gone.takes(key))))
    }

    /// Of whatever lies in a directory.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, StoreError> {
        let path = file(directory);
        disk::read(&path)?
            .map(|body| disk::parse(&path, &body))
            .transpose()
    }

    /// Makes it count.
    pub(super) fn replace(&self, directory: &Path) -> Result<(), StoreError> {
        disk::replace(&file(directory), &text(self)?)
    }

    /// Whether it counts anything but how often it changed.
    pub(super) fn holds_something(&self) -> bool {
        self.moment.is_some() || self.writes.is_some()
    }

    /// Where the records are that count.
    pub(super) fn records(&self, directory: &Path) -> PathBuf {
        entry::records(directory, self.records)
    }

    /// Where the thread stands, for the commit to judge.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            head: self.tip(),
            lease: 0,
            rewrites: self.rewrites,
        }
    }

    /// Where the head and the highest sequence are.
    pub(super) fn tip(&self) -> Option<(MomentId, u64)> {
        self.moment.map(|moment| (moment, self.sequence))
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join("head.json")
}

fn text(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(StoreError::unavailable)?;
    text.push(b'\n');
    Ok(text)
}

/// What is being forgotten below a thread: said in one file first, so that it goes at once.
#[derive(Serialize, Deserialize)]
pub(super) struct Gone {
    path: String,
}

impl Gone {
    pub(super) fn new(key: &ThreadKey) -> Self {
        Self {
            path: key.path().to_owned(),
        }
    }

    pub(super) fn file(thread: &Path) -> PathBuf {
        thread.join("gone.json")
    }

    pub(super) fn read(thread: &Path) -> Result<Option<Self>, StoreError> {
        let path = Self::file(thread);
        disk::read(&path)?
            .map(|body| disk::parse(&path, &body))
            .transpose()
    }

    pub(super) fn write(&self, thread: &Path) -> Result<(), StoreError> {
        disk::replace(&Self::file(thread), &text(self)?)
    }

    fn takes(&self, key: &ThreadKey) -> bool {
        self.takes_path(key.path())
    }

    /// Whether a path is the one that goes, or below it.
    pub(super) fn takes_path(&self, path: &str) -> bool {
        path.strip_prefix(&*self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
