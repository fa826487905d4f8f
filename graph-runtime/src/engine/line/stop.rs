//! Stopping a run of another process, and going back to where it began.

use super::super::busy::Busy;
use super::super::lease::run_of;
use super::super::registry::Before;
use super::super::request::Home;
use super::{line_while, send};
use crate::checkpointer::StoreError;
use crate::error::Error;
use crate::id::{MomentId, Timestamp};
use crate::moment::{Letter, header_of, is_at_rest};

/// The run that has the thread, in whatever process.
pub(super) async fn under_way(home: &Home) -> Result<Option<String>, Error> {
    let Some(ttl) = home.lease else {
        return Ok(None);
    };
    let asking = MomentId::at(Timestamp::now()).to_string();
    match home.saver.lease(&home.key, &asking, ttl).await {
        Err(StoreError::Leased { holder, .. }) => Ok(Some(run_of(&holder))),
        Ok(Some(lease)) => {
            // It has just become free. Should this fail, the lease ends by itself.
            let _ = home.saver.release(&home.key, &lease).await;
            Ok(None)
        }
        Ok(None) => Ok(None),
        Err(source) => Err(home.reader().store(source)),
    }
}

/// What was sent to stop others.
pub(in super::super) struct Stopper {
    pub(in super::super) position: u64,
    /// The run that was under way.
    pub(in super::super) behind: Option<String>,
}

/// Wants everybody before it to stop, on behalf of a run that brings no input. `None` where nobody can be told.
pub(in super::super) async fn stop_others(
    home: &Home,
    busy: Busy,
) -> Result<Option<Stopper>, Error> {
    let behind = under_way(home).await?;
    let letter = Letter {
        id: MomentId::at(Timestamp::now()),
        busy,
        behind: behind.clone(),
        input: None,
    };
    let position = send(home, &letter).await?;
    Ok(position.map(|position| Stopper { position, behind }))
}

/// Where the thread stood before a run that was stopped before its end; `None` if it has come to one, or has stored
/// nothing.
pub(super) async fn before(home: &Home, run: &str) -> Result<Option<Before>, Error> {
    let seal = home.reader().seal;
    // What comes before a moment of rest had come to its end.
    let line = line_while(home, |record| Ok(!is_at_rest(record, seal)?)).await?;
    for record in line.iter().rev() {
        let header = header_of(record, seal).map_err(|source| home.reader().store(source))?;
        if header.is_some_and(|header| header.id == run) {
            return Ok(Some(Before(record.parent)));
        }
    }
    Ok(None)
}
