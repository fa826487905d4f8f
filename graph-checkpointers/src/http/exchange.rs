//! One question and its answer, however many attempts that takes.
//!
//! An attempt fails in one of two ways: it certainly didn't arrive, or it may have. A change that may have
//! arrived is repeated under its key, with the mark of the server's memory from before its first attempt; what
//! remains open after the last attempt is `Unknown`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use graph_runtime::{MomentId, StoreError, Timestamp};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::{Client, Method, StatusCode};
use tokio::time::sleep;

use super::query::Written;
use super::refused::error_of;
use crate::wire::{KEY, Kind, MARK, Problem, REPEATS};

/// How long to wait before the first repetition; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest that is waited.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) query: Written,
    pub(super) content: Option<&'static str>,
    pub(super) body: Bytes,
}

impl Ask {
    /// Whether something is to change.
    fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// The error of an answer that can't be one: a change may have happened.
    pub(super) fn odd(&self, what: impl std::fmt::Display) -> StoreError {
        let cause = format!("what was answered can't be read: {what}; is it a moment server?");
        self.open(cause.into(), true)
    }

    /// The error of something that has no answer.
    fn open(&self, cause: graph_runtime::Cause, may_have_arrived: bool) -> StoreError {
        if self.changes() && may_have_arrived {
            StoreError::Unknown(cause)
        } else {
            StoreError::Unavailable(cause)
        }
    }
}

/// A server, and how it is asked.
#[derive(Debug)]
pub(super) struct Exchange {
    client: Client,
    base: String,
    retries: u32,
    /// How far the server's memory of outcomes has come, as far as is known.
    mark: Mutex<Option<String>>,
}

/// What an attempt came to.
enum Attempt {
    /// What was asked for; nothing, where there is no such moment.
    Answered(Option<Bytes>),
    /// The store's word.
    Said(StoreError),
    /// It didn't come to that, and isn't going to.
    Refused(StoreError),
    /// It isn't known what came of it.
    Broken { cause: String, again: bool },
    /// It wasn't done, and may be later.
    NotYet(StoreError),
}

impl Exchange {
    pub(super) fn new(client: Client, base: String, retries: u32) -> Self {
        Self {
            client,
            base,
            retries,
            mark: Mutex::default(),
        }
    }

    /// Asks until there is an answer, or it has been tried often enough.
    pub(super) async fn ask(&self, ask: &Ask) -> Result<Option<Bytes>, StoreError> {
        let key = MomentId::at(Timestamp::now()).to_string();
        let mark = self.mark().unwrap_or_else(|| "none".to_owned());
        let mut may_have_arrived = false;
        for attempt in 0.. {
            let repeats = may_have_arrived.then_some(mark.as_str());
            let (error, again) = match self.attempt(ask, &key, repeats).await {
                Attempt::Answered(body) => return Ok(body),
                Attempt::Said(error) => return Err(error),
                Attempt::Refused(error) => (error, false),
                Attempt::NotYet(error) => (error, true),
                Attempt::Broken { cause, again } => {
                    may_have_arrived = true;
                    (StoreError::unavailable(cause), again)
                }
            };
            if !again || attempt >= self.retries {
                return Err(match error {
                    error if !may_have_arrived => error,
                    StoreError::Unavailable(cause) => ask.open(cause, true),
                    error => ask.open(error.into(), true),
                });
            }
            sleep(pause(attempt)).await;
        }
        Err(StoreError::unavailable("nobody was asked"))
    }

    async fn attempt(&self, ask: &Ask, key: &str, repeats: Option<&str>) -> Attempt {
        let url = format!("{}{}{}", self.base, ask.path, ask.query.as_str());
        let mut request = self.client.request(ask.method.clone(), url);
        if ask.changes() {
            request = request.header(KEY, key);
            if let Some(mark) = repeats {
                request = request.header(REPEATS, mark);
            }
        }
        if let Some(content) = ask.content {
            request = request.header(CONTENT_TYPE, content);
        }
        let response = match request.body(ask.body.clone()).send().await {
            Ok(response) => response,
            Err(error) => return self.unsent(error),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        match response.bytes().await {
            Ok(body) => self.answered(status, &headers, body),
            Err(error) => Attempt::Broken {
                cause: self.words(error),
                again: true,
            },
        }
    }

    fn unsent(&self, error: reqwest::Error) -> Attempt {
        if error.is_builder() {
            return Attempt::Refused(StoreError::Unfit(self.words(error)));
        }
        let is_connect = error.is_connect();
        let cause = self.words(error);
        if is_connect {
            Attempt::NotYet(StoreError::unavailable(cause))
        } else {
            Attempt::Broken { cause, again: true }
        }
    }

    fn answered(&self, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Attempt {
        // What comes from in between has no mark, and is believed to have done nothing for us.
        let is_ours = self.keep_mark(headers);
        if status.is_success() {
            return if is_ours {
                Attempt::Answered(Some(body))
            } else {
                let cause = format!("{} answered, and is no moment server", self.base);
                Attempt::Broken {
                    cause,
                    again: false,
                }
            };
        }
        let problem = serde_json::from_slice::<Problem>(&body).ok();
        let Some(problem) = problem else {
            return self.foreign(status);
        };
        match (&problem.kind, status) {
            (Kind::NoMoment, _) if is_ours => Attempt::Answered(None),
            (Kind::Slow, _) => Attempt::Broken {
                cause: problem.detail,
                again: true,
            },
            (Kind::Unavailable { .. }, _) => Attempt::NotYet(error_of(problem)),
            (
                Kind::Unauthorized
                | Kind::NoRoute
                | Kind::NoMoment
                | Kind::BadRequest
                | Kind::KeyReused,
                _,
            ) => Attempt::Refused(error_of(problem)),
            _ => Attempt::Said(error_of(problem)),
        }
    }

    /// What a proxy says, or whoever else is there.
    fn foreign(&self, status: StatusCode) -> Attempt {
        let cause = format!("{} answers with the status {status}", self.base);
        match status {
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Attempt::Broken { cause, again: true },
            _ if status.is_server_error() => Attempt::Broken {
                cause,
                again: false,
            },
            _ if status.is_redirection() => {
                let cause = format!("{cause}; give the URL to which it leads");
                Attempt::Refused(StoreError::unavailable(cause))
            }
            _ => Attempt::Refused(StoreError::unavailable(cause)),
        }
    }

    fn mark(&self) -> Option<String> {
        let mark = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        mark.clone()
    }

    /// Any mark will do that came before a question: an older one lets the server say more often that it doesn't
    /// know.
    fn keep_mark(&self, headers: &HeaderMap) -> bool {
        let name = HeaderName::from_static(MARK);
        let Some(mark) = headers.get(name).and_then(|mark| mark.to_str().ok()) else {
            return false;
        };
        *self.mark.lock().unwrap_or_else(PoisonError::into_inner) = Some(mark.to_owned());
        true
    }

    /// All that an error says, with the server's address and without the ids in the URL.
    fn words(&self, error: reqwest::Error) -> String {
        let error = error.without_url();
        let mut words = format!("{}: {error}", self.base);
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            words.push_str(": ");
            words.push_str(&error.to_string());
            source = error.source();
        }
        words
    }
}

/// Between half and all of what is due, by chance: clients that failed together don't come back together.
fn pause(attempt: u32) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX));
    let full = full.min(LONGEST_PAUSE);
    let chance = RandomState::new().build_hasher().finish() % 1_000;
    let half = full / 2;
    half + half.saturating_mul(u32::try_from(chance).unwrap_or_default()) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        for attempt in [0, 1, 2, 5, 6, 31, 32, u32::MAX] {
            let full = FIRST_PAUSE * 2_u32.pow(attempt.min(6));
            let full = full.min(LONGEST_PAUSE);
            let pause = pause(attempt);
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
        }
    }
}
