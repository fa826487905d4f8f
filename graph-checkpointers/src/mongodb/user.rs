//! Which thread belongs to a user. Whoever leads to a life of a thread that has ended leads nowhere, so users
//! are free at once when their thread is deleted.

use ::mongodb::bson::{Document, doc};
use graph_runtime::{MomentId, StoreError, ThreadKey, Timestamp};

use super::database::Database;
use super::document::text;
use super::failure;
use super::part::{begin, look};
use super::tries::Tries;

/// The thread of a user, which is the proposed one if there is none yet.
pub(super) async fn thread_of(
    database: &Database,
    user: &str,
    proposed: &ThreadKey,
) -> Result<String, StoreError> {
    let key = doc! { "namespace": proposed.namespace(), "user": user };
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let kept = database.newest(&database.users, key.clone(), None).await?;
        if let Some(kept) = &kept {
            let life = doc! { "_id": text(kept, "life")? };
            let id = Some(doc! { "_id": 1 });
            let thread = database.newest(&database.threads, life, id).await?;
            if thread.is_some() {
                return Ok(text(kept, "thread")?.to_owned());
            }
        }
        let place = look(database, proposed).await?;
        match &place.thread {
            None => begin(database, proposed, &place).await?,
            // It is read once more: the thread may have been deleted meanwhile.
            Some(thread) => {
                let led = doc! { "thread": proposed.thread(), "life": &thread.part.id };
                lead(database, &key, kept.as_ref(), led).await?;
            }
        }
    }
}

/// Leads a user to a thread, unless somebody else has done so.
async fn lead(
    database: &Database,
    key: &Document,
    kept: Option<&Document>,
    led: Document,
) -> Result<(), StoreError> {
    let led = if let Some(ended) = kept {
        let ended = doc! { "_id": text(ended, "_id")?, "life": text(ended, "life")? };
        let led = database.users.update_one(ended, doc! { "$set": led }).await;
        led.map(drop)
    } else {
        let mut new = doc! { "_id": MomentId::at(Timestamp::now()).to_string() };
        new.extend(key.clone());
        new.extend(led);
        database.users.insert_one(new).await.map(drop)
    };
    match led {
        Err(error) if !failure::is_duplicate(&error) => Err(failure::deciding(&error)),
        _ => Ok(()),
    }
}
