//! One request, as far as it was judged: whose it is, and what it says.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use graph_runtime::{Checkpointer, StoreError, ThreadKey};
use serde::de::DeserializeOwned;

use super::params::Params;
use super::reply::Refusal;
use super::tenants::Tenant;
use crate::wire::{BYTES, FRAMES, Frame, JSON};

/// A request of a tenant.
pub(super) struct Call {
    pub(super) tenant: Arc<Tenant>,
    pub(super) store: Arc<dyn Checkpointer>,
    pub(super) params: Params,
    /// What the body is said to be.
    pub(super) content: Option<String>,
    pub(super) body: Bytes,
    /// The largest body that is taken.
    pub(super) body_limit: u64,
    /// Whether it may have happened already, and nobody knows.
    pub(super) is_lost: bool,
}

impl Call {
    /// The namespace that is asked about, as the store calls it.
    pub(super) fn namespace(&mut self) -> Result<String, Refusal> {
        let namespace = self.params.text("namespace")?;
        Ok(self.tenant.namespace(&namespace))
    }

    /// The thread that is asked about, as the store calls it.
    pub(super) fn key(&mut self) -> Result<ThreadKey, Refusal> {
        let namespace = self.params.text("namespace")?;
        let thread = self.params.text("thread")?;
        let path = self.params.optional("path").unwrap_or_default();
        // What the tenant calls it is judged, not what it becomes.
        let key = ThreadKey::new(namespace.as_str(), thread)?.at_path(&path)?;
        let namespace = self.tenant.namespace(&namespace);
        Ok(ThreadKey::new(namespace, key.thread())?.at_path(key.path())?)
    }

    /// The body, where it carries payloads.
    pub(super) fn frame<T: Frame>(&self) -> Result<T, Refusal> {
        self.is_said_to_be(FRAMES)?;
        let malformed = |error| format!("the body can't be read: {error}");
        Ok(T::read(&self.body).map_err(malformed)?)
    }

    /// The body, where it is JSON alone.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        self.is_said_to_be(JSON)?;
        let malformed = |error| format!("the body can't be read: {error}");
        Ok(serde_json::from_slice(&self.body).map_err(malformed)?)
    }

    /// The body as it is.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, Refusal> {
        self.is_said_to_be(BYTES)?;
        Ok(self.body.to_vec())
    }

    fn is_said_to_be(&self, wanted: &str) -> Result<(), Refusal> {
        let content = self.content.as_deref().unwrap_or_default();
        let kind = content.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        let detail = format!("the body is `{kind}`, and `{wanted}` is read here");
        Err(Refusal::from(detail).with(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }

    /// Refuses what may have happened already: it isn't safe to repeat.
    pub(super) fn only_once(&self) -> Result<(), Refusal> {
        if !self.is_lost {
            return Ok(());
        }
        let cause =
            "the server that was asked first was stopped, or has forgotten what became of it";
        Err(StoreError::Unknown(cause.into()).into())
    }
}
