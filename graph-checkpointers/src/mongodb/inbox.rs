//! Messages that wait for whoever runs a thread. Each is an entry that counts by itself, until a commit takes it
//! away. What is left of one that was sent in pieces, and not to its end, goes with its thread.

use ::mongodb::bson::{Bson, doc};
use graph_runtime::{MomentId, StoreError, ThreadKey, Timestamp};

use super::database::Database;
use super::entry::{self, Origin};
use super::failure;
use super::part::{begin, look};
use super::tries::Tries;

pub(super) async fn send(
    database: &Database,
    key: &ThreadKey,
    payload: &[u8],
) -> Result<u64, StoreError> {
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let place = look(database, key).await?;
        let Some(part) = place.part() else {
            begin(database, key, &place).await?;
            continue;
        };
        let position = database.count(key).await?;
        let origin = Origin {
            part: &part.id,
            commit: "",
            at: 0,
        };
        let id = MomentId::at(Timestamp::now()).to_string();
        let message = entry::of_message(&origin, &id, position, payload);
        let sent = entry::insert(database, &message).await;
        sent.map_err(|error| failure::deciding(&error))?;
        let after = look(database, key).await?;
        if after.part().is_none_or(|after| after.id != part.id) {
            // It came and went with what was deleted; nobody else would remove it.
            let ids = message.iter().filter_map(|one| one.get("_id"));
            let ids: Vec<Bson> = ids.cloned().collect();
            let mine = doc! { "_id": { "$in": ids } };
            let _ = database.entries.delete_many(mine).await;
        }
        return Ok(position);
    }
}
