//! From a request to its reply: the token, the body, what was known before, the work.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on};
use bytes::Bytes;
use graph_runtime::{Checkpointer, StoreError};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::RwLock;
use tokio::time::timeout;
use xxhash_rust::xxh3::Xxh3;

use super::call::Call;
use super::memory::{Arrival, Outcome, Seen};
use super::params::Params;
use super::reply::{Refusal, Reply};
use super::routes::{ROUTES, Route, Verb, Work};
use super::tenants::{Tenant, Tenants};
use crate::wire::{JSON, KEY, Kind, MARK, REPEATS};

/// What is served, described for programs and people.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

/// The longest key of a change.
const LONGEST_KEY: usize = 128;

/// What a server is made of.
pub(super) struct App {
    pub(super) store: Arc<dyn Checkpointer>,
    pub(super) tenants: Tenants,
    pub(super) body_limit: usize,
    pub(super) time_limit: Duration,
    /// Held for reading by each change that runs.
    pub(super) running: Arc<RwLock<()>>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("tenants", &self.tenants)
            .field("body_limit", &self.body_limit)
            .field("time_limit", &self.time_limit)
            .finish_non_exhaustive()
    }
}

impl App {
    pub(super) fn router(self: Arc<Self>) -> Router {
        let mut router = Router::new()
            .route("/health", get(|State(app): State<Arc<Self>>| app.health()))
            .route("/openapi.json", get(async || Reply::text(JSON, OPENAPI)));
        for route in ROUTES {
            let answer =
                move |State(app): State<Arc<Self>>, request: Request| app.answer(route, request);
            router = router.route(route.path, on(filter(route.verb), answer));
        }
        router
            .fallback(async || nothing(StatusCode::NOT_FOUND))
            .method_not_allowed_fallback(async || nothing(StatusCode::METHOD_NOT_ALLOWED))
            .with_state(self)
    }

    /// Whether the store can be used. Whoever asks shows no token, and isn't told why not.
    async fn health(self: Arc<Self>) -> Reply {
        if let Ok(Ok(())) = timeout(self.time_limit, self.store.check()).await {
            return Reply::text(JSON, r#"{"status":"ok"}"#);
        }
        let cause = "the server can't use it now";
        Refusal::from(StoreError::unavailable(cause)).into()
    }

    async fn answer(self: Arc<Self>, route: &'static Route, request: Request) -> Response {
        let Some(tenant) = self.tenant(request.headers()) else {
            let detail = "the bearer token is missing, or not known here";
            return Reply::from(Refusal::new(Kind::Unauthorized, detail)).into_response();
        };
        let reply = self.reply(route, &tenant, request).await;
        let mut response = reply.unwrap_or_else(Reply::from).into_response();
        let is_early = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let headers = response.headers_mut();
        if let Ok(mark) = HeaderValue::try_from(tenant.memory.mark()) {
            headers.insert(MARK, mark);
        }
        if is_early {
            // The rest of the body isn't read.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn tenant(&self, headers: &HeaderMap) -> Option<Arc<Tenant>> {
        let value = headers.get(header::AUTHORIZATION)?.as_bytes();
        let (scheme, token) = value.split_at_checked("Bearer ".len())?;
        scheme
            .eq_ignore_ascii_case(b"Bearer ")
            .then(|| self.tenants.of(token))?
    }

    async fn reply(
        &self,
        route: &Route,
        tenant: &Arc<Tenant>,
        request: Request,
    ) -> Result<Reply, Refusal> {
        let (head, body) = request.into_parts();
        let body = self.body(&head.headers, body).await?;
        let call = Call {
            tenant: tenant.clone(),
            store: self.store.clone(),
            params: Params::of(head.uri.query().unwrap_or_default())?,
            content: header_of(&head.headers, header::CONTENT_TYPE.as_str())?,
            body,
            body_limit: self.body_limit as u64,
            is_lost: false,
        };
        let outcome = if route.changes {
            timeout(self.time_limit, self.change(route.work, &head, call)).await
        } else {
            timeout(self.time_limit, (route.work)(call)).await
        };
        outcome.unwrap_or_else(|_| {
            let detail = "it takes longer than a reply may; a change goes on, and is answered when it is asked for again";
            Err(Refusal::new(Kind::Slow, detail))
        })
    }

    async fn body(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
        let limit = self.body_limit;
        let said = headers.get(header::CONTENT_LENGTH);
        let said = said.and_then(|said| said.to_str().ok()?.parse().ok());
        if let Some(bytes) = said.filter(|bytes| *bytes > limit) {
            return Err(too_large(bytes, limit));
        }
        let whole = timeout(self.time_limit, Limited::new(body, limit).collect()).await;
        let Ok(whole) = whole else {
            let refusal = Refusal::from("the body takes too long to arrive".to_owned());
            return Err(refusal.with(StatusCode::REQUEST_TIMEOUT));
        };
        match whole {
            Ok(whole) => Ok(whole.to_bytes()),
            Err(error) if is_limit(&*error) => Err(too_large(limit + 1, limit)),
            Err(error) => Err(Refusal::from(format!("the body can't be read: {error}"))),
        }
    }

    /// Does it once, however often it arrives, and to its end, whether anybody still waits for it or not.
    async fn change(
        &self,
        work: Work,
        head: &request::Parts,
        mut call: Call,
    ) -> Result<Reply, Refusal> {
        let running = self.running.clone().read_owned().await;
        let Some(key) = header_of(&head.headers, KEY)? else {
            // Nobody will ask again.
            let work = work(call);
            let done = tokio::spawn(async move {
                let _running = running;
                work.await
            });
            return done.await.unwrap_or_else(|_| Err(broken()));
        };
        if key.is_empty() || key.len() > LONGEST_KEY {
            let detail = format!("`{KEY}` has 1 to {LONGEST_KEY} bytes");
            return Err(detail.into());
        }
        let repeats = header_of(&head.headers, REPEATS)?;
        let tenant = call.tenant.clone();
        let seen = tenant.see(&Arrival {
            key: &key,
            print: print_of(head, &call.body),
            repeats: repeats.as_deref(),
        });
        let ticket = match seen {
            Seen::Before(outcome) => return told(outcome).await,
            Seen::Other => {
                let detail = format!("`{KEY}` was used for another request; each one has its own");
                return Err(Refusal::new(Kind::KeyReused, detail));
            }
            Seen::New(ticket) => ticket,
            Seen::Lost(ticket) => {
                call.is_lost = true;
                ticket
            }
        };
        let outcome = ticket.outcome();
        let work = work(call);
        tokio::spawn(async move {
            let _running = running;
            ticket.tell(work.await.unwrap_or_else(Reply::from));
        });
        told(outcome).await
    }
}

/// Waits for what became of a change.
async fn told(mut outcome: Outcome) -> Result<Reply, Refusal> {
    let reply = outcome.wait_for(Option::is_some).await;
    let reply = reply.ok().and_then(|reply| reply.clone());
    reply.ok_or_else(broken)
}

/// The store has panicked, or the server goes down.
fn broken() -> Refusal {
    StoreError::Unknown("the server broke off while it was at it".into()).into()
}

fn nothing(status: StatusCode) -> Reply {
    let detail = "there is nothing like that here; `/openapi.json` says what there is";
    Refusal::new(Kind::NoRoute, detail).with(status).into()
}

fn too_large(bytes: usize, limit: usize) -> Refusal {
    let what = "the body of a request";
    StoreError::TooLarge { what, bytes, limit }.into()
}

fn is_limit(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<LengthLimitError>()
}

fn header_of(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| format!("`{name}` is no text"))?;
    Ok(Some(value.to_owned()))
}

/// What tells a request from others, so that a key that was used for something else is noticed.
fn print_of(head: &request::Parts, body: &[u8]) -> u128 {
    let mut print = Xxh3::new();
    for part in [head.method.as_str(), &head.uri.to_string()] {
        print.update(part.as_bytes());
        print.update(&[0]);
    }
    print.update(body);
    print.digest128()
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Put => MethodFilter::PUT,
        Verb::Delete => MethodFilter::DELETE,
    }
}
