//! The moment server: any checkpointer behind REST, for tenants that don't see each other.
//!
//! Here is what a user sees. `tenants` says who may ask, `app` takes a request from its token to its reply,
//! `memory` sees to it that what arrives twice happens once, `call` and `params` are what a request says,
//! `routes` what each address does, `reply` what is answered, `listen` a socket and its end.

mod app;
mod call;
mod listen;
mod memory;
mod params;
mod reply;
mod routes;
mod tenants;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use graph_runtime::{Checkpointer, Commit};
use tokio::net::TcpListener;

use app::App;
use tenants::Tenants;

pub use tenants::TenantError;

/// What of a body is more than its largest payload: its line, and what little else a commit carries.
const BODY_LIMIT: usize = Commit::MAX_PAYLOAD_BYTES + 16 * 1024 * 1024;

/// How long a reply may take.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// Puts a checkpointer behind REST. Whoever asks shows a bearer token, which stands for a tenant; a tenant sees
/// what its own tokens stored and nothing else. `HttpSaver`, of the feature `http`, is its client, and what it takes
/// and answers is described at `/openapi.json`, for other languages too.
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | the server's process is killed, or its power is cut | what the store behind it loses then: see its table |
/// | the connection breaks, a proxy fails | nothing |
/// | the server is stopped in order | nothing; what it had begun is done |
///
/// # What arrives twice happens once
/// A client that had no reply repeats its request under the same `Idempotency-Key`, and the server answers what
/// it answered before, or waits with it for the end of what it began before. The last 16,384 outcomes of each
/// tenant are remembered, in memory. A repeated request says by the `Moment-Mark` of an earlier reply from when
/// on it may have arrived; where the server was restarted since then, or several stand behind one address, or
/// more has happened than it remembers, it doesn't know. Then only what can be repeated by the contract is
/// done: a commit with records (which is there already, or finds another head), a lease, its release, and a
/// user's thread. Whatever else is answered with [`StoreError::Unknown`](graph_runtime::StoreError::Unknown), and
/// isn't done.
///
/// # Tenants and names
/// A namespace `support` of a tenant `acme` is `acme:support` in the store. All 512 bytes of a namespace are left
/// to the tenant: longer than the store takes, it becomes `acme#` and its SHA-256. Tokens are kept as hashes and
/// compared in constant time; they stand in no error, log or `Debug`. What the store says of an error goes to
/// the client word by word.
///
/// # In front of it
/// It speaks plain HTTP/1.1: TLS, and limits of how often somebody may ask, are a reverse proxy's job. Ids stand in
/// the query of a URL, which takes up to 16 KiB: a proxy must let that through.
///
/// ```
/// use std::sync::Arc;
///
/// use graph_checkpointers::Server;
/// use graph_runtime::MemorySaver;
///
/// # fn main() -> Result<(), graph_checkpointers::TenantError> {
/// # let token = "a-token-from-the-environment";
/// let server = Server::new(Arc::new(MemorySaver::new())).tenant("acme", [token])?;
/// // One of your own program's, or `server.serve(listener, shutdown)`.
/// let router: axum::Router = server.router();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    app: App,
}

impl Server {
    /// A server without tenants.
    pub fn new(store: Arc<dyn Checkpointer>) -> Self {
        Self {
            app: App {
                store,
                tenants: Tenants::default(),
                body_limit: BODY_LIMIT,
                time_limit: TIME_LIMIT,
                running: Arc::default(),
            },
        }
    }

    /// Adds a tenant, or further tokens of one: several while one takes the place of another.
    ///
    /// # Errors
    /// [`TenantError`], for a name or a token that can't be one, for a token that is there already, and for a tenant
    /// without any.
    pub fn tenant<T: AsRef<str>>(
        mut self,
        name: &str,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<Self, TenantError> {
        self.app.tenants.add(name, tokens)?;
        Ok(self)
    }

    /// The largest body that is taken, in bytes: 80 MiB, unless it is said here. What a commit holds together must
    /// fit into it; beyond, it is [`StoreError::TooLarge`](graph_runtime::StoreError::TooLarge).
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.app.body_limit = bytes;
        self
    }

    /// How long a body may take to arrive, and then a reply to be ready: a minute each, unless it is said here.
    /// What was begun goes on all the same, and a repeated request waits for it.
    #[must_use]
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.app.time_limit = time;
        self
    }

    /// The routes, for a server of your own. Let its runtime live until what it began is done: a client that goes
    /// away doesn't stop that.
    pub fn router(self) -> Router {
        Arc::new(self.app).router()
    }

    /// Serves until `shutdown` is ready; then takes no more, answers what it was asked, and returns when all that it
    /// began is done. Connections that haven't ended after half a minute aren't waited for.
    ///
    /// ```no_run
    /// # async fn serve(server: graph_checkpointers::Server) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:7070").await?;
    /// let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    /// server.serve(listener, interrupted).await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let running = self.app.running.clone();
        listen::serve(self.router(), listener, shutdown).await;
        // Each change holds it for reading, so it can be had when the last one is done.
        drop(running.write().await);
    }
}
