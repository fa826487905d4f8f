//! Where things lie: the directory itself, its format and its locks, and the directories of threads.

use std::fs::File;
use std::path::{Path, PathBuf};

use graph_runtime::{StoreError, ThreadKey};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{disk, name};

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// How many threads can be written at once; others wait for one of these.
const LOCKS: u64 = 64;

/// What is there before the format is: whoever began the store may have been killed then.
const BEGUN: [&str; 2] = ["~locks", "format.json~"];

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
}

/// The directory of a store.
#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
}

impl Place {
    /// Opens a directory, and makes it where it is missing.
    pub(super) fn open(root: &Path) -> Result<Self, StoreError> {
        disk::make(root)?;
        let place = Self {
            root: root.to_owned(),
        };
        if !place.has_format()? {
            place.refuse_others()?;
        }
        disk::make(&root.join("~locks"))?;
        let _lock = place.lock("store")?;
        // Written also where it is there: what can't be written to is to be said at once.
        let format = disk::line(&Format { format: FORMAT }).map_err(StoreError::unavailable)?;
        let path = place.format();
        let beside = disk::beside(&path);
        disk::write_bytes(&beside, &[&format])?;
        if place.has_format()? {
            disk::remove(&beside)?;
        } else {
            disk::put(&beside, &path)?;
        }
        Ok(place)
    }

    fn format(&self) -> PathBuf {
        self.root.join("format.json")
    }

    /// Whether the directory is one of ours already, and of a format that can be read.
    fn has_format(&self) -> Result<bool, StoreError> {
        let path = self.format();
        let Some(body) = disk::read_bytes(&path)? else {
            return Ok(false);
        };
        let Format { format: found } = disk::parse(&path, &body)?;
        if found > FORMAT {
            return Err(StoreError::FormatTooNew {
                found,
                supported: FORMAT,
            });
        }
        Ok(true)
    }

    /// Refuses a directory that holds something and says nothing of us.
    fn refuse_others(&self) -> Result<(), StoreError> {
        let others = disk::names(&self.root)?;
        let other = others.iter().find(|name| !BEGUN.contains(&name.as_str()));
        // Somebody else may have begun it in the meantime.
        match other {
            Some(other) if !self.has_format()? => Err(StoreError::Unfit(format!(
                "{} holds `{other}` and is no directory of moments; give one that is empty or doesn't exist yet",
                self.root.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the store can be used: it is still there, and its locks can be taken.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if !self.has_format()? {
            return Err(StoreError::unavailable(format!(
                "{} was a directory of moments and is none any more; was it moved or removed?",
                self.root.display()
            )));
        }
        self.lock("store").map(drop)
    }

    /// Where what belongs to a thread is changed by one at a time, over all processes.
    pub(super) fn lock_thread(&self, key: &ThreadKey) -> Result<File, StoreError> {
        let name = format!("{}\0{}", key.namespace(), key.thread());
        self.lock(&format!("{:02x}", xxh3_64(name.as_bytes()) % LOCKS))
    }

    /// Where users are changed. Whoever has a thread's lock may take it; not the other way round.
    pub(super) fn lock_users(&self) -> Result<File, StoreError> {
        self.lock("users")
    }

    /// Waits for a lock, which ends with the file that is returned. Lock files stay: one that went while
    /// somebody waits for it would lock nothing.
    fn lock(&self, name: &str) -> Result<File, StoreError> {
        let path = self.root.join("~locks").join(format!("{name}.lock"));
        let lock = || {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| disk::failed(&path, &error))
    }

    /// Makes a directory in this one, with those between. Those that others have just made are on the disk
    /// then, too.
    pub(super) fn make(&self, within: &Path) -> Result<(), StoreError> {
        disk::make(within)?;
        for directory in within.ancestors().take_while(|above| *above != self.root) {
            disk::sync_parent(directory).map_err(|error| disk::failed(directory, &error))?;
        }
        Ok(())
    }

    pub(super) fn namespace(&self, namespace: &str) -> PathBuf {
        self.root.join(name::encode(namespace))
    }

    pub(super) fn users(&self, namespace: &str) -> PathBuf {
        self.namespace(namespace).join("~users")
    }

    pub(super) fn user(&self, namespace: &str, user: &str) -> PathBuf {
        let file = format!("{}.json", name::encode(user));
        self.users(namespace).join(file)
    }

    /// The directory of a thread, which holds those of its paths.
    pub(super) fn thread(&self, key: &ThreadKey) -> PathBuf {
        self.namespace(key.namespace())
            .join(name::encode(key.thread()))
    }

    /// The directory of a thread or of one of its paths.
    pub(super) fn of(&self, key: &ThreadKey) -> PathBuf {
        match key.path() {
            "" => self.thread(key),
            path => self.thread(key).join(name::encode_path(path)),
        }
    }
}
