//! Records, writes and messages as documents. A payload that is too large for one lies in pieces beside it.

use ::mongodb::bson::{Bson, Document, doc};
use ::mongodb::options::FindOptions;
use graph_runtime::{Message, Record, StoreError, Write, WriteKey};

use super::database::{Database, found};
use super::document::{binary, bytes, number, odd, optional, parsed, text, time, unsigned};
use super::failure;
use super::part::Part;
use crate::signed::micros;

pub(super) const RECORD: &str = "record";
pub(super) const WRITE: &str = "write";
pub(super) const MESSAGE: &str = "message";
pub(super) const PIECE: &str = "piece";

/// How much of a payload lies in one document. They end at 16 MiB, and a message with several at 48 MB.
const PIECE_BYTES: usize = 8 << 20;

/// How many documents are named in one request.
pub(super) const LOT: usize = 5_000;

/// What all entries have that are made together.
#[derive(Clone, Debug)]
pub(super) struct Origin<'p> {
    /// Whose they are.
    pub(super) part: &'p str,
    /// The commit that adds them; empty for what counts by itself.
    pub(super) commit: &'p str,
    /// The version of the part from which on they count.
    pub(super) at: i64,
}

/// The documents of a record.
pub(super) fn of_record(origin: &Origin<'_>, id: &str, record: &Record) -> Vec<Document> {
    let fields = doc! {
        "kind": RECORD,
        "id": record.id.to_string(),
        "parent": record.parent.map(|parent| parent.to_string()),
        "base": record.base.to_string(),
        "sequence": record.sequence.cast_signed(),
        "step": record.step.cast_signed(),
        "source": record.source.as_str(),
        "created_at": record.created_at.as_micros().cast_signed(),
        "due": record.due.map(micros),
    };
    with_payload(origin, id, fields, &record.payload)
}

/// The documents of a write.
pub(super) fn of_write(origin: &Origin<'_>, id: &str, write: &Write) -> Vec<Document> {
    let fields = doc! {
        "kind": WRITE,
        "turn": write.key.activation.to_string(),
        "key": write.key.to_string(),
    };
    with_payload(origin, id, fields, &write.payload)
}

/// The documents of a message.
pub(super) fn of_message(
    origin: &Origin<'_>,
    id: &str,
    position: u64,
    payload: &[u8],
) -> Vec<Document> {
    let fields = doc! { "kind": MESSAGE, "position": position.cast_signed() };
    with_payload(origin, id, fields, payload)
}

/// The pieces come first: what is there whole is what has the last one.
fn with_payload(origin: &Origin<'_>, id: &str, fields: Document, payload: &[u8]) -> Vec<Document> {
    let entry = |id: String| {
        doc! {
            "_id": id, "part": origin.part, "commit": origin.commit, "at": origin.at, "taken": [],
        }
    };
    let length = i64::try_from(payload.len()).unwrap_or(i64::MAX);
    let mut whole = entry(id.to_owned());
    whole.extend(fields);
    whole.insert("bytes", length);
    if payload.len() <= PIECE_BYTES {
        whole.insert("payload", binary(payload));
        return vec![whole];
    }
    let pieces = payload
        .chunks(PIECE_BYTES)
        .enumerate()
        .map(|(place, piece)| {
            let mut document = entry(piece_id(id, place));
            document.insert("kind", PIECE);
            document.insert("payload", binary(piece));
            document
        });
    let mut documents: Vec<_> = pieces.collect();
    whole.insert("pieces", i64::try_from(documents.len()).unwrap_or(i64::MAX));
    documents.push(whole);
    documents
}

fn piece_id(id: &str, place: usize) -> String {
    format!("{id}/{place}")
}

/// The ids of an entry's documents.
pub(super) fn ids(entry: &Document) -> Result<Vec<String>, StoreError> {
    let id = text(entry, "_id")?;
    let pieces = pieces(entry)?;
    let ids = (0..pieces).map(|place| piece_id(id, place));
    Ok(ids.chain([id.to_owned()]).collect())
}

fn pieces(entry: &Document) -> Result<usize, StoreError> {
    let pieces = optional(entry, "pieces", number)?.unwrap_or(0);
    usize::try_from(pieces).map_err(|_| odd(entry, "pieces"))
}

/// Entries without their payloads.
pub(super) async fn outlines(
    database: &Database,
    filter: Document,
) -> Result<Vec<Document>, StoreError> {
    let options = FindOptions::builder()
        .projection(doc! { "payload": 0 })
        .build();
    found(&database.entries, filter, options).await
}

/// Entries, each with its payload.
pub(super) async fn with_payloads(
    database: &Database,
    filter: Document,
    options: FindOptions,
) -> Result<Vec<(Document, Vec<u8>)>, StoreError> {
    let mut entries = Vec::new();
    for mut entry in found(&database.entries, filter, options).await? {
        let payload = match pieces(&entry)? {
            0 => bytes(&mut entry, "payload")?,
            pieces => put_together(database, &entry, pieces).await?,
        };
        entries.push((entry, payload));
    }
    Ok(entries)
}

async fn put_together(
    database: &Database,
    entry: &Document,
    pieces: usize,
) -> Result<Vec<u8>, StoreError> {
    let id = text(entry, "_id")?;
    let mut payload = Vec::new();
    for place in 0..pieces {
        let piece = database
            .entries
            .find_one(doc! { "_id": piece_id(id, place) });
        let piece = piece.await.map_err(|error| failure::before(&error))?;
        let mut piece = piece.ok_or_else(|| odd(entry, "pieces"))?;
        payload.append(&mut bytes(&mut piece, "payload")?);
    }
    if payload.len() as u64 == unsigned(entry, "bytes")? {
        Ok(payload)
    } else {
        Err(odd(entry, "bytes"))
    }
}

/// Records that count, as a query finds them.
pub(super) async fn records(
    database: &Database,
    part: &Part,
    which: Document,
    options: FindOptions,
) -> Result<Vec<Record>, StoreError> {
    let mut filter = part.counting(RECORD);
    filter.extend(which);
    let found = with_payloads(database, filter, options).await?;
    found.into_iter().map(record).collect()
}

fn record((entry, payload): (Document, Vec<u8>)) -> Result<Record, StoreError> {
    Ok(Record {
        id: parsed(&entry, "id")?,
        parent: optional(&entry, "parent", parsed)?,
        base: parsed(&entry, "base")?,
        sequence: unsigned(&entry, "sequence")?,
        step: unsigned(&entry, "step")?,
        source: parsed(&entry, "source")?,
        created_at: unsigned(&entry, "created_at").map(time)?,
        due: optional(&entry, "due", unsigned)?.map(time),
        payload,
    })
}

/// The writes that count, in the order of their keys.
pub(super) async fn writes(database: &Database, part: &Part) -> Result<Vec<Write>, StoreError> {
    if part.writes == 0 {
        return Ok(Vec::new());
    }
    let filter = part.counting(WRITE);
    let found = with_payloads(database, filter, FindOptions::default()).await?;
    let writes = found.into_iter().map(|(entry, payload)| {
        let key = parsed(&entry, "key")?;
        Ok(Write { key, payload })
    });
    let mut writes: Vec<_> = writes.collect::<Result<_, StoreError>>()?;
    // By number, where the database goes by text.
    writes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(writes)
}

/// The key of a write.
pub(super) fn key(entry: &Document) -> Result<WriteKey, StoreError> {
    parsed(entry, "key")
}

/// The messages that count, in the order of their positions.
pub(super) async fn messages(database: &Database, part: &Part) -> Result<Vec<Message>, StoreError> {
    let options = FindOptions::builder().sort(doc! { "position": 1 }).build();
    let found = with_payloads(database, part.counting(MESSAGE), options).await?;
    let messages = found.into_iter().map(|(entry, payload)| {
        let position = unsigned(&entry, "position")?;
        Ok(Message { position, payload })
    });
    messages.collect()
}

/// Adds documents, in their order.
pub(super) async fn insert(
    database: &Database,
    documents: &[Document],
) -> Result<(), ::mongodb::error::Error> {
    database.entries.insert_many(documents).await.map(drop)
}

/// The entries that count of a kind and have one of these values in a field, without their payloads.
pub(super) async fn with_any(
    database: &Database,
    part: &Part,
    kind: &str,
    field: &str,
    values: &[Bson],
) -> Result<Vec<Document>, StoreError> {
    let mut entries = Vec::new();
    for lot in values.chunks(LOT) {
        let mut filter = part.counting(kind);
        filter.insert(field, doc! { "$in": lot });
        entries.append(&mut outlines(database, filter).await?);
    }
    Ok(entries)
}
