//! What reads entries: one, a search, a list of prefixes. All of it sees one state of the database.

use std::collections::BinaryHeap;

use graph_runtime::{Entry, Found, Near, Place, Prefix, Prefixes, Search, Timestamp};
use rusqlite::Connection;

use super::super::failure::Failure;
use super::super::row::text;
use super::row::{self, entry_columns};
use crate::signed::micros;

/// The entry under a key, and whether reading renews it.
pub(super) fn get(
    database: &Connection,
    prefix: &Prefix,
    key: &str,
    now: Timestamp,
) -> Result<Option<(Entry, bool)>, Failure> {
    let query = concat!(
        "SELECT ",
        entry_columns!(),
        ", renewal IS NOT NULL FROM entries
        WHERE prefix = ?1 AND key = ?2 AND (expires_at IS NULL OR expires_at > ?3)"
    );
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query((prefix.as_bytes(), key, micros(now)))?;
    match rows.next()? {
        Some(row) => Ok(Some((row::entry(row)?, row.get(6)?))),
        None => Ok(None),
    }
}

pub(super) fn search(
    database: &Connection,
    search: &Search,
    now: Timestamp,
) -> Result<Vec<Found>, Failure> {
    match &search.near {
        Some(near) => nearest(database, search, near, now),
        None => in_order(database, search, now),
    }
}

/// In the order of the index, from where the search begins until it has enough.
pub(super) const IN_ORDER: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM entries WHERE (prefix, key) > (?1, ?2) AND prefix < ?3
    AND (expires_at IS NULL OR expires_at > ?4) ORDER BY prefix, key"
);

fn in_order(database: &Connection, search: &Search, now: Timestamp) -> Result<Vec<Found>, Failure> {
    // No key is empty, so all at the prefix come after this.
    let first = (&search.prefix, "");
    let after = search.after.as_ref();
    let after = after.map_or(first, |place| first.max((&place.prefix, &place.key)));
    let mut query = database.prepare_cached(IN_ORDER)?;
    let end = search.prefix.end();
    let mut rows = query.query((after.0.as_bytes(), after.1, end, micros(now)))?;
    let mut found = Vec::new();
    while found.len() < search.limit.unwrap_or(usize::MAX) {
        let Some(row) = rows.next()? else {
            break;
        };
        let entry = row::entry(row)?;
        if search.conditions.iter().all(|one| one.holds(&entry.value)) {
            let score = None;
            found.push(Found { entry, score });
        }
    }
    Ok(found)
}

/// Keeps no more than the search may give, and reads the values of those alone, but for conditions.
fn nearest(
    database: &Connection,
    search: &Search,
    near: &Near,
    now: Timestamp,
) -> Result<Vec<Found>, Failure> {
    let query = "SELECT number, prefix, key, vectors, iif(?5, value, NULL) FROM entries
        WHERE prefix >= ?1 AND prefix < ?2 AND model = ?3
        AND (expires_at IS NULL OR expires_at > ?4)";
    let mut query = database.prepare_cached(query)?;
    let prefix = &search.prefix;
    let conditional = !search.conditions.is_empty();
    let params = (
        prefix.as_bytes(),
        prefix.end(),
        &near.model,
        micros(now),
        conditional,
    );
    let mut rows = query.query(params)?;
    let mut best = BinaryHeap::new();
    while let Some(row) = rows.next()? {
        let Some(place) = place(row, near)? else {
            continue;
        };
        let comes_after = search.after.as_ref().is_none_or(|after| place > *after);
        if !comes_after || (conditional && !all_hold(row, search)?) {
            continue;
        }
        best.push((place, row.get::<_, i64>(0)?));
        if search.limit.is_some_and(|limit| best.len() > limit) {
            best.pop();
        }
    }
    let best = best.into_sorted_vec().into_iter();
    best.map(|(place, number)| {
        Ok(Found {
            entry: numbered(database, number)?,
            score: place.score,
        })
    })
    .collect()
}

/// Where a row of [`nearest`] stands, if it can be compared.
fn place(row: &rusqlite::Row<'_>, near: &Near) -> Result<Option<Place>, Failure> {
    let vectors = row::vectors(&near.model, row::blob(row, 3)?)?;
    let Some(score) = near.score(&vectors) else {
        return Ok(None);
    };
    Ok(Some(Place {
        score: Some(score),
        prefix: row::prefix(row, 1)?,
        key: text(row, 2)?.to_owned(),
    }))
}

fn all_hold(row: &rusqlite::Row<'_>, search: &Search) -> Result<bool, Failure> {
    let value = row::value(row, 4)?;
    Ok(search.conditions.iter().all(|one| one.holds(&value)))
}

fn numbered(database: &Connection, number: i64) -> Result<Entry, Failure> {
    let query = concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entries WHERE number = ?1"
    );
    let mut query = database.prepare_cached(query)?;
    query.query_one((number,), |row| Ok(row::entry(row)))?
}

/// From one listed prefix to the next by the index, whatever lies between.
pub(super) const NEXT_PREFIX: &str = "SELECT prefix FROM entries
    WHERE prefix >= ?1 AND prefix < ?2 AND (expires_at IS NULL OR expires_at > ?3)
    ORDER BY prefix LIMIT 1";

pub(super) fn prefixes(
    database: &Connection,
    prefixes: &Prefixes,
    now: Timestamp,
) -> Result<Vec<Prefix>, Failure> {
    let mut query = database.prepare_cached(NEXT_PREFIX)?;
    let end = prefixes.under.end();
    let mut from = prefixes.under.as_bytes().to_vec();
    if let Some(after) = &prefixes.after {
        from = from.max(prefixes.next_after(after));
    }
    let mut listed = Vec::new();
    while listed.len() < prefixes.limit.unwrap_or(usize::MAX) {
        let mut rows = query.query((&from, &end, micros(now)))?;
        let Some(row) = rows.next()? else {
            break;
        };
        let prefix = row::prefix(row, 0)?;
        from = prefixes.next_after(&prefix);
        listed.push(prefixes.listed(&prefix));
    }
    Ok(listed)
}
