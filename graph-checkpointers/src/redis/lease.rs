//! Who runs a thread: leases by the server's clock.

use std::time::Duration;

use graph_runtime::{Lease, StoreError, ThreadKey, Timestamp};

use super::change::Desk;
use super::link::Repeat;
use super::reply::{Reply, odd};
use super::row::read_number;
use super::script::{self, Call};

/// From there on a lease is for ever: the script counts exactly up to twice that.
const FOR_EVER: u64 = 1 << 52;

impl Desk {
    pub(super) async fn lease(
        &self,
        key: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreError> {
        let thread = self.prefix.thread(key);
        let micros = u64::try_from(ttl.as_micros())
            .ok()
            .filter(|micros| *micros < FOR_EVER);
        let call = Call::new(&script::LEASE, [thread.lease(), thread.namespace.epoch()])
            .text(holder)
            .shown(&micros.map_or(String::new(), |micros| micros.to_string()));
        // Whoever holds it already keeps its epoch.
        let given = self.link.change(&call, Repeat::Harmless).await?;
        let mut reply = Reply::of(given)?;
        if reply.word == "held" {
            return Err(refusal(&mut reply, holder)?);
        }
        Ok(Lease {
            epoch: read_number(&reply.text()?)?,
            holder: holder.to_owned(),
            until: time(&mut reply)?,
        })
    }

    pub(super) async fn release(&self, key: &ThreadKey, epoch: u64) -> Result<(), StoreError> {
        let lease = self.prefix.thread(key).lease();
        let call = Call::new(&script::RELEASE, [lease]).shown(&epoch);
        self.link.change(&call, Repeat::Harmless).await.map(drop)
    }
}

/// Why the lease isn't given, in the words of the contract.
fn refusal(reply: &mut Reply, holder: &str) -> Result<StoreError, StoreError> {
    let held = Lease {
        epoch: read_number(&reply.text()?)?,
        holder: reply.text()?,
        until: time(reply)?,
    };
    let now = time(reply)?;
    Ok(Lease::renewed(Some(&held), holder, now)
        .err()
        .unwrap_or_else(odd))
}

fn time(reply: &mut Reply) -> Result<Timestamp, StoreError> {
    read_number(&reply.text()?).map(Timestamp::from_micros)
}
