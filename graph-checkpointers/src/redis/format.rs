//! Which format is kept below a prefix.

use ::redis::{Cmd, Value};
use graph_runtime::StoreError;

use super::keys::Prefix;
use super::link::Link;
use super::reply;
use super::row::corrupt;

/// What this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// Writes the format down where nobody has, and judges the one that is there.
///
/// # Errors
/// As [`check`].
pub(super) async fn settle(link: &Link, prefix: &Prefix) -> Result<(), StoreError> {
    let mut set = Cmd::new();
    set.arg("SET").arg(prefix.format()).arg(FORMAT).arg("NX");
    link.ask(&set).await?;
    check(link, prefix).await
}

/// Judges the format that is there, if one is.
///
/// # Errors
/// [`StoreError::FormatTooNew`], [`StoreError::Corrupt`], [`StoreError::Unavailable`].
pub(super) async fn check(link: &Link, prefix: &Prefix) -> Result<(), StoreError> {
    let mut get = Cmd::new();
    get.arg("GET").arg(prefix.format());
    let found = match link.ask(&get).await? {
        Value::Nil => return Ok(()),
        found => reply::text(found)?,
    };
    let found: u32 = found.parse().map_err(|_| {
        let key = prefix.format();
        corrupt(format_args!(
            "`{key}` holds no number: another program has keys that begin alike; give another prefix"
        ))
    })?;
    if found > FORMAT {
        return Err(StoreError::FormatTooNew {
            found,
            supported: FORMAT,
        });
    }
    Ok(())
}
