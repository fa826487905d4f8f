//! What the server keeps of what it has acknowledged: it is asked, and those who run it are told.

use ::redis::Cmd;
use graph_runtime::StoreError;

use super::link::Link;
use super::reply;

/// When a Redis server puts what it has acknowledged onto its disk; the later, the more.
///
/// The table at [`RedisSaver`](crate::RedisSaver) says what each of them can lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Persistence {
    /// The server doesn't say: `CONFIG` is forbidden, as managed servers have it.
    Unknown,
    /// Never.
    None,
    /// Now and then, all of it (`save`).
    Snapshots,
    /// Each write goes into a log, and the log onto the disk when the operating system wants to (`appendfsync no`).
    Deferred,
    /// Each write goes into a log, and the log onto the disk every second (`appendfsync everysec`).
    EverySecond,
    /// Before it is acknowledged (`appendonly yes`, `appendfsync always`).
    EveryWrite,
}

impl Persistence {
    fn of(append_only: &str, sync: &str, save: &str) -> Self {
        match (append_only, sync) {
            ("yes", "always") => Self::EveryWrite,
            ("yes", "everysec") => Self::EverySecond,
            ("yes", _) => Self::Deferred,
            _ if save.is_empty() => Self::None,
            _ => Self::Snapshots,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Unknown => "doesn't say what it puts onto its disk",
            Self::None => "puts nothing onto its disk",
            Self::Snapshots => "puts what it has onto its disk now and then only",
            Self::Deferred => "leaves it to the operating system when its log is on the disk",
            Self::EverySecond => "puts its log onto the disk once a second",
            Self::EveryWrite => "puts each write onto its disk",
        }
    }
}

/// What is known of how safe things are on a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Safety {
    pub(super) persistence: Persistence,
    /// Whether it may remove keys when its memory is full.
    pub(super) evicts: Option<bool>,
}

impl Safety {
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no answer at all; that it is forbidden to ask is one.
    pub(super) async fn ask(link: &Link) -> Result<Self, StoreError> {
        let append_only = setting(link, "appendonly").await?;
        let sync = setting(link, "appendfsync").await?;
        let save = setting(link, "save").await?;
        let policy = setting(link, "maxmemory-policy").await?;
        let persistence = match (append_only, sync, save) {
            (Some(append_only), Some(sync), Some(save)) => {
                Persistence::of(&append_only, &sync, &save)
            }
            _ => Persistence::Unknown,
        };
        Ok(Self {
            persistence,
            // The others remove only what has a time to live, which nothing of ours has.
            evicts: policy.map(|policy| policy.starts_with("allkeys-")),
        })
    }

    /// Refuses a server that keeps less than is wanted.
    ///
    /// # Errors
    /// [`StoreError::Unfit`].
    pub(super) fn check(self, wanted: Persistence, address: &str) -> Result<(), StoreError> {
        if self.persistence < wanted {
            let words = self.persistence.words();
            return Err(StoreError::Unfit(format!(
                "redis at {address} {words}, and `{wanted:?}` is required; set its `appendonly yes` and `appendfsync always`"
            )));
        }
        if wanted > Persistence::None && self.evicts == Some(true) {
            return Err(StoreError::Unfit(format!(
                "redis at {address} removes keys when its memory is full, and `{wanted:?}` is required; set its `maxmemory-policy noeviction`"
            )));
        }
        Ok(())
    }

    /// Tells whoever reads the program's log what can be lost.
    pub(super) fn warn(self, address: &str) {
        let words = self.persistence.words();
        match self.persistence {
            Persistence::EveryWrite => {}
            Persistence::Unknown => {
                tracing::info!("redis at {address} {words}: see what those promise who run it");
            }
            _ => tracing::warn!(
                "redis at {address} {words}: what was acknowledged can be lost; set its `appendonly yes` and `appendfsync always`"
            ),
        }
        if self.evicts == Some(true) {
            tracing::warn!(
                "redis at {address} removes keys when its memory is full, moments among them; set its `maxmemory-policy noeviction`"
            );
        }
    }
}

/// A setting of the server; `None` where it doesn't say.
async fn setting(link: &Link, name: &str) -> Result<Option<String>, StoreError> {
    let mut ask = Cmd::new();
    ask.arg("CONFIG").arg("GET").arg(name);
    let Some(answer) = link.ask_if_allowed(&ask).await? else {
        return Ok(None);
    };
    // A list of one name and its value, or of nothing.
    let found = reply::pairs(answer)
        .ok()
        .and_then(|pairs| pairs.into_iter().next());
    Ok(found.and_then(|(_, value)| String::from_utf8(value).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_what_is_kept() {
        for (append_only, sync, save, persistence) in [
            ("yes", "always", "", Persistence::EveryWrite),
            ("yes", "everysec", "3600 1", Persistence::EverySecond),
            ("yes", "no", "", Persistence::Deferred),
            ("no", "always", "3600 1 300 100", Persistence::Snapshots),
            ("no", "everysec", "", Persistence::None),
        ] {
            assert_eq!(Persistence::of(append_only, sync, save), persistence);
        }
    }

    #[test]
    fn the_later_in_the_list_the_more_is_kept() {
        use Persistence::{Deferred, EverySecond, EveryWrite, None, Snapshots, Unknown};
        let order = [Unknown, None, Snapshots, Deferred, EverySecond, EveryWrite];
        assert!(order.is_sorted());
        let unknown = Safety {
            persistence: Unknown,
            evicts: Option::None,
        };
        assert!(unknown.check(None, "x").is_err());
        let synced = Safety {
            persistence: EveryWrite,
            evicts: Some(true),
        };
        assert!(synced.check(None, "x").is_ok());
        let refused = synced.check(EverySecond, "x").unwrap_err().to_string();
        assert!(refused.contains("noeviction"), "{refused}");
    }
}
