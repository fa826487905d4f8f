//! Everything that tenants may ask: what each address does.

mod namespace;
mod thread;

use std::pin::Pin;

use super::call::Call;
use super::reply::{Refusal, Reply};

/// One address and what it does.
pub(super) struct Route {
    pub(super) verb: Verb,
    pub(super) path: &'static str,
    /// Whether it changes something: then it runs to its end, and its outcome is remembered.
    pub(super) changes: bool,
    pub(super) work: Work,
}

/// The method of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// What is done.
pub(super) type Work = fn(Call) -> Working;

/// What is being done.
pub(super) type Working = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

macro_rules! routes {
    ($($verb:ident $path:literal $effect:ident $module:ident::$work:ident;)*) => {
        /// All of them.
        pub(super) const ROUTES: &[Route] = &[$(Route {
            verb: Verb::$verb,
            path: $path,
            changes: routes!(@$effect),
            work: |call| Box::pin($module::$work(call)),
        }),*];
    };
    (@reads) => { false };
    (@changes) => { true };
}

routes! {
    Get "/v1/check" reads namespace::check;
    Put "/v1/user" changes namespace::thread_of;
    Get "/v1/threads" reads namespace::threads;
    Get "/v1/threads/due" reads namespace::due;
    Get "/v1/threads/idle" reads namespace::idle;
    Delete "/v1/thread" changes thread::delete;
    Post "/v1/thread/commits" changes thread::commit;
    Get "/v1/thread/chain" reads thread::load;
    Get "/v1/thread/records" reads thread::list;
    Get "/v1/thread/writes" reads thread::writes;
    Put "/v1/thread/lease" changes thread::lease;
    Delete "/v1/thread/lease" changes thread::release;
    Post "/v1/thread/messages" changes thread::send;
    Get "/v1/thread/messages" reads thread::inbox;
    Post "/v1/thread/rewrites" changes thread::rewrite;
    Get "/v1/thread/paths" reads thread::paths;
    Get "/v1/thread/usage" reads thread::usage;
}
