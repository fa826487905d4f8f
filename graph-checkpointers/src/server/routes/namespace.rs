//! What is asked of a namespace, and of the store.

use graph_runtime::{Page, ThreadKey, Timestamp};

use super::super::call::Call;
use super::super::reply::{Refusal, Reply};
use crate::wire::{About, OneThread, Threads, TimedThreads};

pub(super) async fn check(call: Call) -> Result<Reply, Refusal> {
    call.params.end()?;
    call.store.check().await?;
    Reply::json(&About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        body_limit: call.body_limit,
    })
}

/// Asked twice it gives the same, so it may be repeated whether it happened or not.
pub(super) async fn thread_of(mut call: Call) -> Result<Reply, Refusal> {
    let (namespace, user) = (call.params.text("namespace")?, call.params.text("user")?);
    call.params.end()?;
    let proposed = call.json::<OneThread>()?.thread;
    // What the tenant calls it is judged, not what it becomes.
    ThreadKey::new(namespace.as_str(), proposed.as_str())?;
    let namespace = call.tenant.namespace(&namespace);
    let thread = call.store.thread_of(&namespace, &user, &proposed).await?;
    Reply::json(&OneThread { thread })
}

pub(super) async fn threads(mut call: Call) -> Result<Reply, Refusal> {
    let namespace = call.namespace()?;
    let page = Page {
        after: call.params.optional("after"),
        limit: call.params.optional_value("limit")?,
    };
    call.params.end()?;
    let threads = call.store.threads(&namespace, &page).await?;
    Reply::json(&Threads { threads })
}

pub(super) async fn due(mut call: Call) -> Result<Reply, Refusal> {
    let namespace = call.namespace()?;
    let now = Timestamp::from_micros(call.params.value("now")?);
    let page = timed_page(&mut call)?;
    call.params.end()?;
    let due = call.store.due(&namespace, now, &page).await?;
    Reply::json(&TimedThreads::from(due))
}

pub(super) async fn idle(mut call: Call) -> Result<Reply, Refusal> {
    let namespace = call.namespace()?;
    let before = Timestamp::from_micros(call.params.value("before")?);
    let page = timed_page(&mut call)?;
    call.params.end()?;
    let idle = call.store.idle(&namespace, before, &page).await?;
    Reply::json(&TimedThreads::from(idle))
}

/// A page goes on after a thread and its time.
fn timed_page(call: &mut Call) -> Result<Page<(String, Timestamp)>, Refusal> {
    let after = match call.params.optional("after") {
        None => None,
        Some(thread) => {
            let time = call.params.value("after_time")?;
            Some((thread, Timestamp::from_micros(time)))
        }
    };
    Ok(Page {
        after,
        limit: call.params.optional_value("limit")?,
    })
}
