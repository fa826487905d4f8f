//! What deletes. A thread is gone with its one document, whatever else is still there: all of it belongs to that
//! document's life. A path is gone when the thread's document says so. The rest is removed after that, also by
//! others where whoever began it was stopped.

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::error::Error;
use ::mongodb::options::FindOptions;
use futures_util::TryStreamExt;
use graph_runtime::{StoreError, ThreadKey};

use super::database::{Database, found};
use super::document::text;
use super::entry::LOT;
use super::failure;
use super::part::{Dying, Thread, range_below, thread};
use super::tries::Tries;

pub(super) async fn delete(database: &Database, key: &ThreadKey) -> Result<(), StoreError> {
    if !key.path().is_empty() {
        return delete_path(database, key).await;
    }
    let Some(thread) = thread(database, key).await? else {
        return Ok(());
    };
    let life = thread.part.id;
    // Whoever is stopped from here on leaves word of what is to be removed.
    let word = doc! { "_id": &life, "namespace": key.namespace(), "thread": key.thread() };
    match database.gone.insert_one(word).await {
        Err(error) if !failure::is_duplicate(&error) => return Err(failure::before(&error)),
        _ => {}
    }
    let gone = database.threads.delete_one(doc! { "_id": &life }).await;
    gone.map_err(|error| failure::deciding(&error))?;
    // It is forgotten already; what fails here is finished by whoever opens the database next.
    let _ = remove_life(database, key.namespace(), key.thread(), &life).await;
    Ok(())
}

/// Removes what belongs to lives that have ended and was left there.
pub(super) async fn finish_lives(database: &Database) -> Result<(), StoreError> {
    for word in found(&database.gone, Document::new(), FindOptions::default()).await? {
        let life = text(&word, "_id")?;
        let one = doc! { "_id": life };
        let is_there = database.newest(&database.threads, one, None).await?;
        if is_there.is_none() {
            let (namespace, thread) = (text(&word, "namespace")?, text(&word, "thread")?);
            let removed = remove_life(database, namespace, thread, life).await;
            removed.map_err(|error| failure::before(&error))?;
        }
    }
    Ok(())
}

async fn remove_life(
    database: &Database,
    namespace: &str,
    thread: &str,
    life: &str,
) -> Result<(), Error> {
    let paths = doc! { "namespace": namespace, "thread": thread, "life": life };
    remove_paths(database, paths).await?;
    database.entries.delete_many(doc! { "part": life }).await?;
    database.users.delete_many(doc! { "life": life }).await?;
    database.gone.delete_one(doc! { "_id": life }).await?;
    Ok(())
}

/// Removes paths with what belongs to them. Their documents go last: they say what there is to remove.
async fn remove_paths(database: &Database, which: Document) -> Result<(), Error> {
    // From here on no commit to them succeeds that was begun before, and each removes what it wrote.
    let close = doc! { "$inc": { "version": 1_i64 } };
    database.paths.update_many(which.clone(), close).await?;
    let id = doc! { "_id": 1 };
    let found = database.paths.find(which).projection(id).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let ids: Vec<_> = found
        .into_iter()
        .filter_map(|mut one| one.remove("_id"))
        .collect();
    for lot in ids.chunks(LOT) {
        let theirs = doc! { "part": { "$in": lot } };
        database.entries.delete_many(theirs).await?;
        let these = doc! { "_id": { "$in": lot } };
        database.paths.delete_many(these).await?;
    }
    Ok(())
}

async fn delete_path(database: &Database, key: &ThreadKey) -> Result<(), StoreError> {
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let Some(mut thread) = thread(database, key).await? else {
            return Ok(());
        };
        let at_or_below = at_or_below(key, &thread, key.path());
        let any = database.newest(&database.paths, at_or_below, None).await?;
        if any.is_none() {
            return Ok(());
        }
        let seen = thread.deaths;
        thread.deaths += 1;
        thread.dying.push(Dying {
            path: key.path().to_owned(),
            death: thread.deaths,
        });
        if say(database, &thread, seen).await? {
            // It is forgotten already; what fails here is finished by whoever begins something there.
            let _ = finish(database, key, &thread).await;
            return Ok(());
        }
    }
}

/// Removes what is said to be gone below a thread.
pub(super) async fn finish(
    database: &Database,
    key: &ThreadKey,
    thread: &Thread,
) -> Result<(), StoreError> {
    if thread.dying.is_empty() {
        return Ok(());
    }
    for dying in &thread.dying {
        let mut which = at_or_below(key, thread, &dying.path);
        which.insert("since", doc! { "$lt": dying.death });
        let removed = remove_paths(database, which).await;
        removed.map_err(|error| failure::before(&error))?;
    }
    let done = Thread {
        dying: Vec::new(),
        ..thread.clone()
    };
    // Where something more was deleted meanwhile, whoever did that goes over all of it.
    say(database, &done, thread.deaths).await.map(drop)
}

/// Writes what is being removed below a thread, unless somebody else deleted something there.
async fn say(database: &Database, thread: &Thread, seen: i64) -> Result<bool, StoreError> {
    let this = doc! { "_id": &thread.part.id, "deaths": seen };
    let dying: Vec<_> = thread.dying.iter().map(Dying::document).collect();
    let dying: Vec<_> = dying.into_iter().map(Bson::from).collect();
    let said = doc! { "$set": { "deaths": thread.deaths, "dying": dying } };
    let said = database.threads.update_one(this, said).await;
    let said = said.map_err(|error| failure::deciding(&error))?;
    Ok(said.matched_count == 1)
}

/// The documents of a path and of what lies below it.
fn at_or_below(key: &ThreadKey, thread: &Thread, path: &str) -> Document {
    doc! {
        "namespace": key.namespace(),
        "thread": key.thread(),
        "life": &thread.part.id,
        "$or": [{ "path": path }, { "path": range_below(path) }],
    }
}
