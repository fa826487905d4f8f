//! Which thread belongs to a user: a small file for each.

use graph_runtime::{StoreError, ThreadKey};
use serde::{Deserialize, Serialize};

use super::disk;
use super::place::Place;

#[derive(Serialize, Deserialize)]
struct User {
    user: String,
    thread: String,
}

/// The thread of a user, which is the proposed one if there is none yet.
pub(super) fn thread_of(
    place: &Place,
    user: &str,
    proposed: &ThreadKey,
) -> Result<String, StoreError> {
    let path = place.user(proposed.namespace(), user);
    let kept = || -> Result<Option<User>, StoreError> {
        disk::read(&path)?
            .map(|body| disk::parse(&path, &body))
            .transpose()
    };
    if let Some(kept) = kept()? {
        return Ok(kept.thread);
    }
    let _lock = place.lock_users()?;
    if let Some(kept) = kept()? {
        return Ok(kept.thread);
    }
    place.make(&place.users(proposed.namespace()))?;
    let thread = proposed.thread().to_owned();
    let new = User {
        user: user.to_owned(),
        thread: thread.clone(),
    };
    let body = disk::line(&new).map_err(StoreError::unavailable)?;
    disk::replace(&path, &body)?;
    Ok(thread)
}

/// Forgets the users that lead to a thread.
pub(super) fn free(place: &Place, thread: &ThreadKey) -> Result<(), StoreError> {
    let _lock = place.lock_users()?;
    let users = place.users(thread.namespace());
    for file in disk::names(&users)? {
        let path = users.join(file);
        // What is beside a file is a left-over, and may be half of one.
        if path.extension().is_none_or(|kind| kind != "json") {
            continue;
        }
        let Some(body) = disk::read(&path)? else {
            continue;
        };
        let user: User = disk::parse(&path, &body)?;
        if user.thread == thread.thread() {
            disk::remove(&path)?;
        }
    }
    if users.is_dir() {
        disk::sync(&users).map_err(|error| disk::failed(&users, &error))?;
    }
    Ok(())
}
